package scrapers

import "testing"

func TestInUnit(t *testing.T) {
	tests := map[string]struct{ reason, text, price, refusal string }{
		"its unit":       {"the unit is taken off, the rest stays as printed", "$1,203.90/GPU-hr", "$1,203.90", ""},
		"another unit":   {"a price per instance must not become one per card", "$31.20/hr", "$31.20/hr", `the unit of the price "$31.20/hr" is not "/GPU-hr"`},
		"another card":   {"a processor's hour ends like a card's", "$0.04/vCPU-hr", "$0.04/vCPU-hr", `the unit of the price "$0.04/vCPU-hr" is not "/GPU-hr"`},
		"no unit":        {"what it is for is not said", "$3.90", "$3.90", `the unit of the price "$3.90" is not "/GPU-hr"`},
		"no price":       {"words are no price, whatever they are", "Contact sales", "Contact sales", "no price printed"},
		"nothing":        {"an empty cell is no price", "", "", "no price printed"},
		"only the unit":  {"a unit alone is no price", "/GPU-hr", "", "no price printed"},
		"a least price":  {"nobody may be able to rent for it", "From $3.90/GPU-hr", "From $3.90", "the least price of several configurations"},
		"other money":    {"the page's prices are in dollars", "€3.90/GPU-hr", "€3.90", `the price "€3.90" is not in "$"`},
		"no money named": {"a bare number is in no currency", "3.90/GPU-hr", "3.90", `the price "3.90" is not in "$"`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if price, refusal := inUnit(tt.text, "/GPU-hr"); price != tt.price || refusal != tt.refusal {
				t.Errorf("got %q, %q, want %q, %q: %s", price, refusal, tt.price, tt.refusal, tt.reason)
			}
		})
	}
}
