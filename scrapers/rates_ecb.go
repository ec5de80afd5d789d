package scrapers

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"time"

	"gpuhour/market"
)

// ecbRecent is what the ECB's document of the last 90 days surely holds; mostElements is four times what all days since 1999 have.
const (
	ecbRecent    = 80 * 24 * time.Hour
	mostElements = 1_000_000
)

// ecbHistoryRequest asks for the last 90 days where they are enough, else for all days since 1999.
func ecbHistoryRequest(base string) func(since, until time.Time) Request {
	return func(since, until time.Time) Request {
		if until.Sub(since) < ecbRecent {
			return Get(base + "/stats/eurofxref/eurofxref-hist-90d.xml")
		}
		return Get(base + "/stats/eurofxref/eurofxref-hist.xml")
	}
}

// ecbAnswer is the ECB's XML: days, each with the currencies that a euro costs.
type ecbAnswer struct {
	Days []ecbDay `xml:"Cube>Cube"`
}

type ecbDay struct {
	Time  string `xml:"time,attr"`
	Rates []struct {
		Currency string `xml:"currency,attr"`
		Rate     string `xml:"rate,attr"`
	} `xml:"Cube"`
}

// parseECB reads the newest day, or as many as there are.
func parseECB(d Document) (RatePage, error) {
	if bytes.Count(d.Body, []byte("<")) > mostElements {
		return RatePage{}, errors.New("the answer has more elements than any real one")
	}
	var answer ecbAnswer
	if err := xml.Unmarshal(d.Body, &answer); err != nil {
		return RatePage{}, fmt.Errorf("xml: %w", err)
	}
	if len(answer.Days) == 0 {
		return RatePage{}, errors.New("the answer has no dated Cube")
	}
	var page RatePage
	for _, day := range answer.Days {
		table, err := day.table()
		if err != nil {
			return RatePage{}, fmt.Errorf("%s: %w", abbreviate(day.Time), err)
		}
		page.Tables = append(page.Tables, table)
	}
	return page, nil
}

func (d ecbDay) table() (market.RateTable, error) {
	table, err := newTable("ECB", d.Time)
	if err != nil {
		return market.RateTable{}, err
	}
	for _, r := range d.Rates {
		q, err := quotation("EUR", r.Currency, r.Rate)
		if err := addQuotation(&table, q, err); err != nil {
			return market.RateTable{}, err
		}
	}
	return table, nil
}
