package graph_test

import (
	"strings"
	"testing"
)

func TestErrorsNameTheArgumentAndWhatWasExpected(t *testing.T) {
	cases := map[string]struct {
		reason    string
		query     string
		variables map[string]any
		code      string
		message   string
	}{
		"unknown model":       {"a model nobody makes", `{ offers(filter: {gpus: ["Z9000"]}) { totalCount } }`, nil, "BAD_USER_INPUT", `filter.gpus: no GPU model is called "Z9000"`},
		"unknown id":          {"an id the catalogue has not", `{ offers(filter: {gpus: ["nvidia/z"]}) { totalCount } }`, nil, "BAD_USER_INPUT", `filter.gpus: "nvidia/z" is not in the catalogue`},
		"unknown provider":    {"a misspelt provider would match nothing", `{ offers(filter: {providers: ["alhpa"]}) { totalCount } }`, nil, "BAD_USER_INPUT", `filter.providers: there is no provider "alhpa"`},
		"an endless index":    {"a question is bounded", `{ index(gpu: "H100", from: "2000-01-01T00:00:00Z", step: "PT1M") { kind } }`, nil, "BAD_USER_INPUT", `step: `},
		"an index of prices":  {"what is filtered by price is no index", `{ index(gpu: "H100", from: "2026-11-01T00:00:00Z", filter: {maxPricePerGpuHour: "2"}) { kind } }`, nil, "BAD_USER_INPUT", `filter.maxPricePerGpuHour: an index is of all prices`},
		"an export of fresh":  {"an export leaves out nothing that is old", `{ exportCount(filter: {includeStale: false}) }`, nil, "BAD_USER_INPUT", `filter.includeStale: an export holds what was seen`},
		"a model of several":  {"a model whose variants differ is not chosen for you", `{ economics(input: {gpu: "H100", capexPerGpu: 1, opexPerGpuHour: 0}) { grossMargin } }`, nil, "AMBIGUOUS_GPU", `input.gpu: the variants of H100 differ in their FLOPS; name one of nvidia/h100-nvl-94gb, nvidia/h100-pcie-80gb, nvidia/h100-sxm-80gb`},
		"training on several": {"nor for a training run", `{ trainingCost(pflopsDays: 3640, gpu: "V100") { gpuHours } }`, nil, "AMBIGUOUS_GPU", `gpu: the variants of V100 differ in their FLOPS; name one of nvidia/v100-pcie-16gb`},
		"no history":          {"a price is never guessed", `{ economics(input: {gpu: "L40S", capexPerGpu: 1, opexPerGpuHour: 0}) { grossMargin } }`, nil, "BAD_USER_INPUT", `input.pricePerGpuHour: no neocloud's on-demand price of L40S is known in USD on 2026-11-20 (UTC); name one`},
		"before history":      {"nor one of a time that nobody remembers", `{ economics(input: {gpu: "A800", capexPerGpu: 1, opexPerGpuHour: 0, currency: "CNY", at: "1969-07-20T20:17:00Z"}) { grossMargin } }`, nil, "BAD_USER_INPUT", `input.pricePerGpuHour: no exchange rate from USD to CNY is known on 1969-07-20`},
		"no rate":             {"nor one in a currency that no rate is known of", `{ economics(input: {gpu: "A800", capexPerGpu: 1, opexPerGpuHour: 0, currency: "EUR"}) { grossMargin } }`, nil, "BAD_USER_INPUT", `input.pricePerGpuHour: no exchange rate from USD to EUR is known on 2026-11-20; name a price`},
		"economics to come":   {"nobody knows tomorrow's income", `{ economics(input: {gpu: "A800", capexPerGpu: 1, opexPerGpuHour: 0, pricePerGpuHour: 1, at: "2026-11-20T12:00:01Z"}) { grossMargin } }`, nil, "BAD_USER_INPUT", `input.at: expected a moment that has been`},
		"a full house":        {"no hour is paid twice", `{ economics(input: {gpu: "A800", capexPerGpu: 1, opexPerGpuHour: 0, utilization: 1.01}) { grossMargin } }`, nil, "BAD_USER_INPUT", `input.utilization: expected a share from 0 to 1`},
		"no number":           {"a share is a number", `query($u: Float) { economics(input: {gpu: "A800", capexPerGpu: 1, opexPerGpuHour: 0, utilization: $u}) { grossMargin } }`, map[string]any{"u": "NaN"}, "BAD_USER_INPUT", `input.utilization: expected a share from 0 to 1 of at most 19 decimals, got NaN`},
		"no life":             {"what is written off at once is no purchase", `{ economics(input: {gpu: "A800", capexPerGpu: 1, opexPerGpuHour: 0, depreciationYears: 0}) { grossMargin } }`, nil, "BAD_USER_INPUT", `input.depreciationYears: expected a number above zero`},
		"a gift":              {"a purchase is not paid for by the seller", `{ economics(input: {gpu: "A800", capexPerGpu: -1, opexPerGpuHour: 0, pricePerGpuHour: 1}) { grossMargin } }`, nil, "BAD_USER_INPUT", `input.capexPerGpu: expected an amount of zero or more`},
		"a long way back":     {"a comparison is bounded", `{ economics(input: {gpu: "A800", capexPerGpu: 1, opexPerGpuHour: 0, pricePerGpuHour: 1}) { before(days: 36501) { at } } }`, nil, "BAD_USER_INPUT", `days: expected 0 to 36500`},
		"a way ahead":         {"and goes back", `{ economics(input: {gpu: "A800", capexPerGpu: 1, opexPerGpuHour: 0, pricePerGpuHour: 1}) { before(days: -1) { at } } }`, nil, "BAD_USER_INPUT", `days: expected 0 to 36500`},
		"economics of nobody": {"a misspelt model is a mistake", `{ economics(input: {gpu: "A8000", capexPerGpu: 1, opexPerGpuHour: 0}) { grossMargin } }`, nil, "BAD_USER_INPUT", `input.gpu: no GPU model is called "A8000"`},
		"training, no FLOPS":  {"what a chip does not have is not counted", `{ trainingCost(pflopsDays: 3640, gpu: "nvidia/v100-sxm-32gb", basis: FP16_SPARSE) { gpuHours } }`, nil, "BAD_USER_INPUT", `gpu: the catalogue has no FP16_SPARSE figure of nvidia/v100-sxm-32gb`},
		"training nothing":    {"no run is no question", `{ trainingCost(pflopsDays: 0, gpu: "A100") { gpuHours } }`, nil, "BAD_USER_INPUT", `pflopsDays: expected a number above zero`},
		"training on nothing": {"never ends", `{ trainingCost(pflopsDays: 1, gpu: "A100", utilization: 0) { gpuHours } }`, nil, "BAD_USER_INPUT", `utilization: expected a share above zero`},
		"training for ever":   {"an answer is bounded", `{ trainingCost(pflopsDays: 1e12, gpu: "A100") { gpuHours } }`, nil, "BAD_USER_INPUT", `pflopsDays: so many that they take more than`},
		"training elsewhere":  {"the argument says which", `{ trainingCost(pflopsDays: 1, gpu: "A100", filter: {gpus: ["H100"]}) { gpuHours } }`, nil, "BAD_USER_INPUT", `filter.gpus: the argument gpu says which`},
		"training in Germany": {"a filter is read as everywhere", `{ trainingCost(pflopsDays: 1, gpu: "A100", filter: {countries: ["Germany"]}) { gpuHours } }`, nil, "BAD_USER_INPUT", `filter.countries: expected codes of two letters`},
		"the future":          {"nobody knows tomorrow's prices", `{ offers(asOf: "2026-11-20T12:00:01Z") { totalCount } }`, nil, "BAD_USER_INPUT", `asOf: expected a moment that has been`},
		"country":             {"a country is a code", `{ offers(filter: {countries: ["Germany"]}) { totalCount } }`, nil, "BAD_USER_INPUT", `filter.countries: expected codes of two letters`},
		"price":               {"a price is a decimal", `{ offers(filter: {maxPricePerGpuHour: "cheap"}) { totalCount } }`, nil, "BAD_USER_INPUT", `filter.maxPricePerGpuHour: expected a decimal number`},
		"price variable":      {"in variables too", `query($f: OfferFilter) { offers(filter: $f) { totalCount } }`, map[string]any{"f": map[string]any{"maxPricePerGpuHour": "1e3"}}, "BAD_USER_INPUT", `filter.maxPricePerGpuHour: expected a decimal number`},
		"long price":          {"more than 19 digits are refused, not rounded", `{ offers(filter: {maxPricePerGpuHour: 0.12345678901234567890}) { totalCount } }`, nil, "BAD_USER_INPUT", `filter.maxPricePerGpuHour: expected a decimal number of at most 19 digits`},
		"negative price":      {"a bound below zero is a mistake", `{ offers(filter: {maxPricePerGpuHour: -1}) { totalCount } }`, nil, "BAD_USER_INPUT", `filter.maxPricePerGpuHour: expected a price in USD, zero or more`},
		"first":               {"a page has no negative length", `{ offers(first: -1) { totalCount } }`, nil, "BAD_USER_INPUT", `first: expected zero or more`},
		"last":                {"a page has no negative length", `{ offers(last: -1) { totalCount } }`, nil, "BAD_USER_INPUT", `last: expected zero or more`},
		"cursor":              {"a cursor is ours", `{ offers(after: "x") { totalCount } }`, nil, "BAD_USER_INPUT", `after: expected a cursor from an earlier answer`},
		"lower case enum":     {"the validation before lets any case pass", `query($m: [Market!]) { offers(filter: {markets: $m}) { totalCount } }`, map[string]any{"m": []string{"spot"}}, "BAD_USER_INPUT", `filter.markets[0]: expected one of ON_DEMAND, SPOT, RESERVED, UNKNOWN, got "spot"`},
		"lower case basis":    {"of arguments too", `query($b: PflopsBasis) { offer(id: "` + h100 + `") { pricePerPflopsHour(basis: $b) } }`, map[string]any{"b": "fp16_dense"}, "BAD_USER_INPUT", `basis: expected one of FP16_DENSE`},
		"unknown enum":        {"a word that is none", `query($m: [Market!]) { offers(filter: {markets: $m}) { totalCount } }`, map[string]any{"m": []string{"RENTED"}}, "BAD_USER_INPUT", `variable m[0]: RENTED is not a valid Market`},
		"unknown word":        {"a literal that is none", `{ offers(filter: {markets: [RENTED]}) { totalCount } }`, nil, "GRAPHQL_VALIDATION_FAILED", `Value "RENTED" does not exist in "Market!" enum`},
		"order":               {"an order needs a field", `query($o: OfferOrder) { offers(orderBy: $o) { totalCount } }`, map[string]any{"o": map[string]any{}}, "BAD_USER_INPUT", `variable o.field: must be defined`},
		"variable type":       {"text is no number", `query($n: Int) { offers(first: $n) { totalCount } }`, map[string]any{"n": "many"}, "BAD_USER_INPUT", `variable n: cannot use string as Int`},
		"fraction":            {"half an offer", `query($n: Int) { offers(first: $n) { totalCount } }`, map[string]any{"n": 1.5}, "BAD_USER_INPUT", `variable n: cannot use`},
		"variable missing":    {"a required variable", `query($id: ID!) { offer(id: $id) { id } }`, nil, "BAD_USER_INPUT", `variable id: must be defined`},
		"currency":            {"a currency is a code", `{ exchangeRate(base: "dollar", quote: "CNY") { rate } }`, nil, "BAD_USER_INPUT", `base: expected a currency code of three capital letters`},
		"currency of a field": {"of a nested field too", `{ offer(id: "` + h100 + `") { pricePerGpuHour(currency: "usd") } }`, nil, "BAD_USER_INPUT", `currency: expected a currency code`},
		"huge number":         {"a number where text belongs must not crash", `{ exchangeRate(base: 99999999999999999999, quote: "CNY") { rate } }`, nil, "BAD_USER_INPUT", `base: expected a currency code`},
		"huge int":            {"a number too long for Int", `{ offers(first: 99999999999999999999) { totalCount } }`, nil, "GRAPHQL_VALIDATION_FAILED", `Int cannot represent`},
		"time":                {"a time is RFC 3339", `{ exchangeRate(base: "USD", quote: "CNY", at: "yesterday") { rate } }`, nil, "BAD_USER_INPUT", `at: expected a time such as`},
		"time number":         {"seconds are no time", `{ exchangeRate(base: "USD", quote: "CNY", at: 1763640000) { rate } }`, nil, "BAD_USER_INPUT", `at: expected a time such as`},
		"models":              {"a model nobody makes", `{ gpus(models: ["Z9000"]) { id } }`, nil, "BAD_USER_INPUT", `models: no GPU model is called "Z9000"`},
		"long name":           {"no accelerator's name is that long", `query($n: String!) { identifyGpu(name: $n) { model } }`, map[string]any{"n": strings.Repeat("x", 1001)}, "BAD_USER_INPUT", `name: expected at most 1000 bytes`},
		"many values":         {"a filter is no list of everything", `query($r: [String!]) { offers(filter: {regions: $r}) { totalCount } }`, map[string]any{"r": make([]string, 201)}, "BAD_USER_INPUT", `filter.regions: expected at most 200 values, got 201`},
		"long search":         {"a name is not that long", `query($s: String) { offers(filter: {search: $s}) { totalCount } }`, map[string]any{"s": strings.Repeat("x", 201)}, "BAD_USER_INPUT", `filter.search: expected at most 200 bytes`},
		"many models":         {"there are not so many", `query($m: [String!]) { gpus(models: $m) { id } }`, map[string]any{"m": make([]string, 201)}, "BAD_USER_INPUT", `models: expected at most 200 models`},
		"runs":                {"a list has no negative length", `{ provider(id: "alpha") { runs(last: -1) { error } } }`, nil, "BAD_USER_INPUT", `last: expected zero or more`},
		"scrape nobody":       {"whom we do not know cannot be read", `mutation { scrape(provider: "nobody") { error } }`, nil, "NOT_FOUND", `there is no provider of that id`},
		"release nobody":      {"whom we do not know has no quarantine", `mutation { releaseQuarantine(provider: "nobody") { error } }`, nil, "NOT_FOUND", `there is no provider of that id`},
		"release nothing":     {"nothing is held back", `mutation { releaseQuarantine(provider: "alpha") { error } }`, nil, "CONFLICT", `nothing of this provider is held back`},
		"release busy":        {"two runs of one provider would undo each other", `mutation { releaseQuarantine(provider: "beta") { error } }`, nil, "CONFLICT", `the provider is being read already`},
		"not GraphQL":         {"a document that is none", `{ offers `, nil, "GRAPHQL_PARSE_FAILED", `Expected Name`},
		"unknown field":       {"a field that is none", `{ offers { price } }`, nil, "GRAPHQL_VALIDATION_FAILED", `Cannot query field "price"`},
		"operation":           {"which of two?", `query A { __typename } query B { __typename }`, nil, "GRAPHQL_VALIDATION_FAILED", `operation  not found`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			got, _ := w.send(c.query, c.variables)
			if len(got.Errors) != 1 {
				t.Fatalf("%s: want one error: %s %+v", c.reason, got.Data, got.Errors)
			}
			if e := got.Errors[0]; e.Extensions.Code != c.code || !strings.Contains(e.Message, c.message) || strings.Contains(e.Message, "lock:") {
				t.Errorf("%s: want %s %q, got %s %q", c.reason, c.code, c.message, e.Extensions.Code, e.Message)
			}
			if w.log.Len() > 0 {
				t.Errorf("a client's mistake is not logged: %s", w.log.String())
			}
		})
	}
}

func TestCursorOfAnotherOrderIsRefused(t *testing.T) {
	w := newWorld(t)
	cursor := ask[list](w, page, map[string]any{"first": 1}).Offers.PageInfo.EndCursor
	got, _ := w.send(page, map[string]any{"first": 1, "after": cursor, "o": map[string]any{"field": "GPU"}})
	if len(got.Errors) != 1 || got.Errors[0].Extensions.Argument != "after" || !strings.Contains(got.Errors[0].Message, "another order") {
		t.Errorf("%+v", got.Errors)
	}
}

func TestInternalErrorsAreAnIDInTheLog(t *testing.T) {
	cases := map[string]struct{ reason, query, secret string }{
		"store":   {"where the store is, is nobody's business", `{ provider(id: "epsilon") { runs { error } } }`, "10.0.0.7"},
		"scraper": {"what went wrong inside is in the log", `mutation { scrape(provider: "epsilon") { error } }`, "10.0.0.7"},
		"crash":   {"a crash takes one field with it, not the process", `mutation { scrape(provider: "delta") { error } }`, "a bug of delta"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			got, _ := w.send(c.query, nil)
			if len(got.Errors) != 1 || got.Errors[0].Extensions.Code != "INTERNAL" {
				t.Fatalf("%s: %+v", c.reason, got.Errors)
			}
			id, found := strings.CutPrefix(got.Errors[0].Message, "internal error ")
			if !found || len(id) < 20 {
				t.Errorf("message %q", got.Errors[0].Message)
			}
			if log := w.log.String(); !strings.Contains(log, id) || !strings.Contains(log, c.secret) {
				t.Errorf("the log has not both the id and the problem: %s", log)
			}
		})
	}
}

func TestOneFieldsErrorLeavesTheOthers(t *testing.T) {
	got, _ := newWorld(t).send(`{ good: offer(id: "`+h100+`") { id } bad: exchangeRate(base: "x", quote: "CNY") { rate } }`, nil)
	if want := `{"good":{"id":"` + h100 + `"},"bad":null}`; string(got.Data) != want || len(got.Errors) != 1 {
		t.Errorf("%s %+v", got.Data, got.Errors)
	}
	if path := got.Errors[0].Path; len(path) != 1 || path[0] != "bad" {
		t.Errorf("the path is the field's in the answer: %v", path)
	}
}
