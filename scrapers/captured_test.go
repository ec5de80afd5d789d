package scrapers

import (
	"testing"

	"gpuhour/market"
)

// capture is what a provider's recorded answer must give: values computed by hand from the document, chosen for its traps.
type capture struct {
	offers int
	wanted map[string]wanted
	// absent are ids that a misreading would make offers.
	absent []string
}

// wanted is one offer: the price as printed with its unit, the price of a card-hour, and the cards.
type wanted struct{ reason, listed, perGpuHour, cards string }

var captured = map[string]capture{
	"azure": {5, map[string]wanted{
		"azure/standard_nd96isr_h100_v5/eastus/on-demand":   {"eight cards, which the type's name implies", "98.32 USD INSTANCE PT1H", "12.29", "8"},
		"azure/standard_nd96isr_h100_v5/eastus/reserved-12": {"the whole year, though its unit says 1 Hour: 551221 / 8760 / 8", "551221.0 USD INSTANCE P365D", "7.865596", "8"},
		"azure/standard_nd96isr_h100_v5/eastus/reserved-36": {"three years, though its unit says 1 Hour: 1134310 / 26280 / 8", "1134310.0 USD INSTANCE P1095D", "5.39531", "8"},
		"azure/standard_nd96is_h100_v5/eastus/on-demand":    {"one letter is another machine", "88.488 USD INSTANCE PT1H", "11.061", "8"},
		"azure/standard_nd96asr_v4/eastus/spot":             {"its Low Priority and Windows meters are refused", "5.98334 USD INSTANCE PT1H", "0.747918", "8"},
	}, []string{"azure/standard_nd40rs_v2/eastus/spot", "azure/standard_nd96asr_v4/eastus/on-demand", "azure/standard_nd96amsr_a100_v4/eastus/on-demand"}},
	"coreweave": {32, map[string]wanted{
		"coreweave/nvidia%20hgx%20h100/north%20america/on-demand":    {"the price is for eight cards; its row has a class of its own", "49.24 USD INSTANCE PT1H", "6.155", "8"},
		"coreweave/nvidia%20hgx%20h100/europe/on-demand":             {"on-demand costs the same in both regions", "49.24 USD INSTANCE PT1H", "6.155", "8"},
		"coreweave/nvidia%20hgx%20h100/north%20america/spot":         {"spot differs by region", "19.71 USD INSTANCE PT1H", "2.46375", "8"},
		"coreweave/nvidia%20hgx%20h100/europe/spot":                  {"the last amount of a European row is spot, not inference", "19.51 USD INSTANCE PT1H", "2.43875", "8"},
		"coreweave/nvidia%20gb200%20nvl72/europe/on-demand":          {"4^1 is four cards and a footnote", "42.00 USD INSTANCE PT1H", "10.5", "4"},
		"coreweave/nvidia%20gb200%20nvl72/north%20america/on-demand": {"not the inference price of 10.50", "42.00 USD INSTANCE PT1H", "10.5", "4"},
		"coreweave/nvidia%20gh200/north%20america/on-demand":         {"one card", "6.50 USD INSTANCE PT1H", "6.5", "1"},
		"coreweave/nvidia%20hgx%20b300/north%20america/spot":         {"offered as spot only", "35.84 USD INSTANCE PT1H", "4.48", "8"},
		"coreweave/nvidia%20a100/europe/spot":                        {"a name that leaves the form open is still an offer", "9.51 USD INSTANCE PT1H", "1.18875", "8"},
		"coreweave/nvidia%20l40/north%20america/on-demand":           {"not L40S", "10.00 USD INSTANCE PT1H", "1.25", "8"},
		"coreweave/nvidia%20l40s/north%20america/spot":               {"not L40", "7.88 USD INSTANCE PT1H", "0.985", "8"},
		"coreweave/nvidia%20hgx%20b200/europe/on-demand":             {"trailing zeros are kept", "68.80 USD INSTANCE PT1H", "8.6", "8"},
		"coreweave/nvidia%20hgx%20h200/north%20america/spot":         {"a row between two others", "20.93 USD INSTANCE PT1H", "2.61625", "8"},
		"coreweave/nvidia%20hgx%20h200/europe/on-demand":             {"the same in the other table", "50.44 USD INSTANCE PT1H", "6.305", "8"},
	}, []string{"coreweave/nvidia%20gb300%20nvl72/europe/spot", "coreweave/nvidia%20gh200/europe/spot", "coreweave/nvidia%20hgx%20b300/europe/on-demand"}},
	"ctyun": {134, map[string]wanted{
		"ctyun/g7.2xlarge.4/-/on-demand":     {"a quarter of a card: times four", "4.24 CNY INSTANCE PT1H", "16.96", "1/4"},
		"ctyun/g7.2xlarge.4/-/reserved-1":    {"a quarter of a card for a month: times four, by 720", "2033.34 CNY INSTANCE P30D", "11.296333", "1/4"},
		"ctyun/g5.2xlarge.2/-/on-demand":     {"a sixteenth", "2.74 CNY INSTANCE PT1H", "43.84", "1/16"},
		"ctyun/g6.xlarge.4/-/on-demand":      {"three decimals", "2.445 CNY INSTANCE PT1H", "9.78", "1/4"},
		"ctyun/p8av.27xlarge.8/-/on-demand":  {"eight cards", "250.13 CNY INSTANCE PT1H", "31.26625", "8"},
		"ctyun/pn8r.12xlarge.4/-/reserved-1": {"three cards that the page does not name", "12633 CNY INSTANCE P30D", "5.848611", "3"},
		"ctyun/pak3.4xlarge.8/-/reserved-1":  {"a domestic card", "18454 CNY INSTANCE P30D", "25.630556", "1"},
	}, nil},
	"gitee-ai": {2, map[string]wanted{
		"gitee-ai/%E6%91%A9%E5%B0%94%E7%BA%BF%E7%A8%8B%20mtt%20s4000%20handmade-node-0001/-/on-demand": {
			"the price of a machine of eight, though the site shows it divided", "16.0 CNY INSTANCE PT1H", "2", "8"},
		"gitee-ai/ascend%20910b2c%20handmade-node-0002/-/on-demand": {"a machine of sixteen", "64.0 CNY INSTANCE PT1H", "4", "16"},
	}, nil},
	"hyperstack": {13, map[string]wanted{
		"hyperstack/nvidia%20h200%20sxm%20141%20gb/-/on-demand":   {"not the reservation's 2.79", "3.99 USD GPU PT1H", "3.99", "1"},
		"hyperstack/nvidia%20h100%20sxm%2080%20gb/-/on-demand":    {"three H100 that are not one", "3.20 USD GPU PT1H", "3.2", "1"},
		"hyperstack/nvidia%20h100%20nvlink%2080%20gb/-/on-demand": {"three H100 that are not one", "2.60 USD GPU PT1H", "2.6", "1"},
		"hyperstack/nvidia%20h100%2080%20gb/-/on-demand":          {"three H100 that are not one", "2.50 USD GPU PT1H", "2.5", "1"},
		"hyperstack/nvidia%20a100%2080%20gb/-/on-demand":          {"a space that is none before the amount", "1.35 USD GPU PT1H", "1.35", "1"},
		"hyperstack/nvidia%20b300%20288%20gb/-/on-demand":         {"the last row", "7.40 USD GPU PT1H", "7.4", "1"},
	}, nil},
	"lambda": {22, map[string]wanted{
		"lambda/nvidia%20a100%20sxm%208x%2080%20gb/-/on-demand":          {"two A100 in one table, told apart by their memory", "2.79 USD GPU PT1H, tax EXCLUDED", "2.79", "8"},
		"lambda/nvidia%20a100%20sxm%208x%2040%20gb/-/on-demand":          {"two A100 in one table, told apart by their memory", "1.99 USD GPU PT1H, tax EXCLUDED", "1.99", "8"},
		"lambda/nvidia%20h100%20sxm%208x%2080%20gb/-/on-demand":          {"a card costs less in a larger machine", "3.99 USD GPU PT1H, tax EXCLUDED", "3.99", "8"},
		"lambda/nvidia%20h100%20sxm%204x%2080%20gb/-/on-demand":          {"four", "4.09 USD GPU PT1H, tax EXCLUDED", "4.09", "4"},
		"lambda/nvidia%20h100%20sxm%202x%2080%20gb/-/on-demand":          {"two", "4.19 USD GPU PT1H, tax EXCLUDED", "4.19", "2"},
		"lambda/nvidia%20h100%20sxm%201x%2080%20gb/-/on-demand":          {"one", "4.29 USD GPU PT1H, tax EXCLUDED", "4.29", "1"},
		"lambda/nvidia%20tesla%20v100%208x%2016%20gb/-/on-demand":        {"the price of a card in a machine of eight, not of the machine", "0.79 USD GPU PT1H, tax EXCLUDED", "0.79", "8"},
		"lambda/nvidia%20b200%20sxm6%201x%20180%20gb/-/on-demand":        {"not the committed cluster's 9.86", "6.99 USD GPU PT1H, tax EXCLUDED", "6.99", "1"},
		"lambda/nvidia%20quadro%20rtx%206000%201x%2024%20gb/-/on-demand": {"the last row", "0.69 USD GPU PT1H, tax EXCLUDED", "0.69", "1"},
	}, nil},
	"matpool": {1, map[string]wanted{
		"matpool/nvidia%20rtx%20a2000%20pool%20handmade/domain%200/on-demand": {
			"55000 thousandths of a 分, and not the 61000 before the discount", "0.55 CNY INSTANCE PT1H", "0.55", "1"},
	}, nil},
	"oci": {18, map[string]wanted{
		"oci/b98415/-/on-demand":  {"one of eight cards, though a machine has eight; a long name", "10 USD GPU PT1H", "10", "1"},
		"oci/b111758/-/on-demand": {"a name with other spaces than the rest", "8.6 USD GPU PT1H", "8.6", "1"},
		"oci/b109480/-/on-demand": {"a category of its own", "10.75 USD GPU PT1H", "10.75", "1"},
		"oci/b88518/-/on-demand":  {"a name that says no card is still an offer", "1.275 USD GPU PT1H", "1.275", "1"},
	}, []string{"oci/b111824/-/on-demand", "oci/b110965/-/on-demand", "oci/b108806/-/on-demand", "oci/b109493/-/on-demand"}},
	"omniyq": {9, map[string]wanted{
		"omniyq/910b%208%20cards/-/reserved-1":       {"a month of eight cards: by 720, by 8", "15000 CNY INSTANCE P30D", "2.604167", "8"},
		"omniyq/a100%2080g%208%20cards/-/reserved-1": {"a name with a space", "25000 CNY INSTANCE P30D", "4.340278", "8"},
		"omniyq/h100%208%20cards/-/reserved-1":       {"H100 and H800 on one line", "75000 CNY INSTANCE P30D", "13.020833", "8"},
		"omniyq/b300%208%20cards/-/reserved-1":       {"the last of the line", "280000 CNY INSTANCE P30D", "48.611111", "8"},
	}, nil},
	"runpod": {32, map[string]wanted{
		"runpod/nvidia%20h100%2080gb%20hbm3%20secure/-/on-demand":      {"the data centre's price", "3.29 USD GPU PT1H", "3.29", "1"},
		"runpod/nvidia%20h100%2080gb%20hbm3%20community/-/on-demand":   {"the community's price", "2.69 USD GPU PT1H", "2.69", "1"},
		"runpod/nvidia%20geforce%20rtx%204090%20community/-/spot":      {"spot", "0.34 USD GPU PT1H", "0.34", "1"},
		"runpod/nvidia%20a100-sxm4-40gb%20community/-/on-demand":       {"a whole number; zero in the data centre", "1 USD GPU PT1H", "1", "1"},
		"runpod/amd%20instinct%20mi300x%20oam%20community/-/on-demand": {"a fifth of the data centre's", "0.5 USD GPU PT1H", "0.5", "1"},
	}, []string{"runpod/nvidia%20a100-sxm4-40gb%20secure/-/on-demand", "runpod/nvidia%20geforce%20rtx%203070%20secure/-/spot"}},
	"scaleway": {10, map[string]wanted{
		"scaleway/h100-sxm-8-80g/fr-par-2/on-demand":  {"euros, for eight cards", "25.3308 EUR INSTANCE PT1H", "3.16635", "8"},
		"scaleway/b300-sxm-2-288g/fr-par-2/on-demand": {"the hour's price, not the month's", "18.96 EUR INSTANCE PT1H", "9.48", "2"},
		"scaleway/b300-sxm-8-288g/fr-par-2/on-demand": {"a card costs less in a larger machine", "60.0 EUR INSTANCE PT1H", "7.5", "8"},
		"scaleway/l4-8-24g/fr-par-2/on-demand":        {"eight small cards", "6.3 EUR INSTANCE PT1H", "0.7875", "8"},
	}, []string{"scaleway/basic2-a2c-4g/fr-par-2/on-demand"}},
	"verda": {6, map[string]wanted{
		"verda/2a6000.20v/-/on-demand":    {"the price of a machine of two", "1.98 USD INSTANCE PT1H", "0.99", "2"},
		"verda/2a6000.20v/-/spot":         {"spot of the same", "0.70 USD INSTANCE PT1H", "0.35", "2"},
		"verda/1h100.80s.30v/-/on-demand": {"one card", "3.95 USD INSTANCE PT1H", "3.95", "1"},
	}, []string{"verda/cpu.120v.480g/-/on-demand"}},
	"voltagepark": {2, map[string]wanted{
		"voltagepark/h100-sxm5-80gb%20ethernet/a3111bd4-550a-47d0-838a-0a52bff2ae3f/on-demand": {
			"a card in a machine of eight, on Ethernet", "1.99 USD GPU PT1H", "1.99", "8"},
		"voltagepark/h100-sxm5-80gb%20infiniband/a3111bd4-550a-47d0-838a-0a52bff2ae3f/on-demand": {
			"the other network", "2.49 USD GPU PT1H", "2.49", "8"},
	}, nil},
}

// TestCapturedOffers compares the recorded answers with what their rows print.
func TestCapturedOffers(t *testing.T) {
	for provider, want := range captured {
		t.Run(provider, func(t *testing.T) {
			checkAbsent(t, checkCaptured(t, provider, want.offers, want.wanted), want.absent...)
		})
	}
}

// checkCaptured compares the offers of a provider's recorded answer with what its rows print, by id, and returns them all.
func checkCaptured(t *testing.T, provider string, count int, rows map[string]wanted) map[string]market.Offer {
	t.Helper()
	offers := capturedOffers(t, provider)
	if len(offers) != count {
		t.Errorf("%d offers, want %d", len(offers), count)
	}
	for id, w := range rows {
		o, listed := offers[id]
		if !listed {
			t.Errorf("%s is missing: %s", id, w.reason)
			continue
		}
		if got := row(t, o); got.Listed != w.listed || got.PerGpuHour != w.perGpuHour || got.Cards != w.cards {
			t.Errorf("%s: %s for %s cards, %s a card-hour, want %s, %s, %s: %s", id, got.Listed, got.Cards, got.PerGpuHour,
				w.listed, w.cards, w.perGpuHour, w.reason)
		}
	}
	return offers
}

// checkAbsent names the offers that a recorded answer has no price for.
func checkAbsent(t *testing.T, offers map[string]market.Offer, ids ...string) {
	t.Helper()
	for _, id := range ids {
		if _, listed := offers[id]; listed {
			t.Errorf("%s is an offer, but the document has no such price", id)
		}
	}
}
