package scrapers

import m "gpuhour/market"

// gcpPlaces are Google Cloud's public regions.
var gcpPlaces = map[string]place{
	"us-central1": {"US", m.NorthAmerica}, "us-east1": {"US", m.NorthAmerica}, "us-east4": {"US", m.NorthAmerica}, "us-east5": {"US", m.NorthAmerica},
	"us-south1": {"US", m.NorthAmerica}, "us-west1": {"US", m.NorthAmerica}, "us-west2": {"US", m.NorthAmerica}, "us-west3": {"US", m.NorthAmerica},
	"us-west4": {"US", m.NorthAmerica}, "northamerica-northeast1": {"CA", m.NorthAmerica}, "northamerica-northeast2": {"CA", m.NorthAmerica},
	"northamerica-south1": {"MX", m.NorthAmerica}, "southamerica-east1": {"BR", m.SouthAmerica}, "southamerica-west1": {"CL", m.SouthAmerica},
	"europe-central2": {"PL", m.Europe}, "europe-north1": {"FI", m.Europe}, "europe-north2": {"SE", m.Europe}, "europe-southwest1": {"ES", m.Europe},
	"europe-west1": {"BE", m.Europe}, "europe-west2": {"GB", m.Europe}, "europe-west3": {"DE", m.Europe}, "europe-west4": {"NL", m.Europe},
	"europe-west6": {"CH", m.Europe}, "europe-west8": {"IT", m.Europe}, "europe-west9": {"FR", m.Europe}, "europe-west10": {"DE", m.Europe},
	"europe-west12": {"IT", m.Europe},
	"asia-east1":    {"TW", m.AsiaPacific}, "asia-east2": {"HK", m.AsiaPacific}, "asia-northeast1": {"JP", m.AsiaPacific},
	"asia-northeast2": {"JP", m.AsiaPacific}, "asia-northeast3": {"KR", m.AsiaPacific}, "asia-south1": {"IN", m.AsiaPacific},
	"asia-south2": {"IN", m.AsiaPacific}, "asia-southeast1": {"SG", m.AsiaPacific}, "asia-southeast2": {"ID", m.AsiaPacific},
	"asia-southeast3": {"TH", m.AsiaPacific}, "australia-southeast1": {"AU", m.AsiaPacific}, "australia-southeast2": {"AU", m.AsiaPacific},
	"me-central1": {"QA", m.MiddleEast}, "me-central2": {"SA", m.MiddleEast}, "me-west1": {"IL", m.MiddleEast},
	"africa-south1": {"ZA", m.Africa},
}
