package scrapers

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"gpuhour/market"
)

// What one request for CFETS' history may ask for: less than a year, of fifty days a page.
const (
	cfetsSpan = 364 * 24 * time.Hour
	cfetsPage = 50
)

// cfetsRequest names the page that the site itself asks from.
func cfetsRequest(method, address string) Request {
	return Request{Method: method, URL: address, Header: http.Header{"Referer": {"https://www.chinamoney.com.cn/"}}}
}

// cfetsHistoryRequest asks for all pairs, which is what no pair in particular means.
func cfetsHistoryRequest(base string) func(since, until time.Time) Request {
	return func(since, until time.Time) Request {
		query := url.Values{"startDate": {since.Format(time.DateOnly)}, "endDate": {until.Format(time.DateOnly)}, "currency": {""},
			"pageNum": {"1"}, "pageSize": {strconv.Itoa(cfetsPage)}}
		return cfetsRequest(http.MethodPost, base+"/ags/ms/cm-u-bk-ccpr/CcprHisNew?"+query.Encode())
	}
}

// cfetsHead is how every answer of CFETS begins.
type cfetsHead struct {
	Code string `json:"rep_code"`
}

func (h cfetsHead) check(records int, reason string) error {
	if h.Code != "200" || records == 0 {
		return fmt.Errorf("the answer has code %q and %d records, and says %q", h.Code, records, abbreviate(reason))
	}
	return nil
}

// cfetsAnswer is the day's central parity rates of the yuan.
type cfetsAnswer struct {
	Head cfetsHead `json:"head"`
	Data struct {
		LastDate string `json:"lastDate"`
	} `json:"data"`
	Records []struct {
		Pair  string `json:"vrtEName"`
		Price string `json:"price"`
	} `json:"records"`
}

func parseCFETS(d Document) (RatePage, error) {
	var answer cfetsAnswer
	if err := decodeJSON(d, &answer); err != nil {
		return RatePage{}, err
	}
	if err := answer.Head.check(len(answer.Records), ""); err != nil {
		return RatePage{}, err
	}
	date, _, _ := strings.Cut(answer.Data.LastDate, " ")
	table, err := newTable("CFETS", date)
	if err != nil {
		return RatePage{}, err
	}
	for _, r := range answer.Records {
		q, err := cfetsQuotation(r.Pair, r.Price)
		if err := addQuotation(&table, q, err); err != nil {
			return RatePage{}, err
		}
	}
	return RatePage{Tables: []market.RateTable{table}}, nil
}

// cfetsQuotation reads "USD/CNY", "100JPY/CNY" (yuan for a hundred yen) and "CNY/MOP" (patacas for a yuan).
func cfetsQuotation(pair, price string) (market.Quotation, error) {
	base, quote, _ := strings.Cut(pair, "/")
	if bare, hundred := strings.CutPrefix(base, "100"); hundred {
		base, price = bare, shiftPoint(price, 2)
	}
	return quotation(base, quote, price)
}

// cfetsHistory is a page of earlier days, the newest first.
type cfetsHistory struct {
	Head cfetsHead `json:"head"`
	Data struct {
		// Pairs are what each record has a value of, in this order.
		Pairs []string `json:"searchlist"`
		Since string   `json:"startDate"`
		Until string   `json:"endDate"`
		Page  int      `json:"pageNum"`
		Size  int      `json:"pageSize"`
		// Total is how many days there are on all pages.
		Total int `json:"total"`
		// Refusal is why there are no records: more than a year was asked for.
		Refusal string `json:"flagMessage"`
	} `json:"data"`
	Records []cfetsDay `json:"records"`
}

type cfetsDay struct {
	Date   string   `json:"date"`
	Values []string `json:"values"`
}

func parseCFETSHistory(d Document) (RatePage, error) {
	var answer cfetsHistory
	if err := decodeJSON(d, &answer); err != nil {
		return RatePage{}, err
	}
	if err := answer.Head.check(len(answer.Records), answer.Data.Refusal); err != nil {
		return RatePage{}, err
	}
	if err := answer.check(d.URL); err != nil {
		return RatePage{}, err
	}
	tables, err := answer.tables()
	if err != nil {
		return RatePage{}, err
	}
	next, err := answer.next(d.URL)
	return RatePage{tables, next}, err
}

// check holds that the answer is what was asked for, and whole.
func (h cfetsHistory) check(address string) error {
	asked, err := url.Parse(address)
	if err != nil {
		return fmt.Errorf("address: %w", err)
	}
	query, data := asked.Query(), h.Data
	if query.Get("startDate") != data.Since || query.Get("endDate") != data.Until || query.Get("pageNum") != strconv.Itoa(data.Page) {
		return fmt.Errorf("the answer is page %d of %s to %s, which was not asked for", data.Page, abbreviate(data.Since), abbreviate(data.Until))
	}
	if data.Size < 1 {
		return errors.New("the answer does not say how many days a page has")
	}
	if want := min(data.Size, data.Total-(data.Page-1)*data.Size); len(h.Records) != want {
		return fmt.Errorf("page %d has %d days, expected %d of %d", data.Page, len(h.Records), want, data.Total)
	}
	return nil
}

func (h cfetsHistory) tables() ([]market.RateTable, error) {
	var tables []market.RateTable
	for _, day := range h.Records {
		table, err := day.table(h.Data.Pairs)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", abbreviate(day.Date), err)
		}
		tables = append(tables, table)
	}
	return tables, nil
}

func (d cfetsDay) table(pairs []string) (market.RateTable, error) {
	table, err := newTable("CFETS", d.Date)
	if err != nil {
		return market.RateTable{}, err
	}
	if len(d.Values) != len(pairs) {
		return market.RateTable{}, fmt.Errorf("has %d values for %d pairs", len(d.Values), len(pairs))
	}
	for i, value := range d.Values {
		q, err := cfetsQuotation(pairs[i], value)
		if err := addQuotation(&table, q, err); err != nil {
			return market.RateTable{}, err
		}
	}
	return table, nil
}

// next asks for the page after this one, until all days are there.
func (h cfetsHistory) next(address string) (*Request, error) {
	last := h.Data.Page
	if last*h.Data.Size < h.Data.Total {
		last++
	}
	next, err := nextPage(address, "pageNum", last)
	if next != nil {
		next.Method = http.MethodPost
	}
	return next, err
}
