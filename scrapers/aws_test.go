package scrapers

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestAWSCapture checks the recorded answer of one region against what its rows print.
func TestAWSCapture(t *testing.T) {
	checkCaptured(t, "aws", 59, map[string]wanted{ // of 61 rows two are processors
		"aws/p5.48xlarge/us-east-1/on-demand":   {"the price is for eight cards, and has ten decimals", "98.32 USD INSTANCE PT1H", "12.29", "8"},
		"aws/p5en.48xlarge/us-east-1/on-demand": {"another letter, another card", "84.8 USD INSTANCE PT1H", "10.6", "8"},
		"aws/p4de.24xlarge/us-east-1/on-demand": {"24xlarge is eight cards here", "40.96575 USD INSTANCE PT1H", "5.120719", "8"},
		"aws/g6e.24xlarge/us-east-1/on-demand":  {"and four there", "15.06559 USD INSTANCE PT1H", "3.766398", "4"},
		"aws/g4dn.16xlarge/us-east-1/on-demand": {"a large machine may have one card", "4.352 USD INSTANCE PT1H", "4.352", "1"},
		"aws/g5.12xlarge/us-east-1/on-demand":   {"a smaller one four", "5.672 USD INSTANCE PT1H", "1.418", "4"},
		"aws/p2.16xlarge/us-east-1/on-demand":   {"a K80 is counted in halves", "14.4 USD INSTANCE PT1H", "0.9", "16"},
		"aws/g4ad.16xlarge/us-east-1/on-demand": {"GPU instances include AMD's", "3.468 USD INSTANCE PT1H", "0.867", "4"},
		"aws/g5g.metal/us-east-1/on-demand":     {"a metal type has the cards of the largest", "2.744 USD INSTANCE PT1H", "1.372", "2"},
	})
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
