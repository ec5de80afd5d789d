package scrapers

import (
	"net/url"
	"slices"
	"testing"

	"gpuhour/market"
)

// TestTencentCapture checks the documented example in its envelope, which answers every region and way of paying alike.
func TestTencentCapture(t *testing.T) {
	offers := checkCaptured(t, "tencent", 3, map[string]wanted{
		"tencent/pnv4.7xlarge116%20ap-nanjing-1/ap-nanjing/on-demand":   {"an hour of the machine; the zone's region, not the one asked for", "10.0 CNY INSTANCE PT1H", "10", "1"},
		"tencent/pnv4.7xlarge116%20ap-nanjing-1/ap-nanjing/reserved-1":  {"a month is 720 hours; what is paid, not the list price of 5000", "4200.0 CNY INSTANCE P30D, discounted from 5000.0", "5.833333", "1"},
		"tencent/pnv4.7xlarge116%20ap-nanjing-1/ap-nanjing/reserved-12": {"a year is 8760 hours, and its price is the whole year's", "49800.0 CNY INSTANCE P365D, discounted from 60000.0", "5.684932", "1"},
	})
	if year := offers["tencent/pnv4.7xlarge116%20ap-nanjing-1/ap-nanjing/reserved-12"]; year.Stock != market.SoldOut {
		t.Errorf("stock %s, want what the row of prepaid machines says", year.Stock)
	}
}

// TestTencentAsksInOrder follows the list without its answers: every region by every way of paying, once.
func TestTencentAsksInOrder(t *testing.T) {
	tests := map[string]struct {
		settings Settings
		want     []string
	}{
		"all regions":  {Settings{}, tencentRegions},
		"some regions": {Settings{BaseURL: "http://localhost:1/proxy/", Regions: []string{"na-toronto", "ap-tokyo"}}, []string{"na-toronto", "ap-tokyo"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var want, got []string
			for _, region := range tt.want {
				for _, charge := range tencentCharges {
					want = append(want, region+" "+charge)
				}
			}
			first := tencent{}.Sheets(tt.settings)[0].First
			for next := &first; next != nil && len(got) < 100; {
				u, err := url.Parse(next.URL)
				if err != nil {
					t.Fatal(err)
				}
				terms, _ := url.ParseQuery(u.Fragment)
				got = append(got, u.Query().Get("region")+" "+terms.Get("charge"))
				if next, err = tencentNext(next.URL); err != nil {
					t.Fatal(err)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("asked for %q, want %q", got, want)
			}
		})
	}
}
