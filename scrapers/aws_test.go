package scrapers

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestAWSCapture checks the recorded answer of one region against what its rows print.
func TestAWSCapture(t *testing.T) {
	offers := capturedOffers(t, "aws")
	if len(offers) != 59 {
		t.Errorf("%d offers, want 59: of 61 rows two are processors", len(offers))
	}
	tests := map[string]struct{ reason, listed, perGpuHour, cards string }{
		"p5.48xlarge":   {"the price is for eight cards, and has ten decimals", "98.32", "12.29", "8"},
		"p5en.48xlarge": {"another letter, another card", "84.8", "10.6", "8"},
		"p4de.24xlarge": {"24xlarge is eight cards here", "40.96575", "5.120719", "8"},
		"g6e.24xlarge":  {"and four there", "15.06559", "3.766398", "4"},
		"g4dn.16xlarge": {"a large machine may have one card", "4.352", "4.352", "1"},
		"g5.12xlarge":   {"a smaller one four", "5.672", "1.418", "4"},
		"p2.16xlarge":   {"a K80 is counted in halves", "14.4", "0.9", "16"},
		"g4ad.16xlarge": {"GPU instances include AMD's", "3.468", "0.867", "4"},
		"g5g.metal":     {"a metal type has the cards of the largest", "2.744", "1.372", "2"},
	}
	for name, want := range tests {
		o, listed := offers["aws/"+name+"/us-east-1/on-demand"]
		if !listed {
			t.Errorf("%s is missing: %s", name, want.reason)
			continue
		}
		price, err := o.PricePerGpuHour()
		if err != nil || o.Listed.Amount.String() != want.listed || price.String() != want.perGpuHour || o.GpuCount.String() != want.cards {
			t.Errorf("%s: %s for %s cards, %s a card-hour, want %s, %s, %s: %s", name, o.Listed.Amount, o.GpuCount, price,
				want.listed, want.cards, want.perGpuHour, want.reason)
		}
	}
}

var letters = regexp.MustCompile(`[A-Za-z]+`)

// TestAWSSpotNeedsEveryField takes one field of the spot document away at a time; TestDrift does so with on-demand.
func TestAWSSpotNeedsEveryField(t *testing.T) {
	document := readFixture(t, "aws/prices-spot/spot.json")
	for field, says := range map[string]string{
		`"config"`: "neither regions nor, for spot, config", `"rate"`: "config.rate", `"currencies"`: "config.currencies",
		`"regions"`: "config.regions", `"region"`: `"region"`, `"instanceTypes"`: "instanceTypes", `"sizes"`: "sizes", `"size"`: `"size"`,
		`"valueColumns"`: "valueColumns", `"name"`: `"name"`, `"prices"`: `"prices"`, `"USD": "`: "USD",
	} {
		if !strings.Contains(document, field) {
			t.Errorf("the document has no %s", field)
		}
		_, err := aws{}.Parse(Document{Body: []byte(strings.ReplaceAll(document, field, strings.Replace(field, letters.FindString(field), "gone", 1)))})
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("without %s: got %v, want an error that says %s", field, err, says)
		}
	}
}

// TestAWSReadsEveryAcceleratedRegion holds the addresses: Europe is "EU" in them, and no other partition is asked for.
func TestAWSReadsEveryAcceleratedRegion(t *testing.T) {
	var names []string
	for _, sheet := range (aws{}).Sheets(Settings{}) {
		names = append(names, sheet.Name)
		if sheet.Name == "eu-central-2" && !strings.HasSuffix(sheet.First.URL, "/EU%20%28Zurich%29/Linux/index.json") {
			t.Errorf("eu-central-2 is asked for at %s", sheet.First.URL)
		}
	}
	if len(names) != 29 || !slices.Contains(names, "us-east-1") || !slices.Contains(names, "spot") || slices.Contains(names, "us-gov-west-1") {
		t.Errorf("%d sheets: %q", len(names), names)
	}
}
