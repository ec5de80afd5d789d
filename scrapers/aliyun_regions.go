package scrapers

import m "gpuhour/market"

// aliyunPlaces are the regions of 阿里云.
var aliyunPlaces = map[string]place{
	"cn-qingdao": {"CN", m.China}, "cn-beijing": {"CN", m.China}, "cn-zhangjiakou": {"CN", m.China}, "cn-huhehaote": {"CN", m.China},
	"cn-wulanchabu": {"CN", m.China}, "cn-hangzhou": {"CN", m.China}, "cn-shanghai": {"CN", m.China}, "cn-nanjing": {"CN", m.China},
	"cn-fuzhou": {"CN", m.China}, "cn-wuhan-lr": {"CN", m.China}, "cn-shenzhen": {"CN", m.China}, "cn-heyuan": {"CN", m.China},
	"cn-guangzhou": {"CN", m.China}, "cn-chengdu": {"CN", m.China}, "cn-zhengzhou-jva": {"CN", m.China},
	"cn-hongkong": {"HK", m.AsiaPacific}, "ap-southeast-1": {"SG", m.AsiaPacific}, "ap-southeast-2": {"AU", m.AsiaPacific},
	"ap-southeast-3": {"MY", m.AsiaPacific}, "ap-southeast-5": {"ID", m.AsiaPacific}, "ap-southeast-6": {"PH", m.AsiaPacific},
	"ap-southeast-7": {"TH", m.AsiaPacific}, "ap-northeast-1": {"JP", m.AsiaPacific}, "ap-northeast-2": {"KR", m.AsiaPacific},
	"ap-south-1": {"IN", m.AsiaPacific}, "us-west-1": {"US", m.NorthAmerica}, "us-east-1": {"US", m.NorthAmerica},
	"us-southeast-1": {"US", m.NorthAmerica}, "na-south-1": {"MX", m.NorthAmerica}, "eu-central-1": {"DE", m.Europe}, "eu-west-1": {"GB", m.Europe},
	"me-east-1": {"AE", m.MiddleEast}, "me-central-1": {"SA", m.MiddleEast},
}
