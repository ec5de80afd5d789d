package scrapers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"gpuhour/market"
)

// RateSource is somebody who publishes exchange rates.
type RateSource struct {
	ID string
	// Name is what its tables call it: "CFETS".
	Name     string
	Schedule string
	// Request asks for the newest table.
	Request Request
	// Parse is pure, like a provider's.
	Parse   func(Document) (RatePage, error)
	History RateHistory
}

// RateHistory is where a source keeps its rates of earlier days.
type RateHistory struct {
	// Request asks for the days from one until another, both included. The answer may hold more.
	Request func(since, until time.Time) Request
	Parse   func(Document) (RatePage, error)
	// Span is how long before until a request may begin, and where the first one does; zero where there is no bound.
	Span time.Duration
}

// at says whether an address is one of the history's, whichever days it asks for.
func (h RateHistory) at(address string) bool {
	bare, _, _ := strings.Cut(address, "?")
	now := time.Unix(0, 0)
	for _, since := range []time.Time{now, now.AddDate(-1, 0, 0)} { // a short time and a long one
		if of, _, _ := strings.Cut(h.Request(since, now).URL, "?"); of == bare {
			return true
		}
	}
	return false
}

// RatePage is what a parser makes of one document of rates.
type RatePage struct {
	Tables []market.RateTable
	// Next asks for the page after this one; nil at the end. It inherits the headers of the request before it.
	Next *Request
}

// RateSources are CFETS, whose fixing domestic contracts name (working days, 09:15 in Shanghai), and the ECB (working days,
// about 16:00 in Frankfurt) for everything else. Of CFETS, which asks for a page at a time, the first reading takes a year; of the
// ECB all since 1999, in one document.
func RateSources(settings map[string]Settings) []RateSource {
	cfets := cmp.Or(settings["cfets"].BaseURL, "https://www.chinamoney.com.cn")
	ecb := cmp.Or(settings["ecb"].BaseURL, "https://www.ecb.europa.eu")
	return []RateSource{
		{ID: "cfets", Name: "CFETS", Schedule: "31 1-9 * * 1-5", Parse: parseCFETS,
			Request: cfetsRequest(http.MethodGet, cfets+"/r/cms/www/chinamoney/data/fx/ccpr.json"),
			History: RateHistory{cfetsHistoryRequest(cfets), parseCFETSHistory, cfetsSpan}},
		{ID: "ecb", Name: "ECB", Schedule: "13 15-17 * * 1-5", Parse: parseECB,
			Request: Get(ecb + "/stats/eurofxref/eurofxref-daily.xml"),
			History: RateHistory{ecbHistoryRequest(ecb), parseECB, 0}},
	}
}

// Rates reads the newest exchange rates of one source and keeps what it says; it returns how many rates there are.
func (r *Runner) Rates(ctx context.Context, s RateSource) (int, error) {
	tables, err := r.rateTables(ctx, s, s.Request, s.Parse)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", s.ID, err)
	}
	n := 0
	for _, t := range tables {
		n += len(t.Quotations)
	}
	if n == 0 {
		return 0, fmt.Errorf("%s: the answer has no rates", s.ID)
	}
	if err := r.Store.SaveRates(ctx, tables); err != nil {
		return 0, fmt.Errorf("%s: store: %w", s.ID, err)
	}
	return n, nil
}

// rateSpacing is the time between two requests for rates; mostRatePages is a year of ten days a page.
const (
	rateSpacing   = 2 * time.Second
	mostRatePages = 40
)

// rateTables reads a document of rates and the pages after it. A day without any rate is none.
func (r *Runner) rateTables(ctx context.Context, s RateSource, first Request, parse func(Document) (RatePage, error)) ([]market.RateTable, error) {
	var tables []market.RateTable
	for n, next := 1, &first; next != nil; n++ {
		if n > mostRatePages {
			return nil, fmt.Errorf("more than %d pages", mostRatePages)
		}
		page, err := r.ratePage(ctx, s, *next, parse)
		if err != nil {
			return nil, pageError(n, err)
		}
		tables, next = append(tables, page.Tables...), page.Next
	}
	return slices.DeleteFunc(tables, func(t market.RateTable) bool { return len(t.Quotations) == 0 }), nil
}

func (r *Runner) ratePage(ctx context.Context, s RateSource, asked Request, parse func(Document) (RatePage, error)) (RatePage, error) {
	f, err := r.Client.Fetch(ctx, asked, Manners{Spacing: rateSpacing, IgnoreRobots: r.Settings[s.ID].IgnoreRobots}, Validators{})
	if err != nil {
		return RatePage{}, err
	}
	page, err := parse(f.Document)
	for i := range page.Tables {
		page.Tables[i].FetchedAt = f.FetchedAt
	}
	if page.Next != nil {
		page.Next.Header = asked.Header
	}
	return page, err
}

func newTable(source, date string) (market.RateTable, error) {
	day, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return market.RateTable{}, fmt.Errorf("date %q: expected a day such as 2026-02-06", abbreviate(date))
	}
	return market.RateTable{Source: source, Day: day}, nil
}

// addQuotation adds a rate to a table; one that the source has not on that day ("N/A", "---") is absent.
func addQuotation(t *market.RateTable, q market.Quotation, err error) error {
	if err == nil {
		t.Quotations = append(t.Quotations, q)
	}
	if errors.Is(err, market.ErrNoPrice) {
		return nil
	}
	return err
}

func quotation(base, quote, rate string) (market.Quotation, error) {
	if strings.Trim(rate, "-") == "" {
		rate = ""
	}
	from, errBase := market.ParseCurrency(base)
	to, errQuote := market.ParseCurrency(quote)
	value, errRate := market.ParseAmount(rate, to)
	if err := cmp.Or(errBase, errQuote, errRate); err != nil {
		return market.Quotation{}, fmt.Errorf("rate %s/%s: %w", abbreviate(base), abbreviate(quote), err)
	}
	if !value.IsPos() {
		return market.Quotation{}, fmt.Errorf("rate %s/%s is not positive", base, quote)
	}
	return market.Quotation{Base: from, Quote: to, Rate: value}, nil
}
