package scrapers

import (
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"gpuhour/market"
)

// TestTogetherCapture checks the recorded page against what its rows print.
func TestTogetherCapture(t *testing.T) {
	offers := checkCaptured(t, "together", 3, map[string]wanted{
		"together/nvidia%20hgx%20h100/-/on-demand": {"the sentence above the table says that prices are per card", "3.99 USD GPU PT1H", "3.99", "1"},
		"together/nvidia%20hgx%20h200/-/on-demand": {"not the cheaper reserved price beside it", "5.99 USD GPU PT1H", "5.99", "1"},
		"together/nvidia%20hgx%20b200/-/on-demand": {"dedicated inference asks another price for it", "8.19 USD GPU PT1H", "8.19", "1"},
	})
	checkAbsent(t, offers, "together/nvidia%20gb200%20nvl72/-/on-demand", "together/nvidia%20hgx%20b300/-/on-demand")
	for id, o := range offers {
		if o.Market != market.OnDemand {
			t.Errorf("%s is sold as %s: the terms of reserved capacity are ranges of days", id, o.Market)
		}
	}
}

// TestTogetherFollowsItsHeaders lets the columns of the table change places, whose headers stand in two rows with spans.
func TestTogetherFollowsItsHeaders(t *testing.T) {
	html := readFixture(t, "together/prices/page.html")
	tests := map[string]struct {
		reason string
		move   func(row, cells *goquery.Selection)
	}{
		"on-demand last": {"a price is on-demand by its header, not by its place", func(row, cells *goquery.Selection) {
			switch {
			case row.Closest("thead").Length() > 0 && row.Index() > 0:
				row.AppendSelection(cells.Eq(0))
			default:
				row.AppendSelection(cells.Eq(1))
			}
		}},
		"hardware last": {"so is the name", func(row, cells *goquery.Selection) {
			if row.Closest("thead").Length() == 0 || row.Index() == 0 {
				row.AppendSelection(cells.Eq(0))
			}
		}},
	}
	want := togetherPrices(t, html)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			page, err := goquery.NewDocumentFromReader(strings.NewReader(html))
			if err != nil {
				t.Fatal(err)
			}
			page.Find("table").Has("[colspan]").Find("tr").Each(func(_ int, row *goquery.Selection) { tt.move(row, row.ChildrenFiltered("td,th")) })
			moved, err := page.Html()
			if err != nil {
				t.Fatal(err)
			}
			if moved == html {
				t.Fatal("nothing was moved")
			}
			if diff := cmp.Diff(want, togetherPrices(t, moved)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.reason, diff)
			}
		})
	}
}

func togetherPrices(t *testing.T, html string) map[string]string {
	t.Helper()
	page, err := together{}.Parse(Document{Body: []byte(html)})
	if err != nil {
		t.Fatal(err)
	}
	prices := map[string]string{}
	for _, l := range page.Listings {
		prices[l.SKU+" "+string(l.Market)+" "+l.Variant] = l.Price
	}
	return prices
}
