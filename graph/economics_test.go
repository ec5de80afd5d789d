package graph_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"gpuhour/market"
)

func TestEconomics(t *testing.T) {
	w := newWorld(t)
	w.expect("every assumption beside the answer; what is left out is the reference price and the contract's defaults",
		`{ economics(input: {gpu: "A800", currency: "CNY", capexPerGpu: "100000", opexPerGpuHour: "0.80"}) { gpu currency pricePerGpuHour utilization at
			reference { at offers providers coverage methodology fx { rate source } } capexPerGpu opexPerGpuHour depreciationYears basis pflopsPerGpu
			revenuePerGpuMonth revenuePerGpuYear revenuePerPflopsYear grossMargin paybackYears breakEvenUtilization } }`,
		`{"economics": {"gpu": "A800", "currency": "CNY", "pricePerGpuHour": "4.99", "utilization": 0.75, "at": "2026-11-20T12:00:00.000Z",
		"reference": {"at": "2026-11-20T00:00:00.000Z", "offers": 1, "providers": 1, "coverage": 1, "methodology": "v1", "fx": {"rate": "7.2", "source": "CFETS"}},
		"capexPerGpu": "100000", "opexPerGpuHour": "0.80", "depreciationYears": 5, "basis": "FP16_DENSE", "pflopsPerGpu": "0.312",
		"revenuePerGpuMonth": "2694.6", "revenuePerGpuYear": "32784.3", "revenuePerPflopsYear": "105077.884615",
		"grossMargin": 0.17619104266371402, "paybackYears": 3.8795327490757012, "breakEvenUtilization": 0.6178567180022144}}`)
	w.expect("a price of one's own needs no history and no rate, and nulls ask for the defaults",
		`{ economics(input: {gpu: "nvidia/h100-sxm-80gb", pricePerGpuHour: 2, currency: null, utilization: null, basis: null, depreciationYears: null, at: null, capexPerGpu: 0, opexPerGpuHour: 0}) {
			currency reference { at } utilization basis depreciationYears grossMargin paybackYears } }`,
		`{"economics": {"currency": "USD", "reference": null, "utilization": 0.75, "basis": "FP16_DENSE", "depreciationYears": 5, "grossMargin": 1, "paybackYears": 0}}`)
	w.expect("the other currency and the other basis, in the same question",
		`{ economics(input: {gpu: "A800", utilization: 1, basis: FP16_SPARSE, capexPerGpu: 0, opexPerGpuHour: 1}) { pricePerGpuHour reference { fx { rate } } pflopsPerGpu revenuePerPflopsYear grossMargin paybackYears } }`,
		`{"economics": {"pricePerGpuHour": "0.693056", "reference": {"fx": null}, "pflopsPerGpu": "0.624", "revenuePerPflopsYear": "9729.44", "grossMargin": -0.4428848462461908, "paybackYears": null}}`)
	w.expect("what the catalogue does not know is null, and so is the margin of nothing",
		`{ economics(input: {gpu: "P40", pricePerGpuHour: 0, capexPerGpu: 1, opexPerGpuHour: 0}) { pflopsPerGpu revenuePerPflopsYear revenuePerGpuYear grossMargin paybackYears breakEvenUtilization } }`,
		`{"economics": {"pflopsPerGpu": null, "revenuePerPflopsYear": null, "revenuePerGpuYear": "0", "grossMargin": null, "paybackYears": null, "breakEvenUtilization": null}}`)
}

// TestUtilizationIsMeasured holds that what our own cards did is taken where it is asked for, and said.
func TestUtilizationIsMeasured(t *testing.T) {
	w := newWorld(t)
	w.fleet.points[a800] = []market.CapacityPoint{{At: noon.AddDate(0, 0, -31), Total: 8, Busy: 8}, {At: noon.Add(-4 * time.Hour), Total: 8, Unknown: 8}}
	w.fleet.points["nvidia/a800-pcie-80gb"] = []market.CapacityPoint{{At: noon.AddDate(0, 0, -10), Total: 1, Idle: 1}}
	const answer = `{ utilization measured { from to cardHours } revenuePerGpuMonth } }`
	w.expect("of all variants that were asked about, in the last thirty days, without what nobody knows", `{ economics(input: {gpu: "A800", pricePerGpuHour: 1, utilization: null, capexPerGpu: 1, opexPerGpuHour: 0}) `+answer,
		`{"economics": {"utilization": 0.959786, "measured": {"from": "2026-10-21T12:00:00.000Z", "to": "2026-11-20T12:00:00.000Z", "cardHours": 5968}, "revenuePerGpuMonth": "691.04592"}}`)
	w.expect("of one variant alone", `{ economics(input: {gpu: "nvidia/a800-pcie-80gb", pricePerGpuHour: 1, utilization: null, capexPerGpu: 1, opexPerGpuHour: 0}) { utilization measured { cardHours } grossMargin } }`,
		`{"economics": {"utilization": 0, "measured": {"cardHours": 240}, "grossMargin": null}}`)
	w.expect("before the moment asked about, and an earlier answer has the same share", `{ economics(input: {gpu: "nvidia/a800-pcie-80gb", pricePerGpuHour: 1, utilization: null, capexPerGpu: 1, opexPerGpuHour: 0,
		at: "2026-11-11T12:00:00Z"}) { measured { to cardHours } before(days: 5) { utilization measured { cardHours } } } }`,
		`{"economics": {"measured": {"to": "2026-11-11T12:00:00.000Z", "cardHours": 24}, "before": {"utilization": 0, "measured": {"cardHours": 24}}}}`)
	w.expect("one that is named, or left out, is no measurement, and nor is one of cards that were never seen", `{ named: economics(input: {gpu: "A800", pricePerGpuHour: 1, utilization: 1, capexPerGpu: 1, opexPerGpuHour: 0}) { utilization measured { to } }
		usual: economics(input: {gpu: "A800", pricePerGpuHour: 1, capexPerGpu: 1, opexPerGpuHour: 0}) { utilization measured { to } }
		unseen: economics(input: {gpu: "nvidia/a800-pcie-40gb", pricePerGpuHour: 1, utilization: null, capexPerGpu: 1, opexPerGpuHour: 0}) { utilization measured { to } } }`,
		`{"named": {"utilization": 1, "measured": null}, "usual": {"utilization": 0.75, "measured": null}, "unseen": {"utilization": 0.75, "measured": null}}`)
	w.fleet.broken = true
	if a, _ := w.send(`{ economics(input: {gpu: "A800", pricePerGpuHour: 1, utilization: null, capexPerGpu: 1, opexPerGpuHour: 0}) { utilization } }`, nil); len(a.Errors) != 1 || a.Errors[0].Extensions.Code != "INTERNAL" {
		t.Errorf("what cannot be read is not taken for unmeasured: %+v", a)
	}
}

func TestSensitivityIsATable(t *testing.T) {
	got := ask[struct {
		Economics struct {
			Sensitivity []struct {
				PricePerGpuHour           string
				Utilization               float64
				GrossMargin, PaybackYears *float64
			}
		}
	}](newWorld(t), `{ economics(input: {gpu: "A100", pricePerGpuHour: "1.50", capexPerGpu: 10000, opexPerGpuHour: "0.40"}) { sensitivity { pricePerGpuHour utilization grossMargin paybackYears } } }`, nil)
	rows := got.Economics.Sensitivity
	if len(rows) != 20 || rows[0].PricePerGpuHour != "0.9" || rows[0].Utilization != 0.25 || rows[19].PricePerGpuHour != "2.1" || rows[19].Utilization != 1 {
		t.Fatalf("five prices times four utilisations: %+v", rows)
	}
	if rows[0].PaybackYears != nil || *rows[0].GrossMargin >= 0 || *rows[19].GrossMargin < 0.69 || *rows[19].PaybackYears > 0.68 {
		t.Errorf("a bad corner and a good one: %+v %+v", rows[0], rows[19])
	}
}

// TestEconomicsOverTime compares today with earlier days, in one question and in two.
func TestEconomicsOverTime(t *testing.T) {
	w := newWorld(t)
	w.expect("where history has it; where it has not, the comparison is null and the answer stands",
		`{ economics(input: {gpu: "A800", currency: "CNY", utilization: 1, capexPerGpu: 50000, opexPerGpuHour: 1}) { pricePerGpuHour
			month: before(days: 30) { at pricePerGpuHour reference { at fx { rate } } revenuePerGpuMonth before(days: 335) { at } } year: before(days: 365) { at } ages: before(days: 36500) { at } } }`,
		`{"economics": {"pricePerGpuHour": "4.99", "month": {"at": "2026-10-21T12:00:00.000Z", "pricePerGpuHour": "6", "reference": {"at": "2026-10-21T00:00:00.000Z", "fx": null},
		"revenuePerGpuMonth": "4320", "before": null}, "year": null, "ages": null}}`)
	w.expect("a moment asked for by itself has the same answer",
		`{ economics(input: {gpu: "A800", currency: "CNY", utilization: 1, capexPerGpu: 50000, opexPerGpuHour: 1, at: "2026-10-21T12:00:00Z"}) { at pricePerGpuHour revenuePerGpuMonth } }`,
		`{"economics": {"at": "2026-10-21T12:00:00.000Z", "pricePerGpuHour": "6", "revenuePerGpuMonth": "4320"}}`)
	w.expect("in a currency whose rate was not known then there is none",
		`{ economics(input: {gpu: "A800", capexPerGpu: 50000, opexPerGpuHour: 0}) { pricePerGpuHour before(days: 30) { at } } }`, `{"economics": {"pricePerGpuHour": "0.693056", "before": null}}`)
	w.expect("a price of one's own is the same at all times",
		`{ economics(input: {gpu: "A800", pricePerGpuHour: 1, capexPerGpu: 1, opexPerGpuHour: 0}) { before(days: 365) { at pricePerGpuHour } } }`,
		`{"economics": {"before": {"at": "2025-11-20T12:00:00.000Z", "pricePerGpuHour": "1"}}}`)
	if a, _ := w.send(`{ economics(input: {gpu: "A800", capexPerGpu: 1, opexPerGpuHour: 0, at: "2001-01-01T00:00:00Z"}) { at } }`, nil); len(a.Errors) != 1 || a.Errors[0].Extensions.Code != "INTERNAL" {
		t.Errorf("what cannot be read is an error of ours: %+v", a)
	}
}

func TestTrainingCost(t *testing.T) {
	w := newWorld(t)
	w.expect("GPT-3 at the cheapest offer, with everything that was assumed",
		`{ trainingCost(pflopsDays: 3640, gpu: "A100", currency: "CNY") { gpu { id } pflopsDays utilization basis pflopsPerGpu gpuHours gpusForOneDay gpusFor30Days cheapest { id } cost { amount currency } } }`,
		`{"trainingCost": {"gpu": {"id": "nvidia/a100-pcie-40gb"}, "pflopsDays": 3640, "utilization": 1, "basis": "FP16_DENSE", "pflopsPerGpu": "0.312", "gpuHours": "280000", "gpusForOneDay": 11667,
		"gpusFor30Days": 389, "cheapest": {"id": "alpha/a1.a100/eu-west/on-demand"}, "cost": {"amount": "2217600", "currency": "CNY"}}}`)
	w.expect("the filter decides what is looked at; nulls ask for the defaults",
		`{ spot: trainingCost(pflopsDays: 989, gpu: "nvidia/h100-sxm-80gb", utilization: null, basis: null, filter: null, currency: null) { gpuHours cheapest { id market } cost { amount currency } }
		   kept: trainingCost(pflopsDays: 989, gpu: "nvidia/h100-sxm-80gb", filter: {markets: [ON_DEMAND]}) { cheapest { id } cost { amount } }
		   half: trainingCost(pflopsDays: 989, gpu: "nvidia/h100-sxm-80gb", utilization: 0.5, basis: FP16_SPARSE, filter: {markets: [ON_DEMAND]}) { gpuHours cost { amount } } }`,
		`{"spot": {"gpuHours": "24000", "cheapest": {"id": "alpha/a8.h100/us-east-1/spot", "market": "SPOT"}, "cost": {"amount": "59100", "currency": "USD"}},
		"kept": {"cheapest": {"id": "alpha/a8.h100/us-east-1/on-demand"}, "cost": {"amount": "147720"}}, "half": {"gpuHours": "24000", "cost": {"amount": "147720"}}}`)
	w.expect("where nothing matches there is no cost, and where no rate is known there is none either",
		`{ nothing: trainingCost(pflopsDays: 1, gpu: "nvidia/h100-nvl-94gb") { gpusForOneDay cheapest { id } cost { amount } }
		   euro: trainingCost(pflopsDays: 1, gpu: "L40S", currency: "EUR") { cheapest { id } cost { amount } }
		   inEuro: trainingCost(pflopsDays: 1, gpu: "A100", currency: "EUR") { cheapest { id } cost { amount } } }`,
		`{"nothing": {"gpusForOneDay": 2, "cheapest": null, "cost": null}, "euro": {"cheapest": null, "cost": null},
		"inEuro": {"cheapest": {"id": "alpha/a1.a100/eu-west/on-demand"}, "cost": null}}`)
}

// TestAmbiguousGpusAreListed holds that a program can choose from the list.
func TestAmbiguousGpusAreListed(t *testing.T) {
	got, _ := newWorld(t).send(`{ economics(input: {gpu: "H200", capexPerGpu: 1, opexPerGpuHour: 0}) { at } }`, nil)
	want := []string{"nvidia/h200-nvl-141gb", "nvidia/h200-sxm-141gb"}
	if len(got.Errors) != 1 || !slices.Equal(got.Errors[0].Extensions.Gpus, want) || got.Errors[0].Extensions.Argument != "input.gpu" {
		t.Errorf("want %v: %+v", want, got.Errors)
	}
}

// TestEconomicsAreWeighed holds that what needs the past is as heavy as the past, and what does not is not.
func TestEconomicsAreWeighed(t *testing.T) {
	const question = `economics(input: {gpu: "A800", currency: "CNY", capexPerGpu: 1, opexPerGpuHour: 0`
	table := `}) { grossMargin sensitivity { pricePerGpuHour utilization grossMargin paybackYears } }`
	tests := map[string]struct {
		reason, query string
		refused       bool
	}{
		"a calculator": {"many prices of one's own", many(40, question+`, pricePerGpuHour: 1`+table), false},
		"some cards":   {"a dashboard's nine", many(9, question+table), false},
		"all cards":    {"the past once for each", many(11, question+table), true},
		"a chain":      {"each step back is the past once more", `{ ` + question + `}) { ` + strings.Repeat("before(days: 1) { ", 10) + "at" + strings.Repeat(" }", 10) + ` } }`, true},
		"training":     {"cards of all kinds", many(60, `trainingCost(pflopsDays: 1, gpu: "A100") { gpuHours cost { amount } cheapest { id } }`), false},
	}
	for name, tt := range tests {
		got, _ := newWorld(t).send(tt.query, nil)
		refused := len(got.Errors) == 1 && got.Errors[0].Extensions.Code == "COMPLEXITY_LIMIT_EXCEEDED"
		if refused != tt.refused || !refused && len(got.Errors) > 0 {
			t.Errorf("%s: %s: refused is %v: %+v", name, tt.reason, refused, got.Errors)
		}
	}
}
