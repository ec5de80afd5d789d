package market

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Order is how a list of offers is sorted. It is total: ties go by id, and what has no value comes last both ways.
type Order struct {
	Field     OrderField
	Direction Direction
}

// DefaultOrder is cheapest card-hour first.
var DefaultOrder = Order{ByPricePerGpuHour, Ascending}

var orderFields = []OrderField{ByPricePerGpuHour, ByPricePerPflopsHour, ByPrice, ByObservedAt, ByChangedAt, ByGpu, ByProvider}

const orderCount = 7 * 2

func (o Order) index() (int, error) {
	i := slices.Index(orderFields, o.Field)
	if i < 0 || o.Direction != Ascending && o.Direction != Descending {
		return 0, fmt.Errorf("order %s %s is not one that offers can be sorted by", o.Field, o.Direction)
	}
	if o.Direction == Descending {
		i += len(orderFields)
	}
	return i, nil
}

// sortKey is the place of an offer in one order. Numbers sort before text; an offer without a value is last.
type sortKey struct {
	Missing bool   `json:"m,omitempty"`
	Number  int64  `json:"n,omitempty"`
	Text    string `json:"t,omitempty"`
	ID      string `json:"i"`
}

func (k sortKey) compare(other sortKey, d Direction) int {
	if k.Missing != other.Missing {
		if k.Missing {
			return 1
		}
		return -1
	}
	by := cmp.Or(cmp.Compare(k.Number, other.Number), strings.Compare(k.Text, other.Text))
	if d == Descending {
		by = -by
	}
	return cmp.Or(by, strings.Compare(k.ID, other.ID))
}

func (v *View) key(e *Entry, field OrderField) sortKey {
	k := sortKey{ID: e.Offer.ID}
	switch field {
	case ByPricePerGpuHour:
		k.Number, k.Missing = e.usdPerGpuHour, e.usdPerGpuHour < 0
	case ByPricePerPflopsHour:
		k.Number, k.Missing = e.usdPerPflopsHour, e.usdPerPflopsHour < 0
	case ByPrice:
		k.Number, k.Missing = e.usdPerHour, e.usdPerHour < 0
	case ByObservedAt:
		k.Number = v.Sheet(e.Offer).LastSuccessAt.UnixNano()
	case ByChangedAt:
		k.Number = e.Offer.ChangedAt.UnixNano()
	case ByGpu:
		k.Text, k.Missing = e.Offer.GpuModel+"\x00"+e.Offer.GpuID, e.Offer.GpuModel == ""
	case ByProvider:
		k.Text = e.Offer.Provider
	}
	return k
}

// ordered is the whole book in one order.
func (v *View) ordered(o Order) ([]*Entry, error) {
	i, err := o.index()
	if err != nil {
		return nil, err
	}
	lazy := &v.orders[i]
	lazy.once.Do(func() { lazy.entries = v.sort(o) })
	return lazy.entries, nil
}

func (v *View) sort(o Order) []*Entry {
	type keyed struct {
		key   sortKey
		entry *Entry
	}
	rows := make([]keyed, len(v.entries))
	for i, e := range v.entries {
		rows[i] = keyed{v.key(e, o.Field), e}
	}
	slices.SortFunc(rows, func(a, b keyed) int { return a.key.compare(b.key, o.Direction) })
	out := make([]*Entry, len(rows))
	for i, r := range rows {
		out[i] = r.entry
	}
	return out
}
