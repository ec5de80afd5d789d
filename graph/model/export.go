package model

import (
	"time"

	"gpuhour/market"
)

// AskExport reads a question for an export.
func AskExport(env *Env, filter *OfferFilter, from, to *time.Time) (q market.ExportQuestion, err error) {
	if err := filter.check(env); err != nil {
		return q, err
	}
	q.Filter = filter.Asked()
	if from != nil {
		q.From = *from
	}
	if to != nil {
		q.To = *to
	}
	return q, nil
}
