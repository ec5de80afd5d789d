package market

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func usd(o Offer) (Decimal, bool) { d, err := o.PricePerGpuHour(); return d, err == nil }

// market of some H100 offers by price, one a region.
func h100s(t testing.TB, prices ...string) []Offer {
	t.Helper()
	var out []Offer
	for i, price := range prices {
		out = append(out, offerOf(t, func(l *Listing) { l.Price, l.Per, l.Region = price, PerGPU, fmt.Sprint("r", i) }))
	}
	return out
}

func TestCheckRun(t *testing.T) {
	four := []string{"2.00", "2.10", "2.20", "2.30"}
	tests := map[string]struct {
		reason string
		after  []string
		says   string
	}{
		"the same":          {"nothing to doubt", four, ""},
		"one is gone":       {"offers come and go", four[:3], ""},
		"half is gone":      {"a table that shrank by half", four[:2], "2 of 4 offers are gone"},
		"all is gone":       {"an empty page", nil, "4 of 4"},
		"twice as dear":     {"prices move", []string{"4.00", "4.20", "4.40", "4.60"}, ""},
		"three times":       {"a unit was misread", []string{"6.00", "6.30", "6.60", "6.90"}, "median"},
		"an eighth":         {"a machine's price read as a card's", []string{"0.25", "0.26", "0.27", "0.28"}, "median"},
		"twice as many":     {"a new region", append(four, "2.40", "2.50", "2.60", "2.70"), ""},
		"one of four jumps": {"the median stays", []string{"2.00", "2.10", "2.20", "90.00"}, ""},
		"one in cents":      {"a price that is a hundred times its last one was read in another unit", []string{"2.00", "2.10", "2.20", "230"}, "moved from 2.3 to 230"},
		"one in hundreds":   {"and so was a hundredth", []string{"0.020", "2.10", "2.20", "2.30"}, "moved from 2 to 0.02"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := CheckRun(h100s(t, four...), h100s(t, tt.after...), usd)
			if (err == nil) != (tt.says == "") || err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%s: got %v", tt.reason, err)
			}
		})
	}
	if err := CheckRun(nil, h100s(t, "2.00"), usd); err != nil {
		t.Errorf("the first run has nothing to be compared with: %v", err)
	}
}

func TestJudge(t *testing.T) {
	tests := map[string]struct {
		reason string
		prices []string
		kept   int
		says   string
	}{
		"five others and a placeholder":  {"under a fifth of their median", []string{"2.00", "2.10", "2.20", "2.30", "2.40", "0.40"}, 5, "median of 5 other H100"},
		"five others and a misread unit": {"over five times their median", []string{"2.00", "2.10", "2.20", "2.30", "2.40", "17.60"}, 5, "median of 5 other H100"},
		"exactly a fifth":                {"the line itself is believed", []string{"2.00", "2.10", "2.20", "2.30", "2.40", "0.44"}, 6, ""},
		"four others":                    {"too few to say that a fifth is too little", []string{"2.00", "2.10", "2.20", "2.30", "0.40"}, 5, ""},
		"three others and a hundredth":   {"a unit misread by a hundred shows beside few", []string{"2.00", "2.10", "2.20", "0.02"}, 3, "100 times is the limit"},
		"three others, not quite":        {"less than that does not", []string{"2.00", "2.10", "2.20", "0.03"}, 4, ""},
		"two others":                     {"nobody knows which one was misread", []string{"2.00", "2.10", "0.02"}, 3, ""},
		"next to nothing":                {"whatever the others ask", []string{"0.004"}, 0, "outside 0.005 to 200"},
		"more than a house":              {"whatever the others ask", []string{"201"}, 0, "outside 0.005 to 200"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := Reading{Offers: h100s(t, tt.prices...)}
			r.Judge(nil, usd)
			if len(r.Offers) != tt.kept || tt.says != "" && !strings.Contains(r.Rejected[0].Reason, tt.says) {
				t.Errorf("%s: kept %d, rejected %v", tt.reason, len(r.Offers), r.Rejected)
			}
		})
	}
}

// TestTelling keeps the order of the rows but for those that are no cards.
func TestTelling(t *testing.T) {
	r := Reading{Rejected: []Rejected{{SKU: "m5", Reason: NotGPU}, {SKU: "p5"}, {SKU: "f1", Reason: NotGPU + ": an FPGA"}, {SKU: "p9", Reason: "no price printed"}}}
	var order []string
	for _, row := range r.Telling() {
		order = append(order, row.SKU)
	}
	if got := strings.Join(order, " "); got != "p5 p9 m5 f1" {
		t.Errorf("got %s", got)
	}
}

// TestJudgeBesideOthers compares with other providers' prices of the same group only.
func TestJudgeBesideOthers(t *testing.T) {
	two, _ := ParseAmount("2", USD)
	var peers []Peer
	for i := range 5 {
		peers = append(peers, Peer{fmt.Sprint(i), PeerGroup{GpuModel: "H100", Kind: Neocloud, Market: OnDemand}, two})
	}
	tests := map[string]struct {
		reason string
		change func(*Listing)
		kept   int
	}{
		"the same":            {"a tenth of what its like asks", func(*Listing) {}, 0},
		"spot":                {"another way of selling", func(l *Listing) { l.Market = Spot }, 1},
		"a marketplace":       {"kinds of seller are never blended", func(l *Listing) { l.Kind = Marketplace }, 1},
		"a year's commitment": {"nor are terms", func(l *Listing) { l.Market, l.Months = Reserved, 12 }, 1},
		"another model":       {"nor are models", func(l *Listing) { l.GpuName, l.CardMemoryGB = "A100", 0 }, 1},
	}
	for name, tt := range tests {
		r := Reading{Offers: []Offer{offerOf(t, func(l *Listing) { l.Price, l.Per = "0.20", PerGPU; tt.change(l) })}}
		r.Judge(peers, usd)
		if len(r.Offers) != tt.kept {
			t.Errorf("%s: %s: kept %d, want %d", name, tt.reason, len(r.Offers), tt.kept)
		}
	}
}

func TestDiff(t *testing.T) {
	before := h100s(t, "2.00", "2.10", "2.20")
	after := h100s(t, "2.000", "2.50")
	stock := 5
	after[1].GpusAvailable = &stock
	after = append(after, offerOf(t, func(l *Listing) { l.Region = "new" }))
	later := noon.Add(time.Hour)
	d := Diff(before, after, later)
	if len(d.Changes) != 3 || len(d.Removed) != 1 || len(d.Upserts) != 3 {
		t.Fatalf("%d changes, %d removed, %d upserts", len(d.Changes), len(d.Removed), len(d.Upserts))
	}
	for _, o := range d.Upserts {
		switch {
		case o.Region == "r0" && (!o.ChangedAt.Equal(noon) || !o.FirstSeenAt.Equal(noon)):
			t.Error("2.000 after 2.00 is written as it is printed, but is no change of price")
		case o.Region == "r1" && (!o.ChangedAt.Equal(later) || !o.FirstSeenAt.Equal(noon)):
			t.Error("a change keeps the time the offer was first seen")
		case o.Region == "new" && (!o.ChangedAt.Equal(later) || !o.FirstSeenAt.Equal(later)):
			t.Error("a new offer begins now")
		}
	}
	if again := Diff(after, after, later); len(again.Upserts)+len(again.Changes)+len(again.Removed) != 0 {
		t.Errorf("the same again changes %+v", again)
	}
}

func TestHealth(t *testing.T) {
	p := Provider{ID: "p", Cadence: time.Hour}
	tests := map[string]struct {
		reason string
		sheets []Sheet
		want   ProviderStatus
		says   string
	}{
		"never run":     {"nothing is known", nil, NeverRun, "not been read"},
		"fresh":         {"read within its cadence", []Sheet{{LastSuccessAt: noon}}, Fresh, ""},
		"stale":         {"more than three cadences ago", []Sheet{{LastSuccessAt: noon.Add(-4 * time.Hour)}}, Stale, "4h0m0s ago"},
		"failing":       {"the reason is passed on", []Sheet{{LastSuccessAt: noon, Problem: "it answered 500"}}, Failing, "500"},
		"quarantined":   {"held back", []Sheet{{LastSuccessAt: noon, Problem: "moved", Held: true}}, Quarantined, "moved"},
		"one of two":    {"the worst decides", []Sheet{{LastSuccessAt: noon}, {LastSuccessAt: noon, Problem: "down"}}, Failing, "down"},
		"three exactly": {"the line itself is fresh", []Sheet{{LastSuccessAt: noon.Add(-3 * time.Hour)}}, Fresh, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			h := p.Judge(tt.sheets, noon)
			if h.Status != tt.want || !strings.Contains(h.Problem, tt.says) {
				t.Errorf("%s: got %+v", tt.reason, h)
			}
		})
	}
	p.Disabled = "needs a key"
	if h := p.Judge(nil, noon); h.Status != Disabled || h.Problem != "needs a key" {
		t.Errorf("disabled: got %+v", h)
	}
}
