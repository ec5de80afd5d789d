package scrapers

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// nextPage is the request for the page after the one at address, whose number stands in a query parameter; nil after the last.
func nextPage(address, parameter string, last int) (*Request, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("address: %w", err)
	}
	query := u.Query()
	page, err := strconv.Atoi(query.Get(parameter))
	if err != nil || page >= last {
		return nil, nil //nolint:nilerr // an address without a page number is the only page
	}
	query.Set(parameter, strconv.Itoa(page+1))
	u.RawQuery = query.Encode()
	next := Get(u.String())
	return &next, nil
}

// shiftPoint moves the decimal point of a plain number to the left, exactly: ("55000", 5) is "0.55", ("139.36", 2) is "1.3936". Text
// without a digit is kept, since it may say that there is no price. Any other text says what it would be ("2,720e-3"), for market to
// refuse: passed on as it is, it could be read as an amount a thousand times too high.
func shiftPoint(number string, places int) string {
	whole, part, _ := strings.Cut(number, ".")
	switch {
	case places == 0 && !strings.Contains(number, "."), !strings.ContainsAny(number, "0123456789"):
		return number
	case whole == "" || strings.Trim(whole+part, "0123456789") != "":
		return number + "e-" + strconv.Itoa(places)
	}
	padded := strings.Repeat("0", max(0, places+1-len(whole))) + whole
	shifted := padded[:len(padded)-places] + "." + padded[len(padded)-places:] + part
	return strings.TrimSuffix(strings.TrimRight(shifted, "0"), ".")
}

// segmentAfter is the part of an address' path that follows another: the zone after "zones".
func segmentAfter(address, name string) (string, bool) {
	u, err := url.Parse(address)
	if err != nil {
		return "", false
	}
	_, rest, found := strings.Cut(u.Path, "/"+name+"/")
	segment, _, _ := strings.Cut(rest, "/")
	return segment, found && segment != ""
}

// sortedNames are the keys of an object in order, so that one document always gives the same listings.
func sortedNames[V any](object map[string]V) []string { return slices.Sorted(maps.Keys(object)) }

// cardsOf prints a number of cards.
func cardsOf(n int) string { return strconv.Itoa(n) }

// narrowed names the regions that the operator asks for, for the fragment of an address: "only=a,b". Empty is all.
func narrowed(s Settings) string {
	if len(s.Regions) == 0 {
		return ""
	}
	return "only=" + strings.Join(s.Regions, ",")
}

// regionAfter is the region to ask for after the one in an address' parameter "region": the next of those that its fragment
// names, else of all. Empty is the end.
func regionAfter(address *url.URL, all []string) string {
	terms, _ := url.ParseQuery(address.Fragment) // what cannot be read names none
	if only := terms.Get("only"); only != "" {
		all = strings.Split(only, ",")
	}
	at := slices.Index(all, address.Query().Get("region"))
	if at < 0 || at+1 == len(all) {
		return ""
	}
	return all[at+1]
}
