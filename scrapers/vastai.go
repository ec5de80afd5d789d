package scrapers

import (
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"strings"
	"time"

	"gpuhour/market"
)

// vastai reads the offers of a marketplace of hosts: one question for each card and number of cards. A host's offer is two rows, for
// rent and for a bid. An answer carries the hosts' IP addresses, which are not read.
type vastai struct{}

var _ = register(vastai{})

// About declares the source.
func (vastai) About() About {
	return About{
		Provider: market.Provider{ID: "vastai", Name: "Vast.ai", Kind: market.Marketplace, Country: "US",
			Homepage: "https://vast.ai", Schedule: "51 */2 * * *"},
		Base: "https://console.vast.ai", Spacing: time.Second,
		Unit: "instance-hour of a host, USD", Evidence: RealCapture, Parser: 1,
	}
}

// vastaiNames are the cards that are asked for, in Vast's spelling; vastaiCounts how many of them.
var (
	vastaiNames = []string{"H100 SXM", "H100 PCIE", "H100 NVL", "H200", "H200 NVL", "B200", "B300", "A100 SXM4", "A100 PCIE", "MI300X", "L40S", "L40",
		"L4", "A40", "RTX A6000", "RTX 6000Ada", "RTX PRO 6000 S", "RTX PRO 6000 WS", "RTX 5090", "RTX 4090", "RTX 3090"}
	vastaiCounts = []int{1, 2, 4, 8}
)

// vastaiMost is how many offers an answer has at most; there is no page after it.
const vastaiMost = 64

// Sheets is one list whose pages are the questions.
func (v vastai) Sheets(s Settings) []Sheet {
	return []Sheet{{"prices", vastaiAsk(v.About().base(s)+"/api/v0/bundles/", 0)}}
}

// vastaiQuestion asks for one number of one card; n counts through the names, and through the counts of each.
func vastaiQuestion(n int) string {
	name, count := vastaiNames[n/len(vastaiCounts)], vastaiCounts[n%len(vastaiCounts)]
	return fmt.Sprintf(`{"verified":{"eq":true},"external":{"eq":false},"rentable":{"eq":true},"rented":{"eq":false},"gpu_name":{"eq":%q},"num_gpus":{"eq":%d},`+
		`"type":"on-demand","order":[["dph_total","asc"]],"limit":%d}`, name, count, vastaiMost)
}

func vastaiAsk(address string, n int) Request {
	return Get(address + "?q=" + strings.ReplaceAll(url.QueryEscape(vastaiQuestion(n)), "+", "%20"))
}

// vastaiNext asks the question after the one in an address; nil after the last, and where the address has none that is known.
func vastaiNext(address string) *Request {
	u, err := url.Parse(address)
	if err != nil {
		return nil
	}
	asked := u.Query().Get("q")
	u.RawQuery = ""
	for n := range len(vastaiNames)*len(vastaiCounts) - 1 {
		if vastaiQuestion(n) == asked {
			next := vastaiAsk(u.String(), n+1)
			return &next
		}
	}
	return nil
}

// vastaiOffer is what one host asks for some of the cards of one machine. dph_base is the cards' price for all of them together,
// dph_total adds the disk that a tenant may want: dph_base is the price. All amounts are binary floats.
type vastaiOffer struct {
	ID           json.Number  `json:"id"`
	GpuName      string       `json:"gpu_name"`
	NumGpus      int          `json:"num_gpus"`
	GpuRAM       float64      `json:"gpu_ram"` // MB of one card, as its driver says
	Base         *json.Number `json:"dph_base"`
	MinBid       *json.Number `json:"min_bid"`
	Geolocation  *string      `json:"geolocation"`
	Verification string       `json:"verification"`
	Rentable     bool         `json:"rentable"`
	Rented       bool         `json:"rented"`
	IsBid        bool         `json:"is_bid"`
}

// Parse reads the answer to one question.
func (vastai) Parse(d Document) (Page, error) {
	var answer struct {
		Offers []json.RawMessage `json:"offers"`
		Msg    string            `json:"msg"`
	}
	if err := decodeJSON(d, &answer); err != nil {
		return Page{}, err
	}
	if answer.Offers == nil {
		return Page{}, fmt.Errorf("the answer has no offers; it says %q", abbreviate(answer.Msg))
	}
	offers, err := rows[vastaiOffer](answer.Offers, "offers", "id", "gpu_name", "num_gpus", "gpu_ram", "dph_base", "min_bid", "geolocation",
		"verification", "rentable")
	if err != nil {
		return Page{}, err
	}
	page := Page{Next: vastaiNext(d.URL)}
	for _, o := range offers {
		page.Listings = append(page.Listings, o.listings(len(offers) >= vastaiMost)...)
	}
	return page, nil
}

// listings are the offer for rent and for a bid; one that nobody can have is one row. A cut answer has the cheapest for rent, since it
// is ordered by that, but not the lowest bids.
func (o vastaiOffer) listings(cut bool) []market.Listing {
	rent := o.listing(cut)
	if rent.Refusal != "" {
		return []market.Listing{rent}
	}
	bid := rent
	bid.Market, bid.Price = market.Spot, offered(o.MinBid)
	if cut {
		bid.Refusal = fmt.Sprintf("the answer ends after the %d that are cheapest on demand: a lower bid may be missing", vastaiMost)
	}
	return []market.Listing{rent, bid}
}

func (o vastaiOffer) listing(cut bool) market.Listing {
	memory := vastaiMemory(o.GpuRAM)
	l := market.Listing{
		SKU: o.GpuName, Variant: fmt.Sprintf("%dx %gGB", o.NumGpus, memory), GpuName: o.GpuName, CardMemoryGB: memory, Count: cardsOf(o.NumGpus),
		Market: market.OnDemand, Price: offered(o.Base), Currency: market.USD, Per: market.PerInstance, Period: market.PerHour,
		Stock: market.Available, GpusAvailable: &o.NumGpus, Pool: "unknown", Ask: o.ID.String(), Cut: cut, Refusal: o.refusal(),
	}
	if l.Area = o.area(); l.Area != "" {
		l.Pool = strings.ToLower(strings.ReplaceAll(string(l.Area), "_", " "))
	}
	return l
}

func (o vastaiOffer) refusal() string {
	switch {
	case o.ID == "":
		return "the offer has no number"
	case o.Verification != "verified":
		return fmt.Sprintf("the host is not verified (%q)", abbreviate(o.Verification))
	case !o.Rentable, o.Rented:
		return "cannot be rented now"
	case o.IsBid:
		return "the price of a bid among those for rent"
	case vastaiMemory(o.GpuRAM) == 0:
		return "the memory of the card is not said"
	}
	return ""
}

// area is where the machine is: its place ends with the country's code, as in "Washington, US" or ", US".
func (o vastaiOffer) area() market.Area {
	if o.Geolocation == nil {
		return ""
	}
	words := strings.Split(*o.Geolocation, ",")
	return placeOf(strings.TrimSpace(words[len(words)-1])).area
}

// vastaiSizes are the sizes that cards are sold with, in GB.
var vastaiSizes = []float64{8, 10, 11, 12, 16, 20, 24, 32, 40, 48, 64, 80, 94, 96, 141, 180, 192, 288}

// vastaiMemory is the size that a card is sold with: drivers show up to 7 % less where error correction takes its share (46068 MB of
// 48 GB). One that is sold with no such size keeps its own. It tells the two A100 apart, and a rebuilt card from the model it was.
func vastaiMemory(mb float64) float64 {
	gb := math.Max(mb, 0) / 1024
	for _, size := range vastaiSizes {
		if gb > size*0.93 && gb < size*1.005 {
			return size
		}
	}
	return math.Round(gb)
}
