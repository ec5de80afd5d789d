package scrapers

import (
	"net/url"
	"slices"
	"testing"
)

// TestHuaweiCapture checks the hand-made answer, which answers every region alike.
func TestHuaweiCapture(t *testing.T) {
	checkCaptured(t, "huawei", 3, map[string]wanted{
		"huawei/g6.2xlarge.4/cn-north-4/on-demand":   {"the price is for both cards", "4.25 CNY INSTANCE PT1H", "2.125", "2"},
		"huawei/g6.2xlarge.4/cn-north-4/reserved-1":  {"a month is 720 hours", "2040 CNY INSTANCE P30D", "1.416667", "2"},
		"huawei/g6.2xlarge.4/cn-north-4/reserved-12": {"a year is 8760 hours; the reserved instance (RI) is none of these", "20400 CNY INSTANCE P365D", "1.164384", "2"},
	})
}

// TestHuaweiAsksInOrder follows the list without its answers: every region once.
func TestHuaweiAsksInOrder(t *testing.T) {
	for name, tt := range map[string]struct {
		settings Settings
		want     []string
	}{
		"all regions":  {Settings{}, huaweiRegions},
		"some regions": {Settings{Regions: []string{"la-south-2", "cn-north-4"}}, []string{"la-south-2", "cn-north-4"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			first := huawei{}.Sheets(tt.settings)[0].First
			for next := &first; next != nil && len(got) < 100; {
				u, err := url.Parse(next.URL)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, u.Query().Get("region"))
				if next, err = huaweiNext(next.URL); err != nil {
					t.Fatal(err)
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("asked for %q, want %q", got, tt.want)
			}
		})
	}
}
