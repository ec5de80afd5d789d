package scrapers

import m "gpuhour/market"

// huaweiRegions are the regions that are asked for, in this order.
var huaweiRegions = []string{"cn-north-4", "cn-north-1", "cn-north-9", "cn-east-3", "cn-east-2", "cn-south-1", "cn-southwest-2",
	"ap-southeast-1", "ap-southeast-2", "ap-southeast-3"}

// huaweiPlaces are 华为云's regions, with those that only operators name.
var huaweiPlaces = map[string]place{
	"cn-north-1": {"CN", m.China}, "cn-north-2": {"CN", m.China}, "cn-north-4": {"CN", m.China}, "cn-north-9": {"CN", m.China},
	"cn-north-11": {"CN", m.China}, "cn-north-12": {"CN", m.China}, "cn-east-2": {"CN", m.China}, "cn-east-3": {"CN", m.China},
	"cn-east-4": {"CN", m.China}, "cn-east-5": {"CN", m.China}, "cn-south-1": {"CN", m.China}, "cn-south-2": {"CN", m.China},
	"cn-south-4": {"CN", m.China}, "cn-southwest-2": {"CN", m.China},
	"ap-southeast-1": {"HK", m.AsiaPacific}, "ap-southeast-2": {"TH", m.AsiaPacific}, "ap-southeast-3": {"SG", m.AsiaPacific},
	"ap-southeast-4": {"ID", m.AsiaPacific}, "na-mexico-1": {"MX", m.NorthAmerica}, "la-north-2": {"MX", m.NorthAmerica},
	"la-south-2": {"CL", m.SouthAmerica}, "sa-brazil-1": {"BR", m.SouthAmerica}, "af-south-1": {"ZA", m.Africa}, "af-north-1": {"EG", m.Africa},
	"tr-west-1": {"TR", m.MiddleEast}, "me-east-1": {"SA", m.MiddleEast},
}
