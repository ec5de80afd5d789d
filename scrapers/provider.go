package scrapers

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"gpuhour/market"
)

// About is what a provider's file declares of itself.
type About struct {
	market.Provider
	// Base is the address its requests start from; the operator may put another in its place.
	Base string
	// Spacing is the least time between two requests to its host.
	Spacing time.Duration
	// Hosts are the other hosts, as in "g.alicdn.com", that its pages may lead to. Headers that carry a key are not sent there.
	Hosts []string
	// KeyName is the environment variable of its key; empty when it has none.
	KeyName string
	// KeyOptional says that without the key the provider is read too, from what is public.
	KeyOptional bool
	// Unit is what its amounts pay for, for the provider table: "instance-hour, USD".
	Unit string
	// Evidence says what the parser was checked against.
	Evidence Evidence
	// Parser is the version of its parser: raised when the same document would give other listings.
	Parser int
}

// Evidence is how well a provider's answers are known to us.
type Evidence string

// The grades of evidence.
const (
	RealCapture     Evidence = "real capture"
	DocumentedShape Evidence = "documented shape"
	ClientDerived   Evidence = "client-derived"
)

// Settings are what the operator may set for one provider. Scrapers get them from the runner and never read the environment.
type Settings struct {
	// BaseURL takes the place of About.Base.
	BaseURL string `yaml:"base_url"`
	// Key is the provider's API key.
	Key string `yaml:"key"`
	// Regions narrows a provider of many regions.
	Regions []string `yaml:"regions"`
	// IgnoreRobots reads pages that robots.txt forbids: for one's own pages only.
	IgnoreRobots bool `yaml:"ignore_robots"`
}

// Scraper is one provider. Parse is pure: no clock, no network; a page whose shape it does not know is an error.
type Scraper interface {
	About() About
	// Sheets are the provider's independent documents, each by its first request.
	Sheets(Settings) []Sheet
	// Parse reads one page of a sheet.
	Parse(Document) (Page, error)
}

// Sheet is one document of a provider, possibly of several pages.
type Sheet struct {
	// Name is "prices" where a provider has only one.
	Name  string
	First Request
}

// Request is what to ask a provider for. Pages that are asked for by a body at one address are told apart by a fragment in URL
// ("…/search#page=2"), which is never sent: it names the document in its source and in recorded answers.
type Request struct {
	Method string
	URL    string
	Header http.Header
	Body   []byte
	// Timestamp is the header that carries the moment of sending in milliseconds since 1970, where the host wants one.
	Timestamp string
}

// Get is a plain request for an address.
func Get(url string) Request { return Request{Method: http.MethodGet, URL: url} }

// GetWithKey is a request with the provider's key in a header.
func GetWithKey(url, header, key string) Request {
	return Request{Method: http.MethodGet, URL: url, Header: http.Header{header: {key}}}
}

// PostJSON is a request with a JSON body.
func PostJSON(url, body string) Request {
	return Request{Method: http.MethodPost, URL: url, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(body)}
}

// Document is one page as received, decompressed and in UTF-8.
type Document struct {
	URL         string
	ContentType string
	Body        []byte
}

// Page is what a parser makes of one document.
type Page struct {
	Listings []market.Listing
	// Next asks for the page after this one; nil at the end. It inherits what the request before it said in headers.
	Next *Request
}

// base is where requests start: the operator's address, or the provider's own.
func (a About) base(s Settings) string {
	if s.BaseURL != "" {
		return strings.TrimSuffix(s.BaseURL, "/")
	}
	return a.Base
}

// registry holds every provider by id. It is complete before main starts and never changes after.
var registry = map[string]Scraper{}

// register enters a provider; two of one id are a mistake in the program. Its result lets a file do so in a declaration.
func register(s Scraper) bool { //nolint:unparam // a declaration needs a value
	id := s.About().ID
	if _, taken := registry[id]; taken || id == "" {
		panic(fmt.Sprintf("scrapers: provider %q registered twice", id))
	}
	registry[id] = s
	return true
}

// All are the providers that can be scraped, by id.
func All() []Scraper {
	all := make([]Scraper, 0, len(registry))
	for _, s := range registry {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b Scraper) int { return strings.Compare(a.About().ID, b.About().ID) })
	return all
}
