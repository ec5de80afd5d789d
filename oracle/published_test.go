package oracle

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// world writes a history that others recorded: sellers of three kinds, in dollars, yuan and euros, by the card and by the machine, with
// silences and withdrawals, in words that spreadsheets and databases like to misread.
func world(t testing.TB) (rows, mapping string) {
	t.Helper()
	dir := t.TempDir()
	rows, mapping = filepath.Join(dir, "rows.csv"), filepath.Join(dir, "mapping.yaml")
	var text strings.Builder
	text.WriteString("time,seller,type,card,cards,place,how,cost,for,money\n")
	start := time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC)
	for s := range 60 {
		for h := 0; h < 600; h += 1 + (s+h)%5 {
			if s%4 == 1 && h > 200 && h < 320 || s%9 == 2 && h > 400 {
				continue
			}
			seller := []string{"Alpha", "Beta", "Gamma, Inc."}[s%3]
			unit, cards := []string{"card", "machine", "month"}[s%3], []string{"1", "8", "0.5", "3"}[s%4]
			kind := []string{"H100", "A100", "007"}[s/20]
			name := kind + []string{"", `, "big"`, " é\u3000卡"}[s/7%3]
			fmt.Fprintf(&text, "%s,\"%s\",%02d,\"%s\",%s,=1+1,%s,%d.%03d,%s,%s\n", start.Add(time.Duration(h)*time.Hour).Format(time.RFC3339), seller, s,
				strings.ReplaceAll(name, `"`, `""`), cards, []string{"on", "spot"}[s/3%2], 1+(s+h/50)%30, (s*37+h/7*11)%1000, unit, []string{"USD", "CNY", "EUR", "USD"}[s/2%4])
		}
	}
	write(t, rows, text.String())
	write(t, mapping, `columns: {time: observed_at, seller: provider, type: sku, card: gpu_name, cards: gpu_count, place: region, how: market, cost: amount, for: unit, money: currency}
markets: {"on": ON_DEMAND, spot: SPOT}
units: {card: GPU PT1H, machine: INSTANCE PT1H, month: INSTANCE P30D}
kinds: {NEOCLOUD: [Alpha, Beta], HYPERSCALER: ["Gamma, Inc."]}
collections: {"*": {name: world, cadence: 3h}}
`)
	return rows, mapping
}

// withRates puts exchange rates into an export's manifest, as a program that had read them would have written them.
func withRates(t testing.TB, file string) {
	t.Helper()
	path := file + ".manifest.json"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var manifest map[string]any
	if err := json.Unmarshal(text, &manifest); err != nil {
		t.Fatal(err)
	}
	type rate struct {
		Base  string `json:"base"`
		Quote string `json:"quote"`
		Rate  string `json:"rate"`
	}
	var days []any
	for d := 1; d < 30; d += 1 + d%3 {
		day := time.Date(2025, 3, d, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
		days = append(days, map[string]any{"source": "ECB", "day": day, "fetched_at": day + "T16:00:00Z", "rates": []rate{{"EUR", "USD", fmt.Sprintf("1.0%d", 300+d*7)}, {"EUR", "CNY", fmt.Sprintf("7.%d", 800+d)}}})
		if d%2 == 0 {
			days = append(days, map[string]any{"source": "CFETS", "day": day, "fetched_at": day + "T01:15:00Z", "rates": []rate{{"USD", "CNY", fmt.Sprintf("7.1%d", 100+d*3)}, {"EUR", "CNY", fmt.Sprintf("7.%d", 790+d)}}})
		}
	}
	manifest["rates"] = days
	if text, err = json.Marshal(manifest); err != nil {
		t.Fatal(err)
	}
	write(t, path, string(text))
}

// stocked is a store with the world's history and the rates of its days, and the world's export.
func stocked(t testing.TB, p program, format string) (store, file string) {
	t.Helper()
	rows, mapping := world(t)
	first, store, file := t.TempDir(), t.TempDir(), filepath.Join(t.TempDir(), "prices."+format)
	p.run(t, "import", "--data-dir", first, "--mapping", mapping, rows)
	p.run(t, "export", "--data-dir", first, "--collection", "world", "--out", file)
	withRates(t, file)
	p.run(t, "import", "--data-dir", store, file)
	p.run(t, "export", "--data-dir", store, "--collection", "world", "--out", file)
	return store, file
}

// TestPublishedQuery runs docs/index.sql over an export and asks the program for the same indices.
func TestPublishedQuery(t *testing.T) {
	published, err := os.ReadFile("../docs/index.sql")
	if err != nil {
		t.Fatal(err)
	}
	p := build(t)
	store, file := stocked(t, p, "parquet")
	program, d := p.serve(t, store), openDuck(t)
	steps := map[string]int{"P1D": 86_400, "PT6H": 6 * 3600, "P7D": 7 * 86_400, "PT1H": 3600}
	const query = `query($gpu: String!, $market: Market!, $from: Time!, $to: Time!, $step: Duration!, $currency: CurrencyCode!) { index(gpu: $gpu, filter: {collections: ["world"], markets: [$market]},
		from: $from, to: $to, step: $step, currency: $currency) { kind commitmentMonths points { at min p25 median p75 max offers providers coverage } } }`
	observed := 0
	for name, seconds := range steps {
		for _, gpu := range []string{"H100", "A100"} {
			for _, market := range []string{"ON_DEMAND", "SPOT"} {
				for _, currency := range []string{"USD", "CNY", "EUR"} {
					const from, to = "2025-02-27T00:00:00Z", "2025-04-02T00:00:00Z"
					got := program.index(t, query, map[string]any{"gpu": gpu, "market": market, "from": from, "to": to, "step": name, "currency": currency})
					for variable, value := range map[string]string{"prices": file, "gpu": gpu, "market": market, "currency": currency, "first": from, "last": to} {
						d.run(t, fmt.Sprintf("SET VARIABLE %s = '%s'", variable, value))
					}
					d.run(t, fmt.Sprintf("SET VARIABLE step = %d", seconds))
					want := d.lines(t, `SELECT kind, strftime(step, '%Y-%m-%dT%H:%M:%SZ'), `+trimmed("min", "p25", "median", "p75", "max")+`, offers::VARCHAR, providers::VARCHAR, printf('%.9f', coverage::DOUBLE)
						FROM (`+strings.TrimSuffix(strings.TrimSpace(string(published)), ";")+`)`)
					slices.Sort(want)
					slices.Sort(got)
					if !slices.Equal(want, got) {
						t.Fatalf("%s %s in %s by %s:\nthe query says\n%s\nthe program says\n%s", gpu, market, currency, name, strings.Join(want[:min(len(want), 8)], "\n"), strings.Join(got[:min(len(got), 8)], "\n"))
					}
					observed += len(got)
				}
			}
		}
	}
	if observed < 1000 {
		t.Errorf("only %d steps had prices", observed)
	}
	t.Logf("%d steps with prices", observed)
}

func trimmed(columns ...string) string {
	var out []string
	for _, c := range columns {
		out = append(out, "rtrim(rtrim("+c+"::VARCHAR, '0'), '.')")
	}
	return strings.Join(out, ", ")
}

// TestOpensWithoutOptions lets DuckDB open each file by its name alone: the same rows, decimals as decimals, times as times, words as words.
func TestOpensWithoutOptions(t *testing.T) {
	p, d := build(t), openDuck(t)
	var files []string
	for _, format := range []string{"parquet", "csv", "ndjson"} {
		_, file := stocked(t, p, format)
		files = append(files, file)
		if format == "parquet" {
			want := map[string]string{"listed_amount": "DECIMAL(18,9)", "price_per_gpu_hour_usd": "DECIMAL(18,6)", "observed_at": "TIMESTAMP WITH TIME ZONE", "fx_date": "DATE", "withdrawn": "BOOLEAN", "sku": "VARCHAR"}
			for _, line := range d.lines(t, "SELECT column_name, column_type FROM (DESCRIBE FROM '"+file+"')") {
				name, kind, _ := strings.Cut(line, " | ")
				if want[name] != "" && want[name] != kind {
					t.Errorf("%s is %s, want %s", name, kind, want[name])
				}
			}
		}
	}
	const same = `SELECT series_id, gpu_name, region, observed_at::TIMESTAMPTZ::VARCHAR, listed_amount::DECIMAL(18,9)::VARCHAR, price_per_gpu_hour_usd::DECIMAL(18,6)::VARCHAR, price_per_gpu_hour_cny::DECIMAL(18,6)::VARCHAR,
		fx_rate::DECIMAL(18,9)::VARCHAR, fx_date::DATE::VARCHAR, withdrawn::VARCHAR, sheet FROM '%s' ORDER BY ALL`
	want := d.lines(t, fmt.Sprintf(same, files[0]))
	if len(want) < 5000 {
		t.Fatalf("%d rows", len(want))
	}
	for _, file := range files[1:] {
		if got := d.lines(t, fmt.Sprintf(same, file)); !slices.Equal(want, got) {
			t.Errorf("%s: %d rows of %d, or other values", file, len(got), len(want))
		}
	}
}

// TestLateQuotes lets DuckDB open a CSV whose first words with a comma come after the rows from which it guesses a file's manner.
func TestLateQuotes(t *testing.T) {
	dir := t.TempDir()
	rows, mapping := filepath.Join(dir, "rows.csv"), filepath.Join(dir, "mapping.yaml")
	var text strings.Builder
	text.WriteString("time,seller,type,cost\n")
	const plain = 30_000
	for i := range plain {
		fmt.Fprintf(&text, "%s,alpha,a%d,%d.5\n", time.Unix(1_740_000_000+int64(i)*60, 0).UTC().Format(time.RFC3339), i%3, 1+i%7)
	}
	fmt.Fprintf(&text, "%s,beta,\"H100, \"\"big\"\"\",2.5\n", time.Unix(1_740_000_000, 0).UTC().Format(time.RFC3339))
	write(t, rows, strings.ReplaceAll(strings.ReplaceAll(text.String(), "\n", ",on,card,USD\n"), "time,seller,type,cost,on,card,USD", "time,seller,type,cost,how,for,money"))
	write(t, mapping, `columns: {time: observed_at, seller: provider, type: sku, cost: amount, how: market, for: unit, money: currency}
markets: {"on": ON_DEMAND}
units: {card: GPU PT1H}
kinds: {NEOCLOUD: [alpha, beta]}
collections: {"*": {name: late, cadence: 3h}}
`)
	p, file := build(t), filepath.Join(dir, "prices.csv")
	p.run(t, "import", "--data-dir", dir, "--mapping", mapping, rows)
	p.run(t, "export", "--data-dir", dir, "--collection", "late", "--out", file)
	got := openDuck(t).lines(t, "SELECT count(*)::VARCHAR, any_value(sku) FILTER (provider = 'beta@late') FROM '"+file+"'")
	if len(got) != 1 || !strings.HasSuffix(got[0], `| H100, "big"`) {
		t.Errorf("DuckDB reads %q", got)
	}
}
