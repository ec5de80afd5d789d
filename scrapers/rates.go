package scrapers

import (
	"cmp"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/govalues/decimal"

	"gpuhour/market"
)

// RateSource is somebody who publishes exchange rates.
type RateSource struct {
	ID       string
	Schedule string
	Request  Request
	// Parse is pure, like a provider's.
	Parse func(Document) ([]market.RateTable, error)
}

// RateSources are CFETS, whose fixing domestic contracts name (working days, 09:15 in Shanghai), and the ECB (working days,
// about 16:00 in Frankfurt) for everything else.
func RateSources(settings map[string]Settings) []RateSource {
	cfets := cmp.Or(settings["cfets"].BaseURL, "https://www.chinamoney.com.cn")
	ecb := cmp.Or(settings["ecb"].BaseURL, "https://www.ecb.europa.eu")
	return []RateSource{
		{ID: "cfets", Schedule: "31 1-9 * * 1-5", Parse: parseCFETS, Request: Request{Method: "GET",
			URL: cfets + "/r/cms/www/chinamoney/data/fx/ccpr.json", Header: map[string][]string{"Referer": {"https://www.chinamoney.com.cn/"}}}},
		{ID: "ecb", Schedule: "13 15-17 * * 1-5", Parse: parseECB, Request: Get(ecb + "/stats/eurofxref/eurofxref-daily.xml")},
	}
}

// Rates reads one source of exchange rates and keeps what it says; it returns how many rates there are.
func (r *Runner) Rates(ctx context.Context, s RateSource) (int, error) {
	f, err := r.Client.Fetch(ctx, s.Request, Manners{Spacing: time.Second, IgnoreRobots: r.Settings[s.ID].IgnoreRobots}, Validators{})
	if err != nil {
		return 0, fmt.Errorf("%s: %w", s.ID, err)
	}
	tables, err := s.Parse(f.Document)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", s.ID, err)
	}
	n := 0
	for i := range tables {
		tables[i].FetchedAt = f.FetchedAt
		n += len(tables[i].Quotations)
	}
	if err := r.Store.SaveRates(ctx, tables); err != nil {
		return 0, fmt.Errorf("%s: store: %w", s.ID, err)
	}
	return n, nil
}

// cfetsAnswer is the day's central parity rates of the yuan.
type cfetsAnswer struct {
	Head struct {
		Code string `json:"rep_code"`
	} `json:"head"`
	Data struct {
		LastDate string `json:"lastDate"`
	} `json:"data"`
	Records []struct {
		Pair  string `json:"vrtEName"`
		Price string `json:"price"`
	} `json:"records"`
}

func parseCFETS(d Document) ([]market.RateTable, error) {
	var answer cfetsAnswer
	if err := decodeJSON(d, &answer); err != nil {
		return nil, err
	}
	if answer.Head.Code != "200" || len(answer.Records) == 0 {
		return nil, fmt.Errorf("the answer has code %q and %d records", answer.Head.Code, len(answer.Records))
	}
	date, _, _ := strings.Cut(answer.Data.LastDate, " ")
	table, err := newTable("CFETS", date)
	if err != nil {
		return nil, err
	}
	for _, r := range answer.Records {
		q, err := cfetsQuotation(r.Pair, r.Price)
		if err != nil {
			return nil, err
		}
		table.Quotations = append(table.Quotations, q)
	}
	return []market.RateTable{table}, nil
}

// cfetsQuotation reads "USD/CNY", "100JPY/CNY" (yuan for a hundred yen) and "CNY/MOP" (patacas for a yuan).
func cfetsQuotation(pair, price string) (market.Quotation, error) {
	base, quote, _ := strings.Cut(pair, "/")
	bare, hundred := strings.CutPrefix(base, "100")
	q, err := quotation(bare, quote, price)
	if err != nil || !hundred {
		return q, err
	}
	q.Rate, err = decimal.New(int64(q.Rate.Coef()), q.Rate.Scale()+2)
	return q, err
}

// ecbAnswer is the ECB's XML: days, each with the currencies that a euro costs.
type ecbAnswer struct {
	Days []struct {
		Time  string `xml:"time,attr"`
		Rates []struct {
			Currency string `xml:"currency,attr"`
			Rate     string `xml:"rate,attr"`
		} `xml:"Cube"`
	} `xml:"Cube>Cube"`
}

func parseECB(d Document) ([]market.RateTable, error) {
	var answer ecbAnswer
	if err := xml.Unmarshal(d.Body, &answer); err != nil {
		return nil, fmt.Errorf("xml: %w", err)
	}
	if len(answer.Days) == 0 {
		return nil, errors.New("the answer has no dated Cube")
	}
	var tables []market.RateTable
	for _, day := range answer.Days {
		table, err := newTable("ECB", day.Time)
		if err != nil {
			return nil, err
		}
		for _, r := range day.Rates {
			q, err := quotation("EUR", r.Currency, r.Rate)
			if err != nil {
				return nil, err
			}
			table.Quotations = append(table.Quotations, q)
		}
		tables = append(tables, table)
	}
	return tables, nil
}

func newTable(source, date string) (market.RateTable, error) {
	day, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return market.RateTable{}, fmt.Errorf("date %q: expected a day such as 2026-02-06", abbreviate(date))
	}
	return market.RateTable{Source: source, Day: day}, nil
}

func quotation(base, quote, rate string) (market.Quotation, error) {
	from, errBase := market.ParseCurrency(base)
	to, errQuote := market.ParseCurrency(quote)
	value, errRate := market.ParseAmount(rate, to)
	if err := errors.Join(errBase, errQuote, errRate); err != nil {
		return market.Quotation{}, fmt.Errorf("rate %s/%s: %w", abbreviate(base), abbreviate(quote), err)
	}
	if !value.IsPos() {
		return market.Quotation{}, fmt.Errorf("rate %s/%s is not positive", base, quote)
	}
	return market.Quotation{Base: from, Quote: to, Rate: value}, nil
}
