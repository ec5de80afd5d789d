package model

import (
	"time"

	"gpuhour/market"
)

// ExchangeRate is a rate with the moment that was asked about.
type ExchangeRate struct {
	rate market.Rate
	at   time.Time
}

// NewExchangeRate is a rate as seen from a moment.
func NewExchangeRate(r market.Rate, at time.Time) *ExchangeRate { return &ExchangeRate{r, at} }

// Base is the currency that is priced.
func (r ExchangeRate) Base() market.Currency { return r.rate.Base }

// Quote is the currency it is priced in.
func (r ExchangeRate) Quote() market.Currency { return r.rate.Quote }

// Rate is the number for display.
func (r ExchangeRate) Rate() (market.Decimal, error) { return r.rate.Decimal() }

// Date is the day it was published for.
func (r ExchangeRate) Date() time.Time { return r.rate.Day }

// AgeDays is how old it was at the moment asked about.
func (r ExchangeRate) AgeDays() int { return r.rate.Age(r.at) }

// Source is who published it.
func (r ExchangeRate) Source() string { return r.rate.Source }
