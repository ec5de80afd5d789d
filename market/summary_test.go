package market

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the golden files; read them before committing")

// eventOf is an event of one condition and kind, as the engine makes them.
func eventOf(condition AlertCondition, kind AlertEventKind, subject AlertSubject) Event {
	at := func(text string) *Decimal { d := mustAmount(text); return &d }
	e := Event{
		Sequence: 7, Number: 1, RuleID: RuleID(3), RuleName: "cheap H100", RuleVersion: 1, Kind: kind, Subject: subject, Condition: condition, Currency: USD,
		ObservedAt: time.Date(2026, 11, 24, 2, 10, 43, 0, time.UTC), At: time.Date(2026, 11, 24, 2, 11, 0, 0, time.UTC),
		Value: at("2.390"), Previous: at("2.71"), Threshold: at("2.50"), Percent: at("10.0"), Window: 24 * time.Hour, Offers: 12,
	}
	if subject != OfIndex {
		e.Offer = &Offer{ID: "coreweave/h100/europe/on-demand", Provider: "coreweave", SKU: "NVIDIA HGX H100", GpuName: "NVIDIA H100 80GB", GpuModel: "H100", GpuCount: Cards(8),
			Region: "EUROPE", Market: OnDemand}
	}
	switch condition {
	case InStock, OutOfStock:
		e.Threshold, e.Percent, e.Window, e.Previous, e.Stock = nil, nil, 0, nil, Available
		if (condition == OutOfStock) != (kind == Resolved) {
			e.Stock = SoldOut
		}
	case NewLow:
		e.Threshold, e.Percent, e.Window = nil, nil, 30*24*time.Hour
	case Below, Above:
		e.Percent, e.Window = nil, 0
	}
	if rising := condition == Above || condition == Rises || condition == AboveIndex; e.Previous != nil && rising != (kind == Resolved) {
		e.Value, e.Previous = e.Previous, e.Value
	}
	switch kind {
	case NoData, SourceError:
		e.Offer, e.Value, e.Previous, e.Offers = nil, nil, nil, 0
		e.Reason = "coreweave was last read at 2026-11-23 20:10 UTC."
	}
	return e
}

var (
	conditions = []AlertCondition{Below, Above, Drops, Rises, NewLow, InStock, OutOfStock, BelowIndex, AboveIndex}
	eventKinds = []AlertEventKind{Fired, Further, Resolved, NoData, SourceError, TestEvent}
)

// subjectsOf are the subjects that make a difference to a sentence.
func subjectsOf(condition AlertCondition, kind AlertEventKind) []AlertSubject {
	switch {
	case kind != Fired:
		return []AlertSubject{Cheapest}
	case condition == InStock, condition == OutOfStock:
		return []AlertSubject{EachOffer}
	}
	return []AlertSubject{EachOffer, Cheapest, OfIndex}
}

// TestSummaries compares every sentence with those that were read and found fit for a broker.
func TestSummaries(t *testing.T) {
	const golden = "testdata/summaries.txt"
	var b strings.Builder
	for _, condition := range conditions {
		for _, kind := range eventKinds {
			if (kind == NoData || kind == SourceError) && condition != Below {
				continue // they speak of no condition
			}
			if kind == Further && (condition == InStock || condition == OutOfStock) {
				continue // a stock goes no further
			}
			for _, subject := range subjectsOf(condition, kind) {
				e := eventOf(condition, kind, subject)
				fmt.Fprintf(&b, "%s %s %s\n  %s\n  %s\n", condition, kind, subject, e.Summary("en"), e.Summary("zh"))
			}
		}
	}
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Split(b.String(), "\n")
	for i, line := range strings.Split(string(want), "\n") {
		if i >= len(got) || got[i] != line {
			t.Fatalf("%s:%d\nwant %s\ngot  %s", golden, i+1, line, got[min(i, len(got)-1)])
		}
	}
}

func TestSummariesOfOddEvents(t *testing.T) {
	tests := []struct {
		why    string
		change func(*Event)
		en, zh string
	}{
		{"a slice of a card, reserved, in a place that is not said", func(e *Event) {
			e.Offer.GpuCount, e.Offer.Market, e.Offer.CommitmentMonths, e.Offer.Region = Count{1, 6}, Reserved, 12, ""
			e.Offers = 1
		}, "coreweave NVIDIA HGX H100 (1/6 × H100), reserved 12 months: 2.39 USD per card-hour, at or below 2.5, before 2.71, the only offer, seen 2026-11-24 02:10 UTC.",
			"coreweave NVIDIA HGX H100（1/6 × H100），包期 12 个月：每卡时 2.39 USD，不高于 2.5，此前 2.71，唯一报价，读取于 2026-11-24 02:10 UTC。"},
		{"a card whose model is not certain has the name that its provider prints; the market is not known", func(e *Event) {
			e.Offer.GpuModel, e.Offer.Market, e.Previous = "", MarketUnknown, nil
		}, "coreweave NVIDIA HGX H100 (8 × NVIDIA H100 80GB), EUROPE: 2.39 USD per card-hour, at or below 2.5, the cheapest of 12 offers, seen 2026-11-24 02:10 UTC.",
			"coreweave NVIDIA HGX H100（8 × NVIDIA H100 80GB），EUROPE：每卡时 2.39 USD，不高于 2.5，12 个报价中最低，读取于 2026-11-24 02:10 UTC。"},
		{"sample data says so", func(e *Event) { e.Offer.Sample, e.Offers, e.Previous = true, 0, nil },
			"coreweave NVIDIA HGX H100 (8 × H100), EUROPE, on demand: 2.39 USD per card-hour, at or below 2.5, sample data and nobody’s price, seen 2026-11-24 02:10 UTC.",
			"coreweave NVIDIA HGX H100（8 × H100），EUROPE，按需：每卡时 2.39 USD，不高于 2.5，示例数据，并非真实报价，读取于 2026-11-24 02:10 UTC。"},
		{"an offer that is no more has its id only", func(e *Event) {
			*e = Event{Kind: Fired, Subject: EachOffer, Condition: OutOfStock, About: "coreweave/h100/europe/on-demand", RuleName: "x", ObservedAt: e.ObservedAt}
		}, "coreweave/h100/europe/on-demand: out of stock or withdrawn, seen 2026-11-24 02:10 UTC.", "coreweave/h100/europe/on-demand：缺货或已下架，读取于 2026-11-24 02:10 UTC。"},
		{"resolved for another reason than a price", func(e *Event) {
			*e = Event{Kind: Resolved, Subject: Cheapest, Condition: Below, RuleName: "x", Threshold: e.Threshold, Reason: "the offer no longer matches the filter."}
		}, "Rule “x”: no longer at or below 2.5, because the offer no longer matches the filter.", "规则“x”：已回升，不再满足“不高于 2.5”，原因：the offer no longer matches the filter。"},
		{"a fall that was not from the previous value states what was asked for", func(e *Event) {
			e.Condition, e.Window, e.Offers = Drops, 90*time.Minute, 0
			nearby, percent := mustAmount("2.40"), mustAmount("10")
			e.Previous, e.Percent = &nearby, &percent
		}, "coreweave NVIDIA HGX H100 (8 × H100), EUROPE, on demand: 2.39 USD per card-hour, down at least 10 % within 90 minutes, before 2.4, seen 2026-11-24 02:10 UTC.",
			"coreweave NVIDIA HGX H100（8 × H100），EUROPE，按需：每卡时 2.39 USD，90 分钟内下跌至少 10%，此前 2.4，读取于 2026-11-24 02:10 UTC。"},
		{"a test without a sample", func(e *Event) { *e = Event{Kind: TestEvent, RuleName: "x"} },
			"This is a test of rule “x”; nothing has happened.", "这是规则“x”的测试，实际并未触发。"},
	}
	for _, test := range tests {
		e := eventOf(Below, Fired, Cheapest)
		test.change(&e)
		if got := e.Summary(""); got != test.en {
			t.Errorf("%s:\ngot  %s\nwant %s", test.why, got, test.en)
		}
		if got := e.Summary("zh-CN"); got != test.zh {
			t.Errorf("%s:\ngot  %s\nwant %s", test.why, got, test.zh)
		}
	}
}
