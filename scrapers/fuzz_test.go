package scrapers

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gpuhour/market"
)

// FuzzParse throws every fixture, bent out of shape, at every parser: it must not panic, and what it makes of a document
// must never be a price that is not positive.
func FuzzParse(f *testing.F) {
	all := All()
	files, _ := filepath.Glob("testdata/*/*/*")
	for _, path := range files {
		content, err := os.ReadFile(path)
		if err != nil || strings.HasSuffix(path, ".csv") || strings.HasSuffix(path, "want.json") {
			continue
		}
		for i, s := range all {
			if strings.Contains(path, "/"+s.About().ID+"/") {
				f.Add(uint8(i), content)
			}
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, body []byte) {
		s := all[int(which)%len(all)]
		page, err := s.Parse(Document{URL: "https://example.com/", ContentType: "text/html", Body: body})
		if err != nil {
			return
		}
		var reading market.Reading
		reading.Read(market.Origin{Provider: s.About().ID, Kind: s.About().Kind, Sheet: "prices"}, page.Listings)
		for _, o := range reading.Offers {
			if !o.Price.IsPos() || !o.Listed.Amount.IsPos() || !(o.GpuCount.Float() > 0) {
				t.Errorf("%s: %s for %s cards", o.ID, o.Price, o.GpuCount)
			}
		}
	})
}

// TestParsersSurviveJunk gives every parser large documents that are nothing.
func TestParsersSurviveJunk(t *testing.T) {
	const size = 4 << 20
	junk := map[string]string{
		"zeros": strings.Repeat("\x00", size), "open tags": strings.Repeat("<div>", size/5), "table": "<table>" + strings.Repeat("<tr><td>1", size/9),
		"brackets": strings.Repeat("[", size), "items": `{"items":[` + strings.Repeat("{},", size/3) + `{}]}`,
	}
	for name, content := range junk {
		for _, s := range All() {
			t.Run(name+"/"+s.About().ID, func(t *testing.T) {
				if page, err := parse(s, Document{ContentType: "text/html", Body: []byte(content)}); err == nil && len(page.Listings) > 0 {
					for _, l := range page.Listings {
						if o, err := market.Normalise(market.Origin{Provider: "x", Kind: market.Neocloud}, l); err == nil {
							t.Fatalf("junk became an offer: %s", o.ID)
						}
					}
				}
			})
		}
	}
}
