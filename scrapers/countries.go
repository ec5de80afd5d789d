package scrapers

import (
	"slices"
	"strings"

	"gpuhour/market"
)

// countriesOf are the countries of each area by their ISO 3166-1 codes, for providers that name countries instead of regions. Central
// America and the Caribbean count to the north; Western Asia is the Middle East, but Cyprus is in the European Union.
var countriesOf = map[market.Area][]string{
	market.Europe: strings.Fields("AD AL AT BA BE BG BY CH CY CZ DE DK EE ES FI FO FR GB GG GI GR HR HU IE IM IS IT JE LI LT LU LV MC MD ME MK MT NL NO " +
		"PL PT RO RS RU SE SI SK SM UA VA"),
	market.NorthAmerica: strings.Fields("AG BB BM BS BZ CA CR CU CW DM DO GD GL GT HN HT JM KN KY LC MX NI PA PR SV TT US VC VG VI"),
	market.SouthAmerica: strings.Fields("AR BO BR CL CO EC GF GY PE PY SR UY VE"),
	market.China:        {"CN"},
	market.AsiaPacific: strings.Fields("AF AU BD BN BT FJ GU HK ID IN JP KG KH KP KR KZ LA LK MM MN MO MV MY NC NP NZ PF PG PH PK SG TH TJ TL TM TW UZ " +
		"VN WS"),
	market.MiddleEast: strings.Fields("AE AM AZ BH GE IL IQ IR JO KW LB OM PS QA SA SY TR YE"),
	market.Africa: strings.Fields("AO BF BI BJ BW CD CF CG CI CM CV DJ DZ EG ER ET GA GH GM GN KE LR LS LY MA MG ML MR MU MW MZ NA NE NG RE RW SC SD SL " +
		"SN SO SS SZ TD TG TN TZ UG ZA ZM ZW"),
}

// placeOf is the place of a country's code. What is no country's code has no place.
func placeOf(code string) place {
	for area, codes := range countriesOf {
		if slices.Contains(codes, code) {
			return place{code, area}
		}
	}
	return place{}
}
