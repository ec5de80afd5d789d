package scrapers

import "gpuhour/market"

// place is where a provider's region lies.
type place struct {
	country string
	area    market.Area
}

// locate puts a region's place into a listing; a region that the table does not know keeps its name and has no place.
func locate(l *market.Listing, places map[string]place) {
	p := places[l.Region]
	l.Country, l.Area = p.country, p.area
}
