package market

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/govalues/decimal"
)

const ownH100 = "nvidia/h100-sxm-80gb"

func dollars(amount string) Money { return Money{decimal.MustParse(amount), USD} }

func TestOwnOffers(t *testing.T) {
	prices := map[string]Money{ownH100: dollars("2.3900"), "nvidia/h200-sxm-141gb": {decimal.MustParse("20"), CNY}}
	card := func(c Capacity) Capacity {
		c.GpuID, c.GpuName = ownH100, "NVIDIA H100 80GB HBM3"
		return c
	}
	cases := map[string]struct {
		reason     string
		capacities []Capacity
		want       []string
	}{
		"some idle": {"what is idle is offered, whatever is unknown beside it", []Capacity{card(Capacity{Total: 8, Idle: 3, Busy: 4, Unknown: 1})},
			[]string{"own-fleet/nvidia%2Fh100-sxm-80gb/-/on-demand 2.3900 USD AVAILABLE 3"}},
		"all busy": {"nothing is free, and we know it", []Capacity{card(Capacity{Total: 8, Busy: 6, Reserved: 1, Degraded: 1})},
			[]string{"own-fleet/nvidia%2Fh100-sxm-80gb/-/on-demand 2.3900 USD SOLD_OUT 0"}},
		"silence": {"of silent hosts we know neither that cards are free nor that none is", []Capacity{card(Capacity{Total: 8, Busy: 4, Unknown: 4})},
			[]string{"own-fleet/nvidia%2Fh100-sxm-80gb/-/on-demand 2.3900 USD UNKNOWN -"}},
		"two names": {"a driver may write one card in two ways: it is one offer", []Capacity{card(Capacity{Total: 2, Idle: 1}), {GpuID: ownH100, GpuName: "H100", Total: 1, Idle: 1}},
			[]string{"own-fleet/nvidia%2Fh100-sxm-80gb/-/on-demand 2.3900 USD AVAILABLE 2"}},
		"no price": {"what has no price is not on offer", []Capacity{{GpuID: "nvidia/l40s-48gb", GpuName: "NVIDIA L40S", Total: 1, Idle: 1}}, nil},
		"no name":  {"a name that does not say which card is offered as none", []Capacity{{GpuName: "NVIDIA Graphics Device", Total: 1, Idle: 1}}, nil},
		"no cards": {"a price without cards is no offer", nil, nil},
		"by id": {"in order", []Capacity{{GpuID: "nvidia/h200-sxm-141gb", Total: 1, Idle: 1}, card(Capacity{Idle: 8})},
			[]string{"own-fleet/nvidia%2Fh100-sxm-80gb/-/on-demand 2.3900 USD AVAILABLE 8", "own-fleet/nvidia%2Fh200-sxm-141gb/-/on-demand 20 CNY AVAILABLE 1"}},
	}
	for name, c := range cases {
		offers, err := OwnOffers(c.capacities, prices)
		var got []string
		for _, o := range offers {
			got = append(got, strings.Join([]string{o.ID, o.Listed.Amount.String(), string(o.Listed.Currency), string(o.Stock), or(show(o.GpusAvailable), "-")}, " "))
		}
		if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
			t.Errorf("%s: %s: %v (-want +got)\n%s", name, c.reason, err, diff)
		}
	}
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// TestOwnOfferIsAnOffer holds that it is what it is of others: of one card, an hour, under the catalogue's entry.
func TestOwnOfferIsAnOffer(t *testing.T) {
	for _, gpu := range Gpus() {
		o, err := OwnOffer(Capacity{GpuID: gpu.ID, GpuName: "as the driver writes it", Idle: 2, Sample: true}, dollars("0.5"))
		if err != nil || o.GpuID != gpu.ID || o.GpuModel != gpu.Model || o.SKU != gpu.ID || o.GpuName != "as the driver writes it" || o.Kind != OwnFleet || o.Provider != OwnProvider || !o.Sample {
			t.Fatalf("%s: %+v %v", gpu.ID, o, err)
		}
		if o.GpuCount != Cards(1) || o.Market != OnDemand || o.Region != "" || o.Price.String() != "0.5" || ProviderOfOffer(o.ID) != OwnProvider {
			t.Fatalf("%s: %+v", gpu.ID, o)
		}
	}
	for reason, money := range map[string]Money{"nothing is free of charge": dollars("0"), "nobody is paid for it": dollars("-1"), "ten decimals are not kept": dollars("1.0000000001"),
		"a currency has a code": {decimal.MustParse("1"), "dollars"}} {
		if o, err := OwnOffer(Capacity{GpuID: ownH100, Idle: 1}, money); err == nil {
			t.Errorf("%s: %+v", reason, o)
		}
		if _, err := OwnOffers([]Capacity{{GpuID: ownH100, Idle: 1}}, map[string]Money{ownH100: money}); err == nil {
			t.Errorf("%s, in a list", reason)
		}
	}
	if _, err := OwnOffer(Capacity{GpuID: "nvidia/h100", Idle: 1}, dollars("1")); err == nil {
		t.Error("a model is no entry of the catalogue")
	}
}

// TestSimulatedCapacityIsSaid holds that cards of machines that do not exist are told from real ones wherever they are counted.
func TestSimulatedCapacityIsSaid(t *testing.T) {
	host := Host{ID: "a", ReceivedAt: fleetNoon, Report: Report{Host: "a", Simulated: true}, Cards: []Card{{UUID: "GPU-1", State: GpuIdle, GpuID: ownH100}}}
	host.Report.Cards = []ReportedCard{{UUID: "GPU-1"}}
	for _, simulated := range []bool{true, false} {
		host.Report.Simulated = simulated
		if got := Capacities([]Host{host}, fleetNoon); len(got) != 1 || got[0].Sample != simulated {
			t.Errorf("simulated %v: %+v", simulated, got)
		}
	}
}
