package alerts

import (
	"testing"
	"time"

	"gpuhour/market"
)

// TestStories are what people were told, and what they were not.
func TestStories(t *testing.T) {
	below2 := market.Rule{Condition: market.Below, Threshold: price("2"), Rearm: *price("2"), FireOnCreate: true}
	with := func(r market.Rule, change func(*market.Rule)) market.Rule { change(&r); return r }
	each := with(below2, func(r *market.Rule) { r.Subject = market.EachOffer })
	above2 := with(below2, func(r *market.Rule) { r.Condition = market.Above })
	drops := market.Rule{Condition: market.Drops, Percent: price("10"), Window: 24 * time.Hour, Rearm: *price("2"), FireOnCreate: true}
	rises := with(drops, func(r *market.Rule) { r.Condition = market.Rises })
	low := with(drops, func(r *market.Rule) { r.Condition, r.Percent = market.NewLow, nil })
	inStock := market.Rule{Condition: market.InStock, FireOnCreate: true}
	outOfStock := market.Rule{Condition: market.OutOfStock, FireOnCreate: true}
	median := func(r market.Rule) market.Rule { r.Subject = market.OfIndex; return r }
	for name, s := range map[string]story{
		"fires, goes further, resolves": {"a lower low is news of its own, and the end is always told", below2,
			[]string{"mo 10:00 alpha x=2.5", "mo 11:00 alpha x=2", "mo 12:00 alpha x=1.9", "mo 13:00 alpha x=1.9", "mo 14:00 alpha x=1.95", "mo 15:00 alpha x=2.5"},
			[]string{"mo 11:00 FIRED alpha/x 2 was 2.5", "mo 12:00 FURTHER alpha/x 1.9 was 2", "mo 15:00 RESOLVED alpha/x 2.5 was 1.9"}},
		"re-arms": {"a price that trembles about the threshold fires once: it must come back by two percent first", below2,
			[]string{"mo 10:00 alpha x=2", "mo 11:00 alpha x=2.03", "mo 12:00 alpha x=2", "mo 13:00 alpha x=2.04", "mo 14:00 alpha x=2"},
			[]string{"mo 10:00 FIRED alpha/x 2", "mo 13:00 RESOLVED alpha/x 2.04 was 2", "mo 14:00 FIRED alpha/x 2 was 2.04"}},
		"first evaluation fires": {"a condition that holds when the rule is made fires at once where that is wanted", below2,
			[]string{"mo 10:00 alpha x=1.9"}, []string{"mo 10:00 FIRED alpha/x 1.9"}},
		"first evaluation does not fire": {"it does not where it is not wanted, until it has been false, or has gone further",
			with(below2, func(r *market.Rule) { r.FireOnCreate = false }),
			[]string{"mo 10:00 alpha x=1.9", "mo 11:00 alpha x=1.9", "mo 12:00 alpha x=1.95", "mo 13:00 alpha x=1.8"}, []string{"mo 13:00 FIRED alpha/x 1.8 was 1.95"}},
		"first evaluation does not fire, and re-arms": {"after it has been false it fires as ever", with(below2, func(r *market.Rule) { r.FireOnCreate = false }),
			[]string{"mo 10:00 alpha x=1.9", "mo 11:00 alpha x=2.5", "mo 12:00 alpha x=1.95"}, []string{"mo 12:00 FIRED alpha/x 1.95 was 2.5"}},
		"must hold": {"a dip that is over before its time is no alert; one that lasts is, at the observation that shows it", with(below2, func(r *market.Rule) { r.For = 2 * time.Hour }),
			[]string{"mo 10:00 alpha x=1.9", "mo 11:00 alpha x=2.5", "mo 12:00 alpha x=1.9", "mo 13:00 alpha x=1.8", "mo 13:59 clock", "mo 14:00 alpha x=1.8"},
			[]string{"mo 14:00 FIRED alpha/x 1.8 was 1.9"}},
		"must hold, unobserved": {"nobody knows whether it held while the source failed", with(below2, func(r *market.Rule) { r.For = 2 * time.Hour }),
			[]string{"mo 10:00 alpha x=1.9", "mo 11:00 alpha fails", "mo 12:00 alpha x=1.9", "mo 13:00 alpha x=1.9", "mo 14:00 alpha x=1.9"},
			[]string{"mo 14:00 FIRED alpha/x 1.9"}},
		"one a day": {"an item that flaps in and out fires once in the cool-down, each firing has its end, and the last one is not lost", with(inStock, func(r *market.Rule) { r.Cooldown = 24 * time.Hour }),
			[]string{"mo 10:00 alpha x=2-", "mo 11:00 alpha x=2+", "mo 12:00 alpha x=2-", "mo 13:00 alpha x=2+", "mo 14:00 alpha x=2-", "mo 15:00 alpha x=2+", "tu 10:00 alpha x=2+", "tu 11:00 alpha x=2+", "tu 12:00 alpha x=2+"},
			[]string{"mo 11:00 FIRED alpha/x AVAILABLE", "mo 12:00 RESOLVED alpha/x SOLD_OUT", "mo 18:00:01 SOURCE_ERROR source alpha/main", "tu 11:00 FIRED alpha/x AVAILABLE"}},
		"further in the cool-down": {"further lows are quiet in the cool-down, and told after it", with(below2, func(r *market.Rule) { r.Cooldown = 2 * time.Hour }),
			[]string{"mo 10:00 alpha x=1.9", "mo 11:00 alpha x=1.8", "mo 12:00 alpha x=1.8"},
			[]string{"mo 10:00 FIRED alpha/x 1.9", "mo 12:00 FURTHER alpha/x 1.8 was 1.9"}},
		"a page breaks": {"a page that fails is no price; one failure is no news, two are", below2,
			[]string{"mo 10:00 alpha x=2.5", "mo 11:00 alpha fails", "mo 12:00 alpha fails", "mo 13:00 alpha fails", "mo 14:00 alpha x=2.5"},
			[]string{"mo 12:00 SOURCE_ERROR source alpha/main"}},
		"a page breaks while firing": {"what was said stays said until somebody knows better", below2,
			[]string{"mo 10:00 alpha x=1.9", "mo 11:00 alpha fails", "mo 12:00 alpha x=1.9", "mo 13:00 alpha held", "mo 14:00 alpha x=2.5"},
			[]string{"mo 10:00 FIRED alpha/x 1.9", "mo 14:00 RESOLVED alpha/x 2.5 was 1.9"}},
		"a source goes stale": {"silence is no price either, and is told by the clock", below2,
			[]string{"mo 10:00 alpha x=2.5", "mo 12:59 clock", "mo 13:05 clock", "mo 14:00 alpha x=1.9"},
			[]string{"mo 13:00:01 SOURCE_ERROR source alpha/main", "mo 14:00 FIRED alpha/x 1.9 was 2.5"}},
		"the cheapest source goes stale": {"what is left is dearer, and that is no rise", rises,
			[]string{"mo 10:00 alpha x=2", "mo 10:00 beta y=2.5", "mo 11:00 alpha fails", "mo 11:00 beta y=2.5", "mo 12:00 alpha x=2", "mo 12:00 beta y=2.5"}, nil},
		"the cheapest source goes stale, another is below": {"an offer that is surely below fires whatever the dead source asks", below2,
			[]string{"mo 10:00 alpha x=2.1", "mo 10:00 beta y=2.5", "mo 11:00 alpha fails", "mo 11:00 beta y=1.9"}, []string{"mo 11:00 FIRED beta/y 1.9 was 2.1"}},
		"the cheapest offer vanishes": {"what is left is dearer, and that is no rise, now and later", rises,
			[]string{"mo 10:00 alpha x=2 y=2.5", "mo 11:00 alpha y=2.5", "mo 12:00 alpha y=2.6"}, nil},
		"the cheapest offer vanishes over a threshold": {"nobody raised a price; who raises one then is told of", above2,
			[]string{"mo 10:00 alpha x=1.9 y=2.5", "mo 11:00 alpha y=2.5", "mo 12:00 alpha y=2.5", "mo 13:00 alpha y=2.6"}, []string{"mo 13:00 FIRED alpha/y 2.6 was 2.5"}},
		"the cheapest offer vanishes and comes back": {"a row that a page drops for a while is no drop of the price", drops,
			[]string{"mo 10:00 alpha x=2 y=2.5", "mo 11:00 alpha y=2.5", "mo 12:00 alpha x=2 y=2.5", "mo 13:00 alpha x=1.8 y=2.5"}, []string{"mo 13:00 FIRED alpha/x 1.8 was 2"}},
		"an expensive offer vanishes": {"the median of the rest is lower, and that is no drop", median(drops),
			[]string{"mo 10:00 alpha x=2 y=2.5 z=3", "mo 11:00 alpha x=2 y=2.5", "mo 12:00 alpha x=2 y=2.5", "mo 13:00 alpha x=1.7 y=2.5"}, []string{"mo 13:00 FIRED H100 NEOCLOUD ON_DEMAND 1.7 was 2"}},
		"everything vanishes": {"nothing is not a price of zero", below2,
			[]string{"mo 10:00 alpha x=1.9", "mo 11:00 alpha nothing", "mo 12:00 alpha nothing", "mo 13:00 alpha x=1.9"},
			[]string{"mo 10:00 FIRED alpha/x 1.9", "mo 11:00 NO_DATA H100 NEOCLOUD ON_DEMAND was 1.9 because nothing that matches is listed any more", "mo 13:00 FIRED alpha/x 1.9"}},
		"an offer vanishes": {"of each offer, who was told of it hears that it is gone; then the rule has nothing left", each,
			[]string{"mo 10:00 alpha x=1.9 y=3", "mo 11:00 alpha y=3", "mo 12:00 alpha nothing"},
			[]string{"mo 10:00 FIRED alpha/x 1.9", "mo 11:00 NO_DATA alpha/x/-/on-demand was 1.9 because nothing that matches is listed any more", "mo 12:00 NO_DATA * because nothing that matches is listed any more"}},
		"a rate is missing": {"a price that cannot be converted is none", below2,
			[]string{"mo 10:00 alpha x=¥1", "mo 11:00 rates 7.2", "mo 12:00 alpha x=¥0.9"}, []string{"mo 11:00 FIRED alpha/x 0.138889", "mo 12:00 FURTHER alpha/x 0.125 was 0.138889"}},
		"a rate moves": {"a price in yuan moves with the rate, and is judged in the rule's currency", with(below2, func(r *market.Rule) { r.Currency = market.CNY; r.Threshold = price("14") }),
			[]string{"mo 10:00 rates 7.2", "mo 10:00 alpha x=2", "mo 11:00 rates 7", "mo 11:30 rates 7.5"},
			[]string{"mo 11:00 FIRED alpha/x 14 was 14.4", "mo 11:30 RESOLVED alpha/x 15 was 14"}},
		"drops within the window": {"ten percent below the highest of a day, told once, and over when the high is older", drops,
			[]string{"mo 10:00 alpha x=3", "mo 11:00 alpha x=2.8", "mo 12:00 alpha x=2.7", "mo 13:00 alpha x=2.7"}, []string{"mo 12:00 FIRED alpha/x 2.7 was 3"}},
		"rises within the window": {"ten percent above the lowest", rises,
			[]string{"mo 10:00 alpha x=2", "mo 11:00 alpha x=1.9", "mo 12:00 alpha x=2.09"}, []string{"mo 12:00 FIRED alpha/x 2.09 was 1.9"}},
		"a new low": {"lower than all before; lower again is further; dearer by two percent than the old low ends it", low,
			[]string{"mo 10:00 alpha x=2", "mo 11:00 alpha x=1.9", "mo 12:00 alpha x=1.95", "mo 13:00 alpha x=1.8", "mo 14:00 alpha x=2.04"},
			[]string{"mo 11:00 FIRED alpha/x 1.9 was 2", "mo 13:00 FURTHER alpha/x 1.8 was 1.9", "mo 14:00 RESOLVED alpha/x 2.04 was 1.8"}},
		"below the index": {"compared with the median of its own kind, never with another", market.Rule{Condition: market.BelowIndex, Percent: price("20"), FireOnCreate: true},
			[]string{"mo 10:00 gamma g=0.5", "mo 10:00 alpha x=2 y=2.5 z=3", "mo 11:00 gamma g=0.5", "mo 11:00 alpha x=2.1 y=2.5 z=3"},
			[]string{"mo 10:00 FIRED alpha/x 2", "mo 11:00 RESOLVED alpha/x 2.1 was 2"}},
		"the index's other sources": {"the index is everybody's: who is not asked for, fails and comes back decides when it is known again",
			market.Rule{Filter: market.Filter{Providers: []string{"alpha"}}, Condition: market.BelowIndex, Percent: price("20"), FireOnCreate: true},
			[]string{"mo 10:00 beta y=2.6 z=2.7", "mo 10:05 alpha x=2.3", "mo 11:00 beta fails", "mo 11:05 alpha x=2", "mo 12:00 beta y=2.6 z=2.7"}, []string{"mo 12:00 FIRED alpha/x 2 was 2.3"}},
		"the index of a variant": {"a card is compared with all variants of its model, live and in a backtest",
			market.Rule{Filter: market.Filter{Gpus: []string{"nvidia/h100-sxm-80gb"}}, Condition: market.BelowIndex, Percent: price("20"), FireOnCreate: true},
			[]string{"mo 10:00 alpha x=2 pcie1=2.6 pcie2=2.7"}, []string{"mo 10:00 FIRED alpha/x 2"}},
		"above the index": {"the dearest offers of their kind", market.Rule{Subject: market.EachOffer, Condition: market.AboveIndex, Percent: price("20"), FireOnCreate: true},
			[]string{"mo 10:00 alpha x=2 y=2.5 z=3.1"}, []string{"mo 10:00 FIRED alpha/z 3.1"}},
		"kinds and terms are judged apart": {"a marketplace's price and a spot price say nothing of a neocloud's on demand", below2,
			[]string{"mo 10:00 alpha x=3 x.spot=1.5", "mo 10:01 gamma g=1.2"}, []string{"mo 10:00 FIRED alpha/x.spot 1.5", "mo 10:01 FIRED gamma/g 1.2"}},
		"comes into stock": {"any of them will do", inStock,
			[]string{"mo 10:00 alpha x=2- y=3-", "mo 11:00 alpha x=2- y=3~"}, []string{"mo 11:00 FIRED alpha/y LIMITED"}},
		"stock that nobody tells": {"being listed is not being in stock", inStock, []string{"mo 10:00 alpha x=2", "mo 11:00 alpha x=2"}, nil},
		"goes out of stock, is withdrawn": {"both are the end of it", with(outOfStock, func(r *market.Rule) { r.Subject = market.EachOffer }),
			[]string{"mo 10:00 alpha x=2+ y=3+", "mo 11:00 alpha x=2- y=3+", "mo 12:00 alpha x=2+"},
			[]string{"mo 11:00 FIRED alpha/x SOLD_OUT", "mo 12:00 RESOLVED alpha/x AVAILABLE", "mo 12:00 FIRED alpha/y/-/on-demand "}},
		"stock of a source that fails": {"what was in stock an hour ago is not judged", outOfStock,
			[]string{"mo 10:00 alpha x=2+", "mo 10:00 beta y=2-", "mo 11:00 alpha fails", "mo 11:00 beta y=2-"}, nil},
	} {
		t.Run(name, s.check)
	}
}
