package scrapers

import m "gpuhour/market"

// azurePlaces are Azure's public regions.
var azurePlaces = map[string]place{
	"eastus": {"US", m.NorthAmerica}, "eastus2": {"US", m.NorthAmerica}, "eastus3": {"US", m.NorthAmerica},
	"centralus": {"US", m.NorthAmerica}, "northcentralus": {"US", m.NorthAmerica}, "southcentralus": {"US", m.NorthAmerica},
	"westcentralus": {"US", m.NorthAmerica}, "westus": {"US", m.NorthAmerica}, "westus2": {"US", m.NorthAmerica}, "westus3": {"US", m.NorthAmerica},
	"canadacentral": {"CA", m.NorthAmerica}, "canadaeast": {"CA", m.NorthAmerica}, "mexicocentral": {"MX", m.NorthAmerica},
	"brazilsouth": {"BR", m.SouthAmerica}, "brazilsoutheast": {"BR", m.SouthAmerica}, "chilecentral": {"CL", m.SouthAmerica},
	"northeurope": {"IE", m.Europe}, "westeurope": {"NL", m.Europe}, "uksouth": {"GB", m.Europe}, "ukwest": {"GB", m.Europe},
	"francecentral": {"FR", m.Europe}, "francesouth": {"FR", m.Europe}, "germanywestcentral": {"DE", m.Europe}, "germanynorth": {"DE", m.Europe},
	"switzerlandnorth": {"CH", m.Europe}, "switzerlandwest": {"CH", m.Europe}, "norwayeast": {"NO", m.Europe}, "norwaywest": {"NO", m.Europe},
	"swedencentral": {"SE", m.Europe}, "swedensouth": {"SE", m.Europe}, "polandcentral": {"PL", m.Europe}, "italynorth": {"IT", m.Europe},
	"spaincentral": {"ES", m.Europe}, "austriaeast": {"AT", m.Europe}, "belgiumcentral": {"BE", m.Europe}, "denmarkeast": {"DK", m.Europe},
	"eastasia": {"HK", m.AsiaPacific}, "southeastasia": {"SG", m.AsiaPacific}, "japaneast": {"JP", m.AsiaPacific}, "japanwest": {"JP", m.AsiaPacific},
	"koreacentral": {"KR", m.AsiaPacific}, "koreasouth": {"KR", m.AsiaPacific}, "centralindia": {"IN", m.AsiaPacific}, "southindia": {"IN", m.AsiaPacific},
	"westindia": {"IN", m.AsiaPacific}, "jioindiawest": {"IN", m.AsiaPacific}, "jioindiacentral": {"IN", m.AsiaPacific},
	"indonesiacentral": {"ID", m.AsiaPacific}, "malaysiawest": {"MY", m.AsiaPacific}, "newzealandnorth": {"NZ", m.AsiaPacific},
	"australiaeast": {"AU", m.AsiaPacific}, "australiasoutheast": {"AU", m.AsiaPacific}, "australiacentral": {"AU", m.AsiaPacific}, "australiacentral2": {"AU", m.AsiaPacific},
	"uaenorth": {"AE", m.MiddleEast}, "uaecentral": {"AE", m.MiddleEast}, "qatarcentral": {"QA", m.MiddleEast}, "israelcentral": {"IL", m.MiddleEast},
	"southafricanorth": {"ZA", m.Africa}, "southafricawest": {"ZA", m.Africa},
}
