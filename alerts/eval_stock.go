package alerts

import "gpuhour/market"

// stock judges whether the subject can be rented. What no source says is not judged, and what a source that may no longer be current
// said last is not believed.
func (e *evaluation) stock() {
	in := rentable(e.seen.Stock)
	out := e.seen.Stock == market.SoldOut && !e.seen.StockUnsure
	withdrawn := len(e.seen.Quotes) == 0 && e.rule.Condition == market.OutOfStock && e.was.State != ""
	switch {
	case in || out || withdrawn:
		e.judgeStock(in, withdrawn)
	case e.seen.StockUnsure || e.seen.Reason == outdated:
		e.unjudged()
	default:
		e.nothing()
	}
}

func (e *evaluation) judgeStock(in, withdrawn bool) {
	if e.seen.Of != nil {
		e.is.OfferID = e.seen.Of.Offer.ID
	}
	e.is.Stock = e.seen.Stock
	holds := in == (e.rule.Condition == market.InStock)
	verdict := Verdict{Holds: holds, Cleared: !holds}
	e.latch(market.Decimal{}, verdict, false)
	e.decide(market.Decimal{}, verdict)
	if withdrawn {
		e.tellWithdrawn()
	}
}

// tellWithdrawn says why it is out of stock. A single offer is then no more.
func (e *evaluation) tellWithdrawn() {
	if e.event != nil {
		e.event.Reason = "it is no longer listed"
	}
	if e.rule.Subject == market.EachOffer && e.is.State == market.AlertFiring {
		e.is.State = market.AlertNoData
	}
}
