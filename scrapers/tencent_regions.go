package scrapers

import m "gpuhour/market"

// tencentRegions are the regions that are asked for, in this order.
var tencentRegions = []string{"ap-guangzhou", "ap-shanghai", "ap-nanjing", "ap-beijing", "ap-chengdu", "ap-chongqing", "ap-hongkong",
	"ap-singapore", "ap-jakarta", "ap-bangkok", "ap-mumbai", "ap-seoul", "ap-tokyo", "na-siliconvalley", "na-ashburn", "sa-saopaulo", "eu-frankfurt"}

// tencentPlaces are 腾讯云's regions, with some that only operators name.
var tencentPlaces = map[string]place{
	"ap-guangzhou": {"CN", m.China}, "ap-shanghai": {"CN", m.China}, "ap-nanjing": {"CN", m.China}, "ap-beijing": {"CN", m.China},
	"ap-chengdu": {"CN", m.China}, "ap-chongqing": {"CN", m.China}, "ap-shenzhen-fsi": {"CN", m.China}, "ap-shanghai-fsi": {"CN", m.China},
	"ap-beijing-fsi": {"CN", m.China}, "ap-qingyuan": {"CN", m.China}, "ap-zhongwei": {"CN", m.China},
	"ap-hongkong": {"HK", m.AsiaPacific}, "ap-singapore": {"SG", m.AsiaPacific}, "ap-jakarta": {"ID", m.AsiaPacific},
	"ap-bangkok": {"TH", m.AsiaPacific}, "ap-mumbai": {"IN", m.AsiaPacific}, "ap-seoul": {"KR", m.AsiaPacific}, "ap-tokyo": {"JP", m.AsiaPacific},
	"na-siliconvalley": {"US", m.NorthAmerica}, "na-ashburn": {"US", m.NorthAmerica}, "na-toronto": {"CA", m.NorthAmerica},
	"sa-saopaulo": {"BR", m.SouthAmerica}, "eu-frankfurt": {"DE", m.Europe},
}
