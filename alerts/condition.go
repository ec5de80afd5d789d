package alerts

import (
	"github.com/govalues/decimal"

	"gpuhour/market"
)

// ofIndex says whether a condition compares with the rest of the market.
func ofIndex(c market.AlertCondition) bool { return c == market.BelowIndex || c == market.AboveIndex }

// windowed says whether a condition looks back.
func windowed(c market.AlertCondition) bool {
	return c == market.Drops || c == market.Rises || c == market.NewLow
}

// downward says whether a lower price brings a condition closer.
func downward(c market.AlertCondition) bool {
	return c == market.Below || c == market.Drops || c == market.NewLow || c == market.BelowIndex
}

// Verdict is what a condition says of a value.
type Verdict struct {
	// Holds is true where the condition is met; Cleared where the value is back beyond the line at which the rule may fire again. Between
	// the two lines neither is.
	Holds, Cleared bool
	// Line is the price that had to be passed; nil where there is none.
	Line *market.Decimal
	// Against is the price that the value was compared with; nil where there is none.
	Against *market.Decimal
}

var hundred = decimal.MustNew(100, 0)

// measure puts a value beside a line that lies so many percent of base below (or above) it. All of it is exact: prices have at most six
// decimals and percentages two.
func measure(value, base, percent market.Decimal, down bool) (int, error) {
	share, err := side(hundred, percent, down)
	if err != nil {
		return 0, err
	}
	line, err := base.Mul(share)
	if err != nil {
		return 0, err
	}
	scaled, err := value.Mul(hundred)
	return scaled.Cmp(line), err
}

func side(whole, part market.Decimal, down bool) (market.Decimal, error) {
	if down {
		return whole.Sub(part)
	}
	return whole.Add(part)
}

// lineAt is the price so many percent below or above a base, as it is shown: six decimals.
func lineAt(base, percent market.Decimal, down bool) *market.Decimal {
	share, err := side(hundred, percent, down)
	if err != nil {
		return nil
	}
	product, err := base.Mul(share)
	if err != nil {
		return nil
	}
	line, err := product.Quo(hundred)
	if err != nil {
		return nil
	}
	line = line.Round(market.DerivedScale).Trim(0)
	return &line
}

// beyond says whether a value lies in the direction of the condition from another.
func beyond(c market.AlertCondition, value, other market.Decimal) bool {
	if downward(c) {
		return value.Cmp(other) < 0
	}
	return value.Cmp(other) > 0
}

// threshold judges a value against the rule's fixed price.
func threshold(r market.Rule, value market.Decimal) (Verdict, error) {
	down := downward(r.Condition)
	v := Verdict{Line: r.Threshold, Holds: !beyond(r.Condition, *r.Threshold, value)}
	back, err := measure(value, *r.Threshold, r.Rearm, !down)
	v.Cleared = !v.Holds && (down && back >= 0 || !down && back <= 0)
	return v, err
}

// distance judges a value that must lie so many percent away from another.
func distance(r market.Rule, value, base market.Decimal) (Verdict, error) {
	down := downward(r.Condition)
	v := Verdict{Line: lineAt(base, *r.Percent, down), Against: &base}
	from, err := measure(value, base, *r.Percent, down)
	if err != nil {
		return v, err
	}
	v.Holds = down && from <= 0 || !down && from >= 0
	less, err := rearmed(*r.Percent, r.Rearm)
	if err != nil {
		return v, err
	}
	back, err := measure(value, base, less, down)
	v.Cleared = !v.Holds && (down && back >= 0 || !down && back <= 0)
	return v, err
}

// rearmed is a percentage less a share of itself.
func rearmed(percent, rearm market.Decimal) (market.Decimal, error) {
	rest, err := hundred.Sub(rearm)
	if err != nil {
		return rest, err
	}
	product, err := percent.Mul(rest)
	if err != nil {
		return product, err
	}
	return product.Quo(hundred)
}

// newLow judges a value that must be lower than all before it. The low it was lower than stays the measure until it is cleared.
func newLow(r market.Rule, value market.Decimal, low *market.Decimal) (Verdict, error) {
	if low == nil {
		return Verdict{Cleared: true}, nil // the first value ever is lower than nothing
	}
	v := Verdict{Line: low, Against: low, Holds: value.Cmp(*low) < 0}
	back, err := measure(value, *low, r.Rearm, false)
	v.Cleared = !v.Holds && back >= 0
	return v, err
}
