package mapping

import (
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gpuhour/market"
)

const ours = `
columns: {when: observed_at, who: recorder, seller: provider, type: sku, card: gpu_name, cards: gpu_count, place: region, how: market, cost: amount, for: unit, money: currency, note: nothing}
markets: {now: ON_DEMAND, cheap: SPOT, term: RESERVED, "?": UNKNOWN}
units: {card: GPU PT1H, machine: INSTANCE P30D}
kinds: {NEOCLOUD: [Alpha], HYPERSCALER: [beta]}
collections: {watcher: {name: watched, cadence: 1h, licence: CC0}}
`

const header = "when,who,seller,type,card,cards,place,how,cost,for,money,note\n"

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// told is what a file's imports say, as text.
func told(t *testing.T, f *File) (out []string) {
	t.Helper()
	for in, err := range f.Imports() {
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range in.Offers {
			points, err := market.Points(o.Stream)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range points {
				text := fmt.Sprintf("%s %s %s: %s %s %s", p.At.Format("15:04"), o.Offer.ID, o.Offer.GpuModel, p.Amount, p.Currency, p.Period)
				if p.Withdrawn {
					text += " withdrawn"
				}
				out = append(out, text)
			}
		}
		for _, log := range in.Sheets {
			runs, err := market.ReadRuns(log.Runs)
			if err != nil || len(log.Proofs) > 0 {
				t.Fatal(err, log.Proofs)
			}
			out = append(out, fmt.Sprintf("%s, %s: %d readings", in.Provider, log.Sheet.Name, len(runs)))
		}
	}
	return out
}

// TestObservations reads what somebody recorded: only changes are kept, and what was no longer seen is withdrawn.
func TestObservations(t *testing.T) {
	row := func(at, price string) string {
		return "2026-01-01T" + at + ":00Z,watcher,Alpha,box,H100,8,x,now," + price + ",card,USD,\n"
	}
	other := func(at string) string {
		return "2026-01-01T" + at + ":00Z,watcher,Alpha,other,A100,1,x,now,1,card,USD,\n"
	}
	const id = " alpha@watched/box%20h100%208%20card%20usd/x/on-demand H100: "
	const second = " alpha@watched/other%20a100%201%20card%20usd/x/on-demand A100: 1 USD PT1H"
	tests := map[string]struct {
		reason string
		rows   string
		want   []string
	}{
		"changes":   {"what stays is no change", row("00:00", "2") + row("01:00", "2") + row("02:00", "2.5"), []string{"00:00" + id + "2 USD PT1H", "02:00" + id + "2.5 USD PT1H", "alpha@watched, on_demand: 3 readings"}},
		"any order": {"time decides, not the line", row("02:00", "2.5") + row("00:00", "2"), []string{"00:00" + id + "2 USD PT1H", "02:00" + id + "2.5 USD PT1H", "alpha@watched, on_demand: 2 readings"}},
		"twice":     {"the same row again is nothing new", row("00:00", "2") + row("00:00", "2.00"), []string{"00:00" + id + "2 USD PT1H", "alpha@watched, on_demand: 1 readings"}},
		"gone": {"three cadences unseen while others are: withdrawn at the next reading, and back", row("00:00", "2") + other("00:00") + other("03:00") + other("03:30") + other("05:00") + row("06:00", "2"),
			[]string{"00:00" + id + "2 USD PT1H", "03:30" + id + "2 USD PT1H withdrawn", "06:00" + id + "2 USD PT1H", "00:00" + second, "alpha@watched, on_demand: 5 readings"}},
		"all silent": {"a source that nobody read withdraws nothing", row("00:00", "2") + row("23:00", "2"), []string{"00:00" + id + "2 USD PT1H", "alpha@watched, on_demand: 2 readings"}},
		"a month's rent": {"units are those of the mapping; a term that is not told is not guessed", "2026-01-01T00:00:00Z,watcher,beta,big,H100,8,,term,72000,machine,CNY,x\n",
			[]string{"00:00 beta@watched/big%20h100%208%20machine%20cny/-/reserved H100: 72000 CNY P30D", "beta@watched, reserved: 1 readings"}},
	}
	m, err := Read(write(t, "m.yaml", ours))
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			n := 0
			f, err := Parse(write(t, "rows.csv", header+tt.rows), m, func() { n++ })
			if err != nil || len(f.Rejected) > 0 || n != strings.Count(tt.rows, "\n") {
				t.Fatal(err, f, n)
			}
			if diff := cmp.Diff(tt.want, told(t, f)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.reason, diff)
			}
		})
	}
}

// TestRowsKeptOut counts rows that are no price, by reason, with the line of the first.
func TestRowsKeptOut(t *testing.T) {
	m, err := Read(write(t, "m.yaml", ours))
	if err != nil {
		t.Fatal(err)
	}
	const good = "2026-01-01T00:00:00Z,watcher,Alpha,box,H100,8,x,now,2,card,USD,\n"
	tests := map[string]struct{ from, to, want string }{
		"time":      {"2026-01-01T00:00:00Z", "yesterday", "the time is none"},
		"amount":    {",2,card", ",two,card", "the amount is no decimal number"},
		"nothing":   {",2,card", ",-,card", "no price printed"},
		"zero":      {",2,card", ",0,card", "no price printed"},
		"recorder":  {"watcher", "stranger", `no collection for the recorder "stranger"`},
		"provider":  {"Alpha", "Gamma", `no kind of seller for the provider "Gamma"`},
		"market":    {",now,", ",later,", `what the market "later" is`},
		"unit":      {",card,USD", ",dozen,USD", `what the unit "dozen" is`},
		"currency":  {"USD", "dollars", "not a currency code"},
		"cards":     {",8,", ",many,", "card count"},
		"two names": {good, good + strings.Replace(good, ",2,", ",3,", 1), "a second price of the same thing at the same time"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f, err := Parse(write(t, "rows.csv", header+good+strings.Replace(good, tt.from, tt.to, 1)), m, func() {})
			if err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(reasons(f), func(r string) bool { return strings.Contains(r, tt.want) })
			if i < 0 || len(f.Rejected) != 1 || f.Rejected[reasons(f)[i]].Rows != 1 || f.Rejected[reasons(f)[i]].First < 3 {
				t.Errorf("kept out: %v, want %q", f.Rejected, tt.want)
			}
			if got := told(t, f); len(got) != 2 {
				t.Errorf("the good row became %q", got)
			}
		})
	}
}

func reasons(f *File) (out []string) {
	for reason := range f.Rejected {
		out = append(out, reason)
	}
	return out
}

// TestFilesRefused names what a file lacks.
func TestFilesRefused(t *testing.T) {
	m, err := Read(write(t, "m.yaml", ours))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"": "line 1: EOF",
		strings.Replace(header, "note", "score", 1): `does not say what the column "score" holds`,
		strings.Replace(header, ",note", "", 1):     `there is no column "note"`,
		header + "a,b\n":                            "record on line 2: wrong number of fields",
	} {
		if _, err := Parse(write(t, "rows.csv", text), m, func() {}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// TestMappingsRefused names what a mapping says wrong, or does not say.
func TestMappingsRefused(t *testing.T) {
	for name, tt := range map[string]struct{ from, to, want string }{
		"unknown field": {"markets:", "market:", "market"},
		"meaning":       {"amount", "price", `cost: there is no meaning "price"`},
		"missing":       {"money: currency", "money: nothing", `none holds "currency"`},
		"market":        {"SPOT", "CHEAP", `there is no market "CHEAP"`},
		"unit":          {"GPU PT1H", "GPU", `"GPU" is no unit`},
		"kind":          {"HYPERSCALER", "GIANT", `no kind of seller "GIANT"`},
		"two kinds":     {"[beta]", "[Alpha]", "Alpha is"},
		"name":          {"name: watched", "name: Watched!", "lower-case letters"},
		"cadence":       {"cadence: 1h", "cadence: often", `cadence "often"`},
		"no cadence":    {"cadence: 1h, ", "", "cadence"},
		"nobody":        {"collections: {watcher: {name: watched, cadence: 1h, licence: CC0}}", "collections: {}", "who recorded this"},
	} {
		if _, err := Read(write(t, "m.yaml", strings.Replace(ours, tt.from, tt.to, 1))); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}

// TestRealObservations reads the history that lies beside the repository: 1,405,933 rows of 9,555 series, of which 656,217 differ from the one before.
func TestRealObservations(t *testing.T) {
	const path = "../../shared/history/observations.csv.gz"
	if _, err := os.Stat(path); err != nil {
		t.Skip("the observations are not here")
	}
	m, err := Read("testdata/observations.yaml")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	f, err := Parse(path, m, func() { rows++ })
	if err != nil || len(f.Rejected) > 0 || rows != 1_405_933 {
		t.Fatal(err, f.Rejected, rows)
	}
	series, prices, withdrawals, returns := 0, 0, 0, 0
	for in, err := range f.Imports() {
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range in.Offers {
			series++
			gone := false
			for r := market.ReadPoints(o.Stream); r.Next(); {
				switch {
				case r.Withdrawn():
					withdrawals++
				case gone:
					returns++
				default:
					prices++
				}
				gone = r.Withdrawn()
			}
		}
	}
	if series != 9555 || prices+returns < 656_217 || withdrawals-returns > series {
		t.Errorf("%d series, %d prices, %d withdrawals, %d returns", series, prices, withdrawals, returns)
	}
	t.Logf("%d series, %d prices, %d withdrawals, %d returns", series, prices, withdrawals, returns)
}

// FuzzParse reads anything as a file: it is refused, or its imports can be made.
func FuzzParse(f *testing.F) {
	path := filepath.Join(f.TempDir(), "m.yaml")
	if err := os.WriteFile(path, []byte(ours), 0o600); err != nil {
		f.Fatal(err)
	}
	m, err := Read(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(header + "2026-01-01T00:00:00Z,watcher,Alpha,box,H100,8,x,now,2,card,USD,\n"))
	var zipped strings.Builder
	w := gzip.NewWriter(&zipped)
	_, _ = w.Write([]byte(header))
	_ = w.Close()
	f.Add([]byte(zipped.String()))
	f.Fuzz(func(t *testing.T, data []byte) {
		rows := filepath.Join(t.TempDir(), "rows.csv")
		if err := os.WriteFile(rows, data, 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := Parse(rows, m, func() {})
		if err != nil {
			return
		}
		for _, err := range file.Imports() {
			if err != nil {
				t.Fatal(err)
			}
		}
	})
}

// TestDocumentedMapping reads the mapping that the manual shows.
func TestDocumentedMapping(t *testing.T) {
	manual, err := os.ReadFile("../docs/import.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(manual), "```yaml\n")
	text, _, found := strings.Cut(rest, "```")
	if m, err := Read(write(t, "m.yaml", text)); err != nil || !found || len(m.Columns) != 12 {
		t.Errorf("%v, %+v", err, m)
	}
}
