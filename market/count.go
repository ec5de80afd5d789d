package market

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Count is how many cards an offer has, exactly: a fraction for a slice, as in 1/6 of an A10.
type Count struct{ Num, Den int64 }

// maxCards bounds a printed card count: more than any offer of one machine or cluster has.
const maxCards = 100_000

// Cards is a whole number of cards.
func Cards(n int64) Count { return Count{n, 1} }

// ParseCount reads "8", "1/4" or "0.25" and refuses everything else.
func ParseCount(text string) (Count, error) {
	bad := fmt.Errorf("card count %q is neither a whole number nor a fraction such as 1/4", abbreviate(text))
	if num, den, isFraction := strings.Cut(strings.TrimSpace(text), "/"); isFraction {
		return parseFraction(num, den, bad)
	}
	whole, part, _ := strings.Cut(strings.TrimSpace(text), ".")
	if len(part) > 6 {
		return Count{}, bad
	}
	return parseFraction(whole+part, "1"+strings.Repeat("0", len(part)), bad)
}

func parseFraction(num, den string, bad error) (Count, error) {
	n, errN := strconv.ParseUint(strings.TrimSpace(num), 10, 40)
	d, errD := strconv.ParseUint(strings.TrimSpace(den), 10, 40)
	if errN != nil || errD != nil || n == 0 || d == 0 || n/d > maxCards {
		return Count{}, bad
	}
	return Count{int64(n), int64(d)}.reduced(), nil
}

func (c Count) reduced() Count {
	a, b := c.Num, c.Den
	for b != 0 {
		a, b = b, a%b
	}
	return Count{c.Num / a, c.Den / a}
}

// valid says whether the count is a positive number of cards.
func (c Count) valid() bool { return c.Num > 0 && c.Den > 0 }

// Float is the count for display.
func (c Count) Float() float64 { return float64(c.Num) / float64(c.Den) }

// Whole says whether the offer has only whole cards.
func (c Count) Whole() bool { return c.Den == 1 }

// String prints the count as ParseCount reads it.
func (c Count) String() string {
	if c.Whole() {
		return strconv.FormatInt(c.Num, 10)
	}
	return fmt.Sprintf("%d/%d", c.Num, c.Den)
}

// MarshalJSON writes the count as its text.
func (c Count) MarshalJSON() ([]byte, error) { return json.Marshal(c.String()) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (c *Count) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	parsed, err := ParseCount(text)
	*c = parsed
	return err
}

// CountFromFloat turns a count that a machine-readable source gives as a number into an exact one; it finds the fractions
// that cards are sliced in (denominators up to 64) and refuses what is none of them.
func CountFromFloat(cards float64) (Count, error) {
	for den := int64(1); den <= 64; den++ {
		num := math.Round(cards * float64(den))
		if num >= 1 && num <= maxCards && math.Abs(num/float64(den)-cards) < 1e-6 {
			return Count{int64(num), den}, nil
		}
	}
	return Count{}, fmt.Errorf("%v is not a number of cards or a known slice of one", cards)
}
