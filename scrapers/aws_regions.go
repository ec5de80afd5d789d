package scrapers

import (
	"sync"

	m "gpuhour/market"
)

// awsRegion is a public region: its name in the addresses and the answers, where it lies, and whether AWS's list of instance types by
// region has accelerated ones there. A document without a single offer is a failure, so that the others are read only when asked for.
type awsRegion struct {
	location string
	place
	accelerated bool
}

// awsRegions are the commercial regions. The names are those of the price lists, which call Europe "EU".
var awsRegions = map[string]awsRegion{
	"us-east-1":      {"US East (N. Virginia)", place{"US", m.NorthAmerica}, true},
	"us-east-2":      {"US East (Ohio)", place{"US", m.NorthAmerica}, true},
	"us-west-1":      {"US West (N. California)", place{"US", m.NorthAmerica}, true},
	"us-west-2":      {"US West (Oregon)", place{"US", m.NorthAmerica}, true},
	"ca-central-1":   {"Canada (Central)", place{"CA", m.NorthAmerica}, true},
	"ca-west-1":      {"Canada West (Calgary)", place{"CA", m.NorthAmerica}, false},
	"mx-central-1":   {"Mexico (Central)", place{"MX", m.NorthAmerica}, false},
	"sa-east-1":      {"South America (Sao Paulo)", place{"BR", m.SouthAmerica}, true},
	"eu-central-1":   {"EU (Frankfurt)", place{"DE", m.Europe}, true},
	"eu-central-2":   {"EU (Zurich)", place{"CH", m.Europe}, true},
	"eu-west-1":      {"EU (Ireland)", place{"IE", m.Europe}, true},
	"eu-west-2":      {"EU (London)", place{"GB", m.Europe}, true},
	"eu-west-3":      {"EU (Paris)", place{"FR", m.Europe}, true},
	"eu-north-1":     {"EU (Stockholm)", place{"SE", m.Europe}, true},
	"eu-south-1":     {"EU (Milan)", place{"IT", m.Europe}, true},
	"eu-south-2":     {"EU (Spain)", place{"ES", m.Europe}, true},
	"ap-east-1":      {"Asia Pacific (Hong Kong)", place{"HK", m.AsiaPacific}, true},
	"ap-east-2":      {"Asia Pacific (Taipei)", place{"TW", m.AsiaPacific}, false},
	"ap-northeast-1": {"Asia Pacific (Tokyo)", place{"JP", m.AsiaPacific}, true},
	"ap-northeast-2": {"Asia Pacific (Seoul)", place{"KR", m.AsiaPacific}, true},
	"ap-northeast-3": {"Asia Pacific (Osaka)", place{"JP", m.AsiaPacific}, true},
	"ap-south-1":     {"Asia Pacific (Mumbai)", place{"IN", m.AsiaPacific}, true},
	"ap-south-2":     {"Asia Pacific (Hyderabad)", place{"IN", m.AsiaPacific}, false},
	"ap-southeast-1": {"Asia Pacific (Singapore)", place{"SG", m.AsiaPacific}, true},
	"ap-southeast-2": {"Asia Pacific (Sydney)", place{"AU", m.AsiaPacific}, true},
	"ap-southeast-3": {"Asia Pacific (Jakarta)", place{"ID", m.AsiaPacific}, true},
	"ap-southeast-4": {"Asia Pacific (Melbourne)", place{"AU", m.AsiaPacific}, true},
	"ap-southeast-5": {"Asia Pacific (Malaysia)", place{"MY", m.AsiaPacific}, true},
	"ap-southeast-6": {"Asia Pacific (New Zealand)", place{"NZ", m.AsiaPacific}, false},
	"ap-southeast-7": {"Asia Pacific (Thailand)", place{"TH", m.AsiaPacific}, false},
	"il-central-1":   {"Israel (Tel Aviv)", place{"IL", m.MiddleEast}, true},
	"me-central-1":   {"Middle East (UAE)", place{"AE", m.MiddleEast}, true},
	"me-south-1":     {"Middle East (Bahrain)", place{"BH", m.MiddleEast}, true},
	"af-south-1":     {"Africa (Cape Town)", place{"ZA", m.Africa}, true},
}

// awsAccelerated are the codes of the regions with accelerators, in order.
func awsAccelerated() []string {
	var codes []string
	for _, code := range sortedNames(awsRegions) {
		if awsRegions[code].accelerated {
			codes = append(codes, code)
		}
	}
	return codes
}

// awsCodes are the codes by the names that the price lists have; awsPlaces the places by code.
var (
	awsCodes = sync.OnceValue(func() map[string]string {
		codes := map[string]string{}
		for code, r := range awsRegions {
			codes[r.location] = code
		}
		return codes
	})
	awsPlaces = sync.OnceValue(func() map[string]place {
		places := map[string]place{}
		for code, r := range awsRegions {
			places[code] = r.place
		}
		return places
	})
)

// awsCode is the code of a region by its name; a name that the table does not know is kept.
func awsCode(location string) string {
	if code, known := awsCodes()[location]; known {
		return code
	}
	return location
}
