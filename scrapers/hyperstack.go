package scrapers

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/PuerkitoBio/goquery"

	"gpuhour/market"
)

// hyperstack reads the public price page: cards of rows built from divs. Prices are for one GPU. The reservation card has the
// same GPUs cheaper, "starting from", without a term.
type hyperstack struct{}

var _ = register(hyperstack{})

// About declares the source.
func (hyperstack) About() About {
	return About{
		Provider: market.Provider{ID: "hyperstack", Name: "Hyperstack", Kind: market.Neocloud, Country: "GB",
			Homepage: "https://www.hyperstack.cloud", Schedule: "37 4 * * *"},
		Base: "https://www.hyperstack.cloud", Spacing: 2 * time.Second,
		Unit: "GPU-hour, USD", Evidence: RealCapture, Parser: 2,
	}
}

// Sheets is one page.
func (h hyperstack) Sheets(s Settings) []Sheet {
	return []Sheet{{"prices", Get(h.About().base(s) + "/gpu-pricing")}}
}

// The columns of the two cards that are known.
var (
	hyperstackColumns = []column{
		{"GPU Model", regexp.MustCompile(`(?i)^GPU Model`)}, {"VRAM (GB)", regexp.MustCompile(`(?i)^VRAM \(GB\)`)},
		{"Pricing Per Hour", regexp.MustCompile(`(?i)^Pricing Per Hour`)},
	}
	hyperstackReserved = []column{
		{"GPU Model", regexp.MustCompile(`(?i)^GPU Model`)}, {"Starting from", regexp.MustCompile(`(?i)^Starting from`)},
	}
)

// Parse reads every card of the page.
func (h hyperstack) Parse(d Document) (Page, error) {
	page, err := parseHTML(d)
	if err != nil {
		return Page{}, err
	}
	var out Page
	onDemand := 0
	cards := page.Find(".page-price_card")
	if cards.Find(".page-price_card").Length() > 0 {
		return Page{}, errors.New("a price card of the page stands within another")
	}
	for i := range cards.Nodes {
		heading := text(cards.Eq(i).Find("h3").First())
		listings, err := h.card(heading, cards.Eq(i))
		if err != nil {
			return Page{}, fmt.Errorf("card %q: %w", abbreviate(heading), err)
		}
		if strings.HasPrefix(heading, "On-Demand GPU") {
			onDemand += len(listings)
		}
		out.Listings = append(out.Listings, listings...)
	}
	if onDemand == 0 {
		return Page{}, errors.New("the page has no card \"On-Demand GPU Pricing\" with rows (.page-price_card)")
	}
	return out, nil
}

func (h hyperstack) card(heading string, card *goquery.Selection) ([]market.Listing, error) {
	switch {
	case strings.HasPrefix(heading, "On-Demand GPU"):
		return h.rows(card, hyperstackColumns, func(r record) market.Listing {
			l := market.Listing{SKU: r["GPU Model"], GpuName: r["GPU Model"], Count: "1", Market: market.OnDemand, Price: r["Pricing Per Hour"],
				Currency: market.USD, Per: market.PerGPU, Period: market.PerHour}
			if vram := quantity(r["VRAM (GB)"]); vram != nil {
				l.CardMemoryGB, l.Variant = *vram, r["VRAM (GB)"]+" GB"
			}
			return l
		})
	case strings.HasPrefix(heading, "Reservation"):
		return h.rows(card, hyperstackReserved, func(r record) market.Listing {
			return market.Listing{SKU: r["GPU Model"], Market: market.Reserved, Price: r["Starting from"],
				Refusal: "a reservation \"starting from\", without its term"}
		})
	}
	return h.others(heading, card), nil
}

// others refuses the rows of a card that is not known: storage, networks, or GPUs on terms nobody has read yet.
func (hyperstack) others(heading string, card *goquery.Selection) []market.Listing {
	headers := texts(card.Find(".page-price_card_head_item"))
	reason := "not a GPU"
	if slices.ContainsFunc(headers, hyperstackColumns[0].header.MatchString) {
		reason = "GPUs on terms that are not known"
	}
	var listings []market.Listing
	for _, row := range hyperstackGrid(card) {
		for i := range row {
			if len(row) == len(headers) {
				row[i] = headers[i] + ": " + row[i]
			}
		}
		slices.Sort(row)
		listings = append(listings, market.Listing{SKU: heading, Price: strings.Join(row, ", "), Refusal: reason})
	}
	return listings
}

// hyperstackGrid is a card's rows; one without cells is a row of one empty cell.
func hyperstackGrid(card *goquery.Selection) [][]string {
	var grid [][]string
	card.Find(".page-price_card_row_item").Each(func(_ int, row *goquery.Selection) {
		cells := texts(row.ChildrenFiltered(".page-price_card_row_item_col"))
		if len(cells) == 0 {
			cells = []string{""}
		}
		grid = append(grid, cells)
	})
	return grid
}

// rows reads the rows of a card below its headers.
func (hyperstack) rows(card *goquery.Selection, wanted []column, listing func(record) market.Listing) ([]market.Listing, error) {
	headers := texts(card.Find(".page-price_card_head_item"))
	at, err := columns(headers, wanted)
	if err != nil {
		return nil, err
	}
	found, err := records(hyperstackGrid(card), at, len(headers))
	if err != nil {
		return nil, err
	}
	var listings []market.Listing
	for _, r := range found {
		listings = append(listings, listing(r))
	}
	return listings, nil
}

// texts are the texts of elements, each on its own.
func texts(s *goquery.Selection) []string {
	return s.Map(func(_ int, one *goquery.Selection) string { return text(one) })
}
