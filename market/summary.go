package market

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/govalues/decimal"
)

// Summary says the event in one sentence that a broker can act on: in Chinese for "zh" and what begins with "zh-", else in English.
// Times are UTC, amounts exact. A reason stands as it was kept, in English.
func (e Event) Summary(lang string) string {
	words := &english
	if tag := strings.ToLower(lang); tag == "zh" || strings.HasPrefix(tag, "zh-") {
		words = &chinese
	}
	s := telling{e, words}
	switch e.Kind {
	case NoData, SourceError:
		return s.untold()
	case TestEvent:
		return s.test()
	}
	return s.told()
}

// telling is an event that is being said in one language.
type telling struct {
	Event
	words *wording
}

// told is the sentence of an event about a price or a stock.
func (s telling) told() string {
	return s.subject() + s.words.colon + strings.Join(s.clauses(), s.words.comma) + s.words.stop
}

// untold is the sentence of a rule that is not judged.
func (s telling) untold() string {
	text := fmt.Sprintf(s.words.untold[s.Kind], s.RuleName)
	if s.Reason != "" {
		text += s.words.reason + bareReason(s.Reason)
	}
	if !s.ObservedAt.IsZero() {
		text += fmt.Sprintf(s.words.lastSeen, minuteOf(s.ObservedAt))
	}
	return text + s.words.stop
}

// test is the sentence of a test: a sample where it has one.
func (s telling) test() string {
	text := fmt.Sprintf(s.words.test, s.RuleName)
	if s.Offer == nil && s.Value == nil {
		return text + s.words.stop
	}
	return text + s.words.sample + s.told()
}

// subject names what the event is about: the offer, or the group whose median it is.
func (s telling) subject() string {
	if s.Offer == nil {
		return s.group()
	}
	o := s.Offer
	parts := []string{fmt.Sprintf(s.words.offer, o.Provider, o.SKU, o.GpuCount, cardName(*o)), o.Region, s.terms()}
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), s.words.comma)
}

// terms are the offer's market, and for how long one commits to it.
func (s telling) terms() string {
	text := s.words.markets[s.Offer.Market]
	if months := s.Offer.CommitmentMonths; months > 0 {
		text += " " + s.words.months(int64(months))
	}
	return text
}

func (s telling) group() string {
	name := "“" + s.RuleName + "”"
	if s.About != "" {
		name = s.About
	}
	switch {
	case s.Subject == OfIndex && s.Offers > 0:
		return fmt.Sprintf(s.words.medianOf, name, s.words.offers(int64(s.Offers)))
	case s.Subject == OfIndex:
		return fmt.Sprintf(s.words.median, name)
	case s.Subject == EachOffer && s.About != "":
		return s.About
	}
	return fmt.Sprintf(s.words.rule, s.RuleName)
}

// clauses are what is said of the subject.
func (s telling) clauses() []string {
	parts := []string{s.stock(), s.price(), s.verdict(), s.before(), s.among()}
	if s.Reason != "" {
		parts = append(parts, s.words.because+bareReason(s.Reason))
	}
	if s.Offer != nil && s.Offer.Sample {
		parts = append(parts, s.words.sampleData)
	}
	if !s.ObservedAt.IsZero() {
		parts = append(parts, fmt.Sprintf(s.words.seen, minuteOf(s.ObservedAt)))
	}
	return slices.DeleteFunc(parts, func(p string) bool { return p == "" })
}

// stock says whether it can be rented, where the rule asks for that.
func (s telling) stock() string {
	if !s.Condition.OfStock() {
		return ""
	}
	if text := s.words.stocks[s.Stock]; text != "" {
		return text
	}
	if (s.Condition == InStock) != (s.Kind == Resolved) {
		return s.words.stocks[Available]
	}
	return s.words.gone
}

func (s telling) price() string {
	if s.Value == nil {
		return ""
	}
	return fmt.Sprintf(s.words.price, plainAmount(*s.Value), s.Currency)
}

// verdict says how the value stands to what was asked for.
func (s telling) verdict() string {
	forms := s.words.verdicts[s.Condition]
	form := forms.holds
	switch s.Kind {
	case Resolved:
		form = forms.resolved
	case Further:
		form = forms.further
	}
	return strings.NewReplacer("{threshold}", amountText(s.Threshold, "?"), "{percent}", amountText(s.Percent, "?"), "{moved}", s.moved(),
		"{window}", s.window(), "{limit}", s.limit(), "{atLeast}", s.words.atLeast).Replace(form)
}

// limit is the price that the percentage came to, where it is known.
func (s telling) limit() string {
	if s.Threshold == nil {
		return ""
	}
	return fmt.Sprintf(s.words.limit, plainAmount(*s.Threshold))
}

// moved is by how many percent the value differs from the previous one, to one decimal; at least what was asked for where that is not known.
func (s telling) moved() string {
	asked := s.words.atLeast + amountText(s.Percent, "?")
	if s.Value == nil || s.Previous == nil || !s.Previous.IsPos() {
		return asked
	}
	share, err := exactly(*s.Value).over(exactly(*s.Previous)).times(ratio(100, 1)).round(1)
	if err != nil {
		return asked
	}
	away, err := hundred.Sub(share)
	if err != nil || s.Percent != nil && away.Abs().Cmp(*s.Percent) < 0 {
		return asked // the previous value was not the one it fell from
	}
	return s.words.exactly + plainAmount(away.Abs())
}

var hundred = decimal.MustNew(100, 0)

func (s telling) before() string {
	if s.Previous == nil {
		return ""
	}
	form := s.words.before
	if s.Kind == Further {
		form = s.words.lastTold
	}
	return fmt.Sprintf(form, plainAmount(*s.Previous))
}

// among says how many offers the value was found among.
func (s telling) among() string {
	if s.Offers == 0 || s.Subject != Cheapest || s.Value == nil {
		return ""
	}
	if s.Offers == 1 {
		return s.words.only
	}
	return fmt.Sprintf(s.words.among, s.Offers)
}

// cardName is the card in the fewest words that are certain.
func cardName(o Offer) string {
	if o.GpuModel != "" {
		return o.GpuModel
	}
	return o.GpuName
}

func plainAmount(d Decimal) string { return d.Trim(0).String() }

func amountText(d *Decimal, otherwise string) string {
	if d == nil {
		return otherwise
	}
	return plainAmount(*d)
}

// bareReason is a reason without its full stop, to stand within a sentence.
func bareReason(reason string) string { return strings.TrimRight(strings.TrimSpace(reason), ".。") }

func minuteOf(at time.Time) string { return at.UTC().Format("2006-01-02 15:04 UTC") }

// window is a length of time in days, else hours, else minutes: the largest that it is a whole number of.
func (s telling) window() string {
	switch d := s.Window; {
	case d >= 24*time.Hour && d%(24*time.Hour) == 0:
		return s.words.days(int64(d / (24 * time.Hour)))
	case d >= time.Hour && d%time.Hour == 0:
		return s.words.hours(int64(d / time.Hour))
	default:
		return s.words.minutes(int64(d / time.Minute))
	}
}
