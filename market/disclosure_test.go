package market

import (
	"strings"
	"testing"
)

// TestDisclosures checks what the data file must have said of whom.
func TestDisclosures(t *testing.T) {
	tests := map[string]struct{ reason, company, id, amount, per, period string }{
		"Microsoft":        {"an analyst's figure for a card", "microsoft", "said/microsoft-2023-08-a100-margin", "1.5 USD", "GPU", "PT1H"},
		"CoreWeave":        {"a server's rent for a year", "CoreWeave", "said/coreweave-2023-08-hgx-h100-year", "1650000 CNY", "INSTANCE", "P365D"},
		"the average":      {"what an A100 cost at home", "国内云算力平台", "said/domestic-platforms-2023-08-a100-average", "15.1 CNY", "GPU", "PT1H"},
		"DGX Cloud":        {"a month of eight cards", "NVDA", "said/nvidia-2023-03-dgx-cloud", "36999 USD", "INSTANCE", "P30D"},
		"鸿博":               {"a centre's price, paid once", "鸿博", "said/hongbo-2023-100p-capex", "61000000 CNY", "TOTAL", ""},
		"中贝通信":             {"the amount is for one P, not for 960", "603220", "said/zhongbei-2023-09-qinghai-960p", "120000 CNY", "PFLOPS", "P365D"},
		"利通电子":             {"a plan without a price", "利通电子", "said/shijilitong-2023-plan", "", "", ""},
		"世纪华通":             {"the other parent of the same venture", "世纪华通", "said/shijilitong-2023-plan", "", "", ""},
		"中科曙光 (603019.SH)": {"a plan without a price", "603019.sh", "said/sugon-2023-plan", "", "", ""},
	}
	for name, tt := range tests {
		d, found := DisclosureByID(tt.id)
		if !found || !d.SaidOf(tt.company) {
			t.Errorf("%s: %s: there is no %s of %q", name, tt.reason, tt.id, tt.company)
			continue
		}
		amount := ""
		if d.Amount != nil {
			amount = d.Amount.Amount.String() + " " + string(d.Amount.Currency)
		}
		if amount != tt.amount || string(d.Per) != tt.per || string(d.Period) != tt.period || d.SourceTitle == "" {
			t.Errorf("%s: %s: got %s per %s for %s from %q", name, tt.reason, amount, d.Per, d.Period, d.SourceTitle)
		}
	}
}

// TestDisclosuresNeverGuessTheBasis holds that a P is dense or sparse only where the source says so.
func TestDisclosuresNeverGuessTheBasis(t *testing.T) {
	for _, d := range Disclosures() {
		if d.Basis != "" && d.ID != "said/coreweave-2023-08-hgx-h100-year" {
			t.Errorf("%s: its source does not say that the P are %s", d.ID, d.Basis)
		}
	}
}

func TestDisclosuresAreRefused(t *testing.T) {
	head, rows, _ := strings.Cut(string(disclosuresCSV), "\n")
	good, _, _ := strings.Cut(rows, "\n")
	tests := map[string]struct{ reason, old, new, says string }{
		"no basis":      {"1.5 dollars for what?", "USD,GPU,", "USD,,", "come together"},
		"another basis": {"the words are closed", "USD,GPU,", "USD,RACK,", `"RACK" is not a DisclosureBasis`},
		"a date":        {"dates are years, months or days", "2023-08,", "2023-8,", "parsing time"},
		"a kind":        {"the words are closed", "MARGIN", "RUMOUR", `"RUMOUR" is not a DisclosureKind`},
		"a currency":    {"money has one", "USD", "dollars", "is not a currency code"},
		"an id":         {"its prefix says what it is", "said/", "told/", "does not begin with said/"},
	}
	for name, tt := range tests {
		if _, err := parseDisclosures([]byte(head + "\n" + strings.Replace(good, tt.old, tt.new, 1) + "\n")); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %s: got %v, want %q", name, tt.reason, err, tt.says)
		}
	}
	if _, err := parseDisclosures([]byte(head + "\n" + good + "\n" + good + "\n")); err == nil {
		t.Error("two figures of one id were taken")
	}
}
