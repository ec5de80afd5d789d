package scrapers

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"gpuhour/market"
)

// aliyun reads the price file of 阿里云 ECS, which its price page leads to: every machine type of every region, with the list price of
// the whole machine for an hour, a month and years. The file names no accelerators; the machine type's family says which and how many.
type aliyun struct{}

var _ = register(aliyun{})

// About declares the source.
func (aliyun) About() About {
	return About{
		Provider: market.Provider{ID: "aliyun", Name: "阿里云", Kind: market.Hyperscaler, Country: "CN",
			Homepage: "https://www.aliyun.com", Schedule: "26 3 * * *"},
		Base: "https://www.aliyun.com", Hosts: []string{"g.alicdn.com"}, Spacing: 2 * time.Second,
		Unit: "instance-hour and instance-term, the currency stated", Evidence: ClientDerived, Parser: 1,
	}
}

// Sheets is the price page, whose second page is the file.
func (a aliyun) Sheets(s Settings) []Sheet {
	return []Sheet{{"prices", Get(a.About().base(s) + "/price/ecs/ecs-pricing/zh")}}
}

// Parse reads the page, which only leads to the file, or the file.
func (a aliyun) Parse(d Document) (Page, error) {
	switch {
	case bytes.HasPrefix(bytes.TrimSpace(d.Body), []byte("{")):
		return a.prices(d)
	case strings.HasSuffix(d.URL, ".json"):
		return Page{}, errors.New("the answer is no JSON object")
	}
	return a.lead(d)
}

// aliyunVersion is where the files of a version lie; the international edition, in dollars, has another name.
var aliyunVersion = regexp.MustCompile(`//g\.alicdn\.com/aliyun/ecs-price-info/(\d+(?:\.\d+)*)`)

// lead finds the version of the file. A page that names two is refused: either may be the old one.
func (aliyun) lead(d Document) (Page, error) {
	versions := map[string]bool{}
	for _, found := range aliyunVersion.FindAllSubmatch(d.Body, -1) {
		versions[string(found[1])] = true
	}
	names := sortedNames(versions)
	if len(names) != 1 {
		return Page{}, fmt.Errorf("the page leads to %d versions of g.alicdn.com/aliyun/ecs-price-info, expected one: %s", len(names), abbreviate(strings.Join(names, ", ")))
	}
	next := Get("https://g.alicdn.com/aliyun/ecs-price-info/" + names[0] + "/price/download/instancePrice.json")
	return Page{Next: &next}, nil
}

// The bounds of one file: several times the machine types and prices that it can have.
const (
	aliyunMost   = 100_000
	aliyunPrices = 100 // of one machine in one list
)

// aliyunFile is the file while it is read. It is large, and a key that it has twice must not hide a price, so it is read key by key.
type aliyunFile struct {
	decoder  *json.Decoder
	currency string
	listings []market.Listing
	// terms are the lists of prices that machines with GPUs have had.
	terms map[string]bool
	// types are the machine types without GPUs, families their number by family.
	types    map[string]bool
	families map[string]int
}

func (aliyun) prices(d Document) (Page, error) {
	f := &aliyunFile{decoder: json.NewDecoder(bytes.NewReader(d.Body)), terms: map[string]bool{}, types: map[string]bool{}, families: map[string]int{}}
	found := map[string]bool{}
	err := f.each(func(name string) error {
		found[name] = true
		return f.top(name)
	})
	switch _, end := f.decoder.Token(); {
	case err != nil:
		return Page{}, fmt.Errorf("json: %w", err)
	case !errors.Is(end, io.EOF):
		return Page{}, errors.New("json: something follows the document")
	case !found["currency"] || !found["pricingInfo"]:
		return Page{}, errors.New("the file has no currency or no pricingInfo")
	}
	return f.page()
}

// each reads an object field by field; field must read the value.
func (f *aliyunFile) each(field func(name string) error) error {
	switch open, err := f.decoder.Token(); {
	case err != nil:
		return err
	case open != json.Delim('{'):
		return errors.New("expected an object")
	}
	for f.decoder.More() {
		name, err := f.decoder.Token()
		if err != nil {
			return err
		}
		if err := field(fmt.Sprint(name)); err != nil {
			return err
		}
	}
	_, err := f.decoder.Token()
	return err
}

// top reads a field of the whole file; version and disclaimer are passed over.
func (f *aliyunFile) top(name string) error {
	switch name {
	case "currency":
		before := f.currency
		if err := f.decoder.Decode(&f.currency); err != nil || before == "" || before == f.currency {
			return err
		}
		return fmt.Errorf("two currencies, %q and %q", before, f.currency)
	case "pricingInfo":
		return f.each(f.entry)
	}
	return f.pass()
}

// pass reads a value that is not needed.
func (f *aliyunFile) pass() error {
	var value json.RawMessage
	return f.decoder.Decode(&value)
}

// aliyunGpu is how the families with GPUs are named, the bare machines (ebm) and clusters (scc) among them: gn, vgn and sgn have NVIDIA's
// cards or parts of them, ga has AMD's, gi Intel's. Which card and how many is the catalogue's to say.
var aliyunGpu = regexp.MustCompile(`^(?:ebm|scc)?(?:[vs]?gn|ga|gi)\d`)

// entry reads the prices of one key, "Region::InstanceType::Network::OS::Optimized". Types without a GPU are only counted: there
// are tens of thousands of such keys, and their families say all that there is to say.
func (f *aliyunFile) entry(key string) error {
	part := strings.Split(key, "::")
	if len(part) != 5 {
		return fmt.Errorf("the key %q is not of the form region::type::network::system::optimized", abbreviate(key))
	}
	l := market.Listing{SKU: part[1], Region: part[0], Market: market.OnDemand, Per: market.PerInstance, Period: market.PerHour}
	locate(&l, aliyunPlaces)
	family, _, _ := strings.Cut(strings.ReplaceAll(strings.TrimPrefix(part[1], "ecs."), "-", "."), ".")
	l.Refusal = aliyunRefusal(part[0], part[2], part[3], part[4])
	switch {
	case len(f.types)+len(f.listings) > aliyunMost:
		return fmt.Errorf("more than %d machine types and prices", aliyunMost)
	case !aliyunGpu.MatchString(family):
		return f.count(family, part[1])
	case l.Refusal != "":
		l.Variant = strings.Join(part[2:], " ")
		f.listings = append(f.listings, l)
		return f.pass()
	}
	return f.machine(l)
}

// count counts a type without GPUs.
func (f *aliyunFile) count(family, kind string) error {
	if !f.types[kind] {
		f.types[kind] = true
		f.families[family]++
	}
	return f.pass()
}

func aliyunRefusal(region, network, system, optimized string) string {
	switch {
	case strings.Contains(region, "-finance") || strings.Contains(region, "-gov"):
		return "a cloud for finance or government, not open to everybody"
	case system == "windows":
		return "includes a Windows licence"
	case system != "linux" || network != "vpc" || optimized != "optimized":
		return fmt.Sprintf("%s, %s, %s: only linux, vpc, optimized is read", abbreviate(network), abbreviate(system), abbreviate(optimized))
	}
	return ""
}

// machine reads the lists of prices of one machine type in one region.
func (f *aliyunFile) machine(base market.Listing) error {
	before := len(f.listings)
	err := f.each(func(term string) error { return f.term(base, term) })
	if len(f.listings) == before {
		f.listings = append(f.listings, base) // without a price
	}
	return err
}

func (f *aliyunFile) term(base market.Listing, term string) error {
	if !slices.Contains(aliyunLists, term) {
		base.Refusal = fmt.Sprintf("prices by %q, which are not known", abbreviate(term))
		f.listings = append(f.listings, base)
		return f.pass()
	}
	var list []json.RawMessage
	switch err := f.decoder.Decode(&list); {
	case err != nil:
		return err
	case len(list) > aliyunPrices:
		return fmt.Errorf("%s %s has %d prices by %q", base.Region, abbreviate(base.SKU), len(list), term)
	}
	prices, err := rows[aliyunPrice](list, base.Region+" "+base.SKU+" "+term, "price", "period")
	if err != nil {
		return err
	}
	f.terms[term] = true
	for _, p := range prices {
		f.listings = append(f.listings, p.listing(base, term))
	}
	return nil
}

// aliyunPrice is a price for a number of hours, months or years.
type aliyunPrice struct {
	Price  string `json:"price"`
	Period string `json:"period"`
}

// aliyunLists are the lists of prices.
var aliyunLists = []string{"hours", "months", "years"}

// aliyunTerms are the terms by their list and period. The price of a term is its total: three years cost three times one.
var aliyunTerms = map[string]struct {
	market market.Market
	months int
	period market.Period
}{
	"hours 1": {market.OnDemand, 0, market.PerHour}, "months 1": {market.Reserved, 1, market.PerMonth},
	"years 1": {market.Reserved, 12, market.PerYear}, "years 3": {market.Reserved, 36, market.Per3Years},
}

func (p aliyunPrice) listing(l market.Listing, list string) market.Listing {
	l.Price = p.Price
	term, known := aliyunTerms[list+" "+p.Period]
	if !known {
		l.Refusal = fmt.Sprintf("a price for %s %s; those for 1 hour, 1 month, 1 and 3 years are read", abbreviate(p.Period), list)
		return l
	}
	l.Market, l.Months, l.Period = term.market, term.months, term.period
	return l
}

// page puts the currency, which may stand anywhere in the file, into its rows. A list that no machine has is gone.
func (f *aliyunFile) page() (Page, error) {
	for _, list := range aliyunLists {
		if len(f.terms) > 0 && !f.terms[list] {
			return Page{}, fmt.Errorf("no machine with GPUs has the list %q", list)
		}
	}
	for _, family := range sortedNames(f.families) {
		f.listings = append(f.listings, market.Listing{SKU: "ecs." + family, Market: market.OnDemand,
			Refusal: fmt.Sprintf("not a GPU by the family's name; its machine types: %d", f.families[family])})
	}
	for i := range f.listings {
		f.listings[i].Currency = market.Currency(f.currency)
	}
	return Page{Listings: f.listings}, nil
}
