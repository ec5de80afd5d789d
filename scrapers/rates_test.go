package scrapers

import (
	"strings"
	"testing"
	"time"

	"gpuhour/market"
)

func TestRatesOfTheFixtures(t *testing.T) {
	replay, err := NewReplay("testdata")
	if err != nil {
		t.Fatal(err)
	}
	runner, store := newTestRunner(t, replay)
	for _, s := range RateSources(nil) {
		if _, err := runner.Rates(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	rates := market.NewRates(store.rates)
	tests := map[string]struct {
		reason      string
		base, quote market.Currency
		want        string
	}{
		"USD in CNY": {"CFETS' own fixing", "USD", "CNY", "7.01"},
		"JPY in CNY": {"quoted for a hundred yen", "JPY", "CNY", "0.045"},
		"MOP in CNY": {"quoted the other way round", "MOP", "CNY", "0.877192982"},
		"GBP in USD": {"through the euro", "GBP", "USD", "1.360465116"},
		"GBP in CNY": {"only the ECB has the pound, and it has the yuan too", "GBP", "CNY", "9.523255814"},
	}
	for name, tt := range tests {
		rate, found := rates.Between(tt.base, tt.quote, noon)
		got, err := rate.Decimal()
		if !found || err != nil || got.String() != tt.want {
			t.Errorf("%s: %s: got %s, %v, want %s", name, tt.reason, got, err, tt.want)
		}
	}
}

func TestRatesOfTheCaptures(t *testing.T) {
	runner, store := newTestRunner(t, capturesReplay(t))
	for _, s := range RateSources(nil) {
		if _, err := runner.Rates(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	rate, found := market.NewRates(store.rates).Between(market.USD, market.CNY, noon)
	if d, _ := rate.Decimal(); !found || d.String() != "6.959" || !rate.Day.Equal(time.Date(2026, 2, 6, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("got %s of %s", d, rate.Day)
	}
}

func TestRatesRefuseWhatTheyDoNotKnow(t *testing.T) {
	tests := map[string]struct {
		reason, body string
		parse        func(Document) (RatePage, error)
		says         string
	}{
		"CFETS says no":      {"the code is shown", `{"head":{"rep_code":"500"}}`, parseCFETS, `code "500"`},
		"a day that is none": {"a rate without its day is none", `{"head":{"rep_code":"200"},"data":{"lastDate":"today"},"records":[{"vrtEName":"USD/CNY","price":"7"}]}`, parseCFETS, `date "today"`},
		"a price of words":   {"the pair is named", `{"head":{"rep_code":"200"},"data":{"lastDate":"2026-02-06"},"records":[{"vrtEName":"USD/CNY","price":"seven"}]}`, parseCFETS, "USD/CNY"},
		"a price of zero":    {"nothing is worth nothing", `{"head":{"rep_code":"200"},"data":{"lastDate":"2026-02-06"},"records":[{"vrtEName":"USD/CNY","price":"0"}]}`, parseCFETS, "not positive"},
		"a page":             {"a challenge is no rate", "<html></html>", parseCFETS, "is a page"},
		"a price below zero": {"its dash is not the one that says there is none", `{"head":{"rep_code":"200"},"data":{"lastDate":"2026-02-06"},"records":[{"vrtEName":"USD/CNY","price":"-7"}]}`, parseCFETS, "not a number"},
		"an empty XML":       {"no day, no rate", "<x/>", parseECB, "no dated Cube"},
		"a broken XML":       {"the parser says where", "<x", parseECB, "xml"},
		"a broken day":       {"of seven thousand days the one is named", `<x><Cube><Cube time="2026-02-06"><Cube currency="USD" rate="?"/></Cube></Cube></x>`, parseECB, "2026-02-06: rate EUR/USD"},
		"a flood of XML":     {"each element costs many times its length", strings.Repeat("<x/>", mostElements+1), parseECB, "more elements"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := tt.parse(Document{Body: []byte(tt.body)}); err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%s: got %v", tt.reason, err)
			}
		})
	}
}
