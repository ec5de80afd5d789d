package alerts

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"gpuhour/market"
)

// Payload is the body of a webhook.
type Payload struct {
	// Type is alert.fired, alert.further, alert.resolved, alert.no_data, alert.source_error or alert.test.
	Type string `json:"type"`
	// Timestamp is when the event was judged.
	Timestamp time.Time `json:"timestamp"`
	Data      Data      `json:"data"`
}

// Data is an event. Amounts are decimal strings, times RFC 3339 in UTC, lengths of time ISO 8601; what is unknown is null.
type Data struct {
	// ID is the event's, as in the header webhook-id: drop what you have seen. Ids sort as the events happened.
	ID string `json:"id"`
	// Number counts the events of the rule, from 1 without a hole.
	Number int64       `json:"number"`
	Rule   PayloadRule `json:"rule"`
	// Kind, Subject and Condition are words of the GraphQL schema.
	Kind      market.AlertEventKind `json:"kind"`
	Subject   market.AlertSubject   `json:"subject"`
	Condition market.AlertCondition `json:"condition"`
	// About names the subject within the rule: an offer's id, or a group of offers.
	About string    `json:"about"`
	At    time.Time `json:"at"`
	// ObservedAt is when what was judged had been read.
	ObservedAt *time.Time `json:"observedAt"`
	// Value, Previous and Threshold are prices of a card-hour in Currency.
	Value     *string         `json:"value"`
	Previous  *string         `json:"previous"`
	Threshold *string         `json:"threshold"`
	Currency  market.Currency `json:"currency"`
	Percent   *string         `json:"percent"`
	Window    *string         `json:"window"`
	Stock     *market.Stock   `json:"stock"`
	// Reason says why a rule is not judged, in English.
	Reason *string `json:"reason"`
	// Offers is how many offers the value was found among.
	Offers  int             `json:"offers"`
	Offer   *PayloadOffer   `json:"offer"`
	Sources []PayloadSource `json:"sources"`
	Summary PayloadSummary  `json:"summary"`
}

// PayloadRule is the rule as it was when the event happened.
type PayloadRule struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Version int64  `json:"version"`
}

// PayloadOffer is the offer that an event is about, as it was.
type PayloadOffer struct {
	ID       string              `json:"id"`
	Provider string              `json:"provider"`
	Kind     market.ProviderKind `json:"kind"`
	SKU      string              `json:"sku"`
	GpuName  string              `json:"gpuName"`
	GpuModel *string             `json:"gpuModel"`
	// Gpu is the id in the catalogue.
	Gpu *string `json:"gpu"`
	// GpuCount is a whole number, or a fraction such as "1/4".
	GpuCount         string        `json:"gpuCount"`
	Region           *string       `json:"region"`
	Country          *string       `json:"country"`
	Market           market.Market `json:"market"`
	CommitmentMonths int           `json:"commitmentMonths"`
	Listed           PayloadListed `json:"listed"`
	// Sample is true for sample data, which is nobody's price.
	Sample bool `json:"sample"`
}

// PayloadListed is the price as its provider printed it.
type PayloadListed struct {
	Amount   string            `json:"amount"`
	Currency market.Currency   `json:"currency"`
	Per      market.PriceBasis `json:"per"`
	Period   market.Period     `json:"period"`
}

// PayloadSource is a document behind an event.
type PayloadSource struct {
	URL       string    `json:"url"`
	FetchedAt time.Time `json:"fetchedAt"`
	// Digest is the SHA-256 of the archived document, in hexadecimal.
	Digest string `json:"digest"`
}

// PayloadSummary is the event in one sentence.
type PayloadSummary struct {
	En string `json:"en"`
	Zh string `json:"zh"`
}

// mostSources keeps a body small where a median has many documents.
const mostSources = 20

func payloadOf(e market.Event) Payload {
	return Payload{Type: "alert." + strings.ToLower(string(e.Kind)), Timestamp: e.At.UTC(), Data: Data{
		ID: e.ID(), Number: e.Number, Rule: PayloadRule{e.RuleID, e.RuleName, e.RuleVersion}, Kind: e.Kind, Subject: e.Subject, Condition: e.Condition,
		About: e.About, At: e.At.UTC(), ObservedAt: momentOrNil(e.ObservedAt),
		Value: amountOrNil(e.Value), Previous: amountOrNil(e.Previous), Threshold: amountOrNil(e.Threshold), Currency: e.Currency,
		Percent: amountOrNil(e.Percent), Window: windowOrNil(e.Window), Stock: orNil(e.Stock), Reason: orNil(e.Reason), Offers: e.Offers,
		Offer: payloadOffer(e.Offer), Sources: payloadSources(e.Sources), Summary: PayloadSummary{e.Summary("en"), e.Summary("zh")},
	}}
}

func payloadOffer(o *market.Offer) *PayloadOffer {
	if o == nil {
		return nil
	}
	return &PayloadOffer{
		ID: o.ID, Provider: o.Provider, Kind: o.Kind, SKU: o.SKU, GpuName: o.GpuName, GpuModel: orNil(o.GpuModel), Gpu: orNil(o.GpuID),
		GpuCount: o.GpuCount.String(), Region: orNil(o.Region), Country: orNil(o.Country), Market: o.Market, CommitmentMonths: o.CommitmentMonths,
		Listed: PayloadListed{o.Listed.Amount.String(), o.Listed.Currency, o.Listed.Per, o.Listed.Period}, Sample: o.Sample,
	}
}

func payloadSources(sources []market.Source) []PayloadSource {
	out := make([]PayloadSource, 0, min(len(sources), mostSources))
	for _, s := range sources[:min(len(sources), mostSources)] {
		out = append(out, PayloadSource{s.URL, s.FetchedAt.UTC(), s.Digest})
	}
	return out
}

// orNil is nil for what is unknown.
func orNil[T comparable](v T) *T {
	var unknown T
	if v == unknown {
		return nil
	}
	return &v
}

func momentOrNil(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return orNil(at.UTC())
}

func amountOrNil(d *market.Decimal) *string {
	if d == nil {
		return nil
	}
	return orNil(d.Trim(0).String())
}

// windowOrNil is a length of time in the words of ISO 8601, to the second.
func windowOrNil(d time.Duration) *string {
	const day = 24 * time.Hour
	if d == 0 {
		return nil
	}
	if d%day == 0 {
		return orNil(fmt.Sprintf("P%dD", d/day))
	}
	text := "PT"
	for _, part := range []struct {
		n    time.Duration
		unit string
	}{{d / time.Hour, "H"}, {d % time.Hour / time.Minute, "M"}, {d % time.Minute / time.Second, "S"}} {
		if part.n > 0 {
			text += strconv.FormatInt(int64(part.n), 10) + part.unit
		}
	}
	return orNil(text)
}
