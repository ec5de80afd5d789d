package graph_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/govalues/decimal"

	"gpuhour/graph"
	"gpuhour/market"
)

func TestFleetHostSaysEverything(t *testing.T) {
	fleetOf(newWorld(t)).expect("every field of a host and its cards: zero where the driver says zero, null where it says nothing", `{ node(id: "host/rack%201") { __typename id ... on FleetHost {
		hostname labels { key value } driverVersion reachable lastSeenAt sample gpus { uuid index name gpu { id } state reason memoryTotalMiB memoryUsedMiB utilization temperatureC powerWatts
		processes migInstances { uuid profile memoryMiB state } } } } }`,
		`{"node": {"__typename": "FleetHost", "id": "host/rack%201", "hostname": "rack-1.example", "labels": [{"key": "rack", "value": "1"}, {"key": "zone", "value": "b"}],
		"driverVersion": "590.48.01", "reachable": true, "lastSeenAt": "2026-11-20T11:59:55.000Z", "sample": false, "gpus": [
		{"uuid": "GPU-0", "index": 0, "name": "NVIDIA A800-SXM4-80GB", "gpu": {"id": "nvidia/a800-sxm-80gb"}, "state": "BUSY", "reason": "3 processes", "memoryTotalMiB": 81920, "memoryUsedMiB": null,
		 "utilization": null, "temperatureC": null, "powerWatts": null, "processes": 3, "migInstances": [{"uuid": "MIG-a", "profile": "1g.10gb", "memoryMiB": 9856, "state": "BUSY"},
		 {"uuid": "MIG-b", "profile": "1g.10gb", "memoryMiB": 9856, "state": "IDLE"}, {"uuid": "MIG-c", "profile": "1g.10gb", "memoryMiB": 9856, "state": "UNKNOWN"}]},
		{"uuid": "GPU-1", "index": 1, "name": "NVIDIA A800-SXM4-80GB", "gpu": {"id": "nvidia/a800-sxm-80gb"}, "state": "IDLE", "reason": null, "memoryTotalMiB": 81920, "memoryUsedMiB": 0,
		 "utilization": 0, "temperatureC": 31, "powerWatts": 61.25, "processes": 0, "migInstances": []},
		{"uuid": "GPU-gone", "index": -1, "name": "NVIDIA A800-SXM4-80GB", "gpu": {"id": "nvidia/a800-sxm-80gb"}, "state": "LOST", "reason": "missing from the latest report", "memoryTotalMiB": null,
		 "memoryUsedMiB": null, "utilization": null, "temperatureC": null, "powerWatts": null, "processes": null, "migInstances": []}]}}`)
}

func TestFleetHidesNoSilence(t *testing.T) {
	w := fleetOf(newWorld(t))
	w.expect("a silent host's cards are UNKNOWN, and its last readings are nobody's any more", `{ node(id: "host/far") { ... on FleetHost { reachable lastSeenAt driverVersion labels { key }
		gpus { state reason memoryTotalMiB memoryUsedMiB utilization temperatureC powerWatts processes } } } }`,
		`{"node": {"reachable": false, "lastSeenAt": "2026-11-20T11:50:00.000Z", "driverVersion": null, "labels": [], "gpus": [{"state": "UNKNOWN", "reason": "the host was heard last at 11:50:00",
		"memoryTotalMiB": 46068, "memoryUsedMiB": null, "utilization": null, "temperatureC": null, "powerWatts": null, "processes": null}]}}`)
	w.expect("a driver that cannot count all processes has counted none, and a simulated host says so", `{ node(id: "host/zoo") { ... on FleetHost { sample gpus { gpu { id } processes } } } }`,
		`{"node": {"sample": true, "gpus": [{"gpu": null, "processes": null}]}}`)
}

func TestFleetCapacity(t *testing.T) {
	w := fleetOf(newWorld(t))
	w.expect("what is idle is worth the reference price; what is unknown is worth nothing, and where there is no price there is no value", `{ fleet { capacity { gpu { id } gpuName total idle busy reserved
		degraded lost unknown lots { size count } marketPricePerGpuHour idleValuePerHour yuan: marketPricePerGpuHour(currency: "CNY") idleYuan: idleValuePerHour(currency: "CNY") sample } } }`,
		`{"fleet": {"capacity": [
		{"gpu": {"id": "nvidia/a800-sxm-80gb"}, "gpuName": "NVIDIA A800-SXM4-80GB", "total": 4, "idle": 2, "busy": 1, "reserved": 0, "degraded": 0, "lost": 0, "unknown": 1, "lots": [{"size": 2, "count": 1}],
		 "marketPricePerGpuHour": "1", "idleValuePerHour": "2", "yuan": "7.2", "idleYuan": "14.4", "sample": false},
		{"gpu": {"id": "nvidia/l40s-pcie-48gb"}, "gpuName": "NVIDIA L40S", "total": 1, "idle": 0, "busy": 0, "reserved": 0, "degraded": 0, "lost": 0, "unknown": 1, "lots": [],
		 "marketPricePerGpuHour": null, "idleValuePerHour": null, "yuan": null, "idleYuan": null, "sample": false},
		{"gpu": null, "gpuName": "NVIDIA Graphics Device", "total": 1, "idle": 1, "busy": 0, "reserved": 0, "degraded": 0, "lost": 0, "unknown": 0, "lots": [{"size": 1, "count": 1}],
		 "marketPricePerGpuHour": null, "idleValuePerHour": null, "yuan": null, "idleYuan": null, "sample": true}]}}`)
	w.expect("without a rate there is no price, and null asks for dollars", `{ fleet { capacity { euro: idleValuePerHour(currency: "EUR") usual: marketPricePerGpuHour(currency: null) } } }`,
		`{"fleet": {"capacity": [{"euro": null, "usual": "1"}, {"euro": null, "usual": null}, {"euro": null, "usual": null}]}}`)
	w.expect("nothing idle is worth nothing, which is known", `{ fleet { capacity { idle idleValuePerHour } } }`,
		`{"fleet": {"capacity": [{"idle": 2, "idleValuePerHour": "2"}, {"idle": 0, "idleValuePerHour": null}, {"idle": 1, "idleValuePerHour": null}]}}`)
	w.fleet.capacities[0].Idle = 0
	w.expect("nothing idle is worth nothing, which is known", `{ fleet { capacity { idleValuePerHour } } }`,
		`{"fleet": {"capacity": [{"idleValuePerHour": "0"}, {"idleValuePerHour": null}, {"idleValuePerHour": null}]}}`)
}

// TestReferencePricesAreFoundOnce holds that who looks at a fleet often does not read the past each time, and sees new prices all the same.
func TestReferencePricesAreFoundOnce(t *testing.T) {
	w := fleetOf(newWorld(t))
	const question = `{ fleet { capacity { marketPricePerGpuHour idleValuePerHour } } }`
	for range 3 {
		ask[any](w, question, nil)
	}
	if len(w.indexed) != 2 {
		t.Errorf("two kinds are in the catalogue: %d questions", len(w.indexed))
	}
	w.more = nil
	w.sells("NVIDIA A800-SXM4-80GB", "14.4")
	w.load("cathay", sheetOf("cathay", noon), cathayRows()...)
	w.expect("what was committed since is seen", question, `{"fleet": {"capacity": [{"marketPricePerGpuHour": "2", "idleValuePerHour": "4"}, {"marketPricePerGpuHour": null, "idleValuePerHour": null},
		{"marketPricePerGpuHour": null, "idleValuePerHour": null}]}}`)
}

func TestCapacityHistory(t *testing.T) {
	w := fleetOf(newWorld(t))
	w.fleet.points[a800] = []market.CapacityPoint{{At: noon.Add(-150 * time.Minute), Total: 4, Idle: 3, Busy: 1}, {At: noon.Add(-90 * time.Minute), Total: 4, Unknown: 4}, {At: noon.Add(-20 * time.Minute), Total: 4, Idle: 2, Busy: 1, Unknown: 1}}
	w.expect("a step is as it was at its end, before the first there is none, and an unknown card is in no other number",
		`{ fleet { capacityHistory(gpu: "`+a800+`", from: "2026-11-20T08:30:00Z") { at total idle busy reserved degraded lost unknown } } }`,
		`{"fleet": {"capacityHistory": [{"at": "2026-11-20T09:00:00.000Z", "total": 4, "idle": 3, "busy": 1, "reserved": 0, "degraded": 0, "lost": 0, "unknown": 0},
		{"at": "2026-11-20T10:00:00.000Z", "total": 4, "idle": 0, "busy": 0, "reserved": 0, "degraded": 0, "lost": 0, "unknown": 4},
		{"at": "2026-11-20T11:00:00.000Z", "total": 4, "idle": 2, "busy": 1, "reserved": 0, "degraded": 0, "lost": 0, "unknown": 1}]}}`)
	w.expect("steps of another length, and nothing of what is to come", `{ fleet { capacityHistory(gpu: "`+a800+`", from: "2026-11-20T11:30:00Z", to: "2026-11-20T14:00:00Z", step: "PT30M") { at idle } } }`,
		`{"fleet": {"capacityHistory": [{"at": "2026-11-20T11:30:00.000Z", "idle": 2}, {"at": "2026-11-20T12:00:00.000Z", "idle": 2}]}}`)
	w.expect("cards whose name does not say what they are have a history under their name; nulls ask for the usual; none is an empty list",
		`{ fleet { capacityHistory(gpu: "NVIDIA Graphics Device", from: "2026-11-20T08:00:00Z", to: null, step: null) { at } other: capacityHistory(gpu: "nvidia/h100-sxm-80gb", from: "2026-11-20T08:00:00Z") { at } } }`,
		`{"fleet": {"capacityHistory": [], "other": []}}`)
	if want := a800 + " 08:30:00 12:00:00"; w.fleet.asked[0] != want {
		t.Errorf("asked %q, want %q", w.fleet.asked[0], want)
	}
}

func TestFleetHostsArePaged(t *testing.T) {
	w := fleetOf(newWorld(t))
	const page = ` { totalCount nodes { id } edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }`
	cases := map[string]struct {
		reason, arguments string
		want              []string
		next, previous    bool
	}{
		"all":     {"by id, whatever order they come in", ``, []string{"host/far", "host/rack%201", "host/zoo"}, false, false},
		"first":   {"the first", `(first: 1)`, []string{"host/far"}, true, false},
		"next":    {"goes on behind a cursor", `(first: 1, after: "host/far")`, []string{"host/rack%201"}, true, true},
		"last":    {"up to the last", `(first: 5, after: "host/rack%201")`, []string{"host/zoo"}, false, true},
		"nothing": {"behind which there is none", `(after: "host/zoo")`, []string{}, false, true},
		"gone":    {"a host that is gone was somewhere", `(first: 1, after: "host/middle")`, []string{"host/rack%201"}, true, true},
		"none":    {"a page of none", `(first: 0)`, []string{}, true, false},
		"nulls":   {"nulls ask for the usual", `(first: null, after: null)`, []string{"host/far", "host/rack%201", "host/zoo"}, false, false},
	}
	for name, c := range cases {
		got := ask[struct{ Fleet struct{ Hosts ids } }](w, `{ fleet { hosts`+c.arguments+page, nil).Fleet.Hosts
		nodes, edges := []string{}, []string{}
		for i, n := range got.Nodes {
			nodes = append(nodes, n.ID)
			edges = append(edges, got.Edges[i].Cursor)
		}
		if diff := cmp.Diff(c.want, nodes) + cmp.Diff(c.want, edges); diff != "" || got.TotalCount != 3 || got.PageInfo.HasNextPage != c.next || got.PageInfo.HasPreviousPage != c.previous {
			t.Errorf("%s: %s: %+v\n%s", name, c.reason, got, diff)
		}
	}
}

func TestNodeFindsHosts(t *testing.T) {
	w := fleetOf(newWorld(t))
	for id, want := range map[string]string{"host/far": `{"id":"host/far"}`, "host/near": "null", "host/": "null", "host": "null", "host/rack 1": "null", "host/rack%201/GPU-0": "null", "far": "null"} {
		a, _ := w.send(`query($id: ID!) { node(id: $id) { id } }`, map[string]any{"id": id})
		if got := string(a.Data); got != `{"node":`+want+`}` || len(a.Errors) > 0 {
			t.Errorf("%s: %s %+v", id, got, a.Errors)
		}
	}
}

func TestSetHold(t *testing.T) {
	w := fleetOf(newWorld(t))
	w.expect("a card by its UUID, a host by its id; null and nothing release", `mutation { card: setHold(target: "GPU-1", reason: "  new paste ") { id gpus { uuid } } host: setHold(target: "host/rack%201", reason: "moves") { id }
		released: setHold(target: "host/far", reason: null) { id } other: setHold(target: "zoo") { id } }`,
		`{"card": {"id": "host/rack%201", "gpus": [{"uuid": "GPU-0"}, {"uuid": "GPU-1"}, {"uuid": "GPU-gone"}]}, "host": {"id": "host/rack%201"}, "released": {"id": "host/far"}, "other": {"id": "host/zoo"}}`)
	if diff := cmp.Diff(map[string]string{"GPU-1": "new paste", "rack 1": "moves", "far": "", "zoo": ""}, w.fleet.holds); diff != "" {
		t.Error(diff)
	}
}

func TestSetFleetPrice(t *testing.T) {
	w := fleetOf(newWorld(t))
	set := func(arguments, want string) {
		t.Helper()
		w.expect("a price of a card-hour; without one nothing is offered", `mutation { setFleetPrice(gpu: "`+a800+`"`+arguments+`) { gpu { id } idle idleValuePerHour } }`,
			`{"setFleetPrice": {"gpu": {"id": "`+a800+`"}, "idle": 2, "idleValuePerHour": "2"}}`)
		got, _ := json.Marshal(w.fleet.prices[a800])
		if string(got) != want {
			t.Errorf("%s: %s, want %s", arguments, got, want)
		}
	}
	set(`, price: "2.3900"`, `{"Amount":"2.3900","Currency":"USD"}`)
	set(`, price: 16.5, currency: "CNY"`, `{"Amount":"16.5","Currency":"CNY"}`)
	set(`, price: 1, currency: null`, `{"Amount":"1","Currency":"USD"}`)
	set(`, price: null, currency: "CNY"`, `null`)
	set(``, `null`)
}

// TestOwnCardsAreOffers holds that idle cards stand among everybody else's, and can be told from them.
func TestOwnCardsAreOffers(t *testing.T) {
	w := fleetOf(newWorld(t))
	offers, err := market.OwnOffers(w.fleet.capacities, map[string]market.Money{a800: {Amount: decimal.MustParse("0.65"), Currency: market.USD}})
	if err != nil {
		t.Fatal(err)
	}
	w.book.Load(market.OwnProvider, []market.Sheet{{Provider: market.OwnProvider, Name: market.OwnSheet, LastRunAt: noon, LastSuccessAt: noon}}, offers)
	w.expect("the cheapest A800 is ours, at our price, with what is idle and without a source", `{ offers(filter: {gpus: ["A800"]}, first: 1) { totalCount nodes { id kind sku gpuName gpu { id } gpuCount region market
		listed { amount currency per period } pricePerGpuHour stock gpusAvailable stale sample source { url } } } own: offers(filter: {providerKinds: [OWN_FLEET]}) { totalCount } }`,
		`{"offers": {"totalCount": 2, "nodes": [{"id": "own-fleet/nvidia%2Fa800-sxm-80gb/-/on-demand", "kind": "OWN_FLEET", "sku": "nvidia/a800-sxm-80gb", "gpuName": "NVIDIA A800-SXM4-80GB",
		"gpu": {"id": "nvidia/a800-sxm-80gb"}, "gpuCount": 1, "region": null, "market": "ON_DEMAND", "listed": {"amount": "0.65", "currency": "USD", "per": "GPU", "period": "PT1H"}, "pricePerGpuHour": "0.65",
		"stock": "AVAILABLE", "gpusAvailable": 2, "stale": false, "sample": false, "source": null}]}, "own": {"totalCount": 1}}`)
}

func TestFleetMistakes(t *testing.T) {
	cases := map[string]struct{ reason, query, code, message string }{
		"no such target":  {"what is not there is not held", `mutation { setHold(target: "GPU-9", reason: "x") { id } }`, "NOT_FOUND", "none of our hosts and cards has that id; query fleet lists them"},
		"no reason":       {"a hold says why", `mutation { setHold(target: "GPU-1", reason: " ") { id } }`, "BAD_USER_INPUT", "reason: expected 1 to 200 characters in one line, got 0; null releases"},
		"two lines":       {"in one line", `mutation { setHold(target: "GPU-1", reason: "a\nb") { id } }`, "BAD_USER_INPUT", "reason: expected 1 to 200 characters in one line"},
		"a long reason":   {"and in few words", `mutation { setHold(target: "GPU-1", reason: "` + strings.Repeat("é", 201) + `") { id } }`, "BAD_USER_INPUT", "reason: expected 1 to 200 characters in one line, got 201"},
		"a model":         {"variants have prices of their own", `mutation { setFleetPrice(gpu: "A800", price: 1) { idle } }`, "BAD_USER_INPUT", `gpu: expected a catalogue id such as "nvidia/h100-sxm-80gb", got "A800"`},
		"no cards":        {"a price of cards that we do not have is a mistake", `mutation { setFleetPrice(gpu: "nvidia/h100-sxm-80gb", price: 1) { idle } }`, "NOT_FOUND", "none of our hosts has a card of that GPU"},
		"for nothing":     {"nothing is free of charge", `mutation { setFleetPrice(gpu: "` + a800 + `", price: 0) { idle } }`, "BAD_USER_INPUT", "price: expected an amount above zero of at most 9 decimals, got 0"},
		"below zero":      {"nobody is paid for it", `mutation { setFleetPrice(gpu: "` + a800 + `", price: -1) { idle } }`, "BAD_USER_INPUT", "price: expected an amount above zero of at most 9 decimals, got -1"},
		"ten decimals":    {"what would be rounded is refused", `mutation { setFleetPrice(gpu: "` + a800 + `", price: "1.0000000001") { idle } }`, "BAD_USER_INPUT", "price: expected an amount above zero of at most 9 decimals, got 1.0000000001"},
		"no currency":     {"a currency is a code", `mutation { setFleetPrice(gpu: "` + a800 + `", price: 1, currency: "yuan") { idle } }`, "BAD_USER_INPUT", "currency: expected a currency code"},
		"history of what": {"a misspelt GPU would have none", `{ fleet { capacityHistory(gpu: "A800", from: "2026-11-20T08:00:00Z") { at } } }`, "BAD_USER_INPUT", `gpu: expected a catalogue id such as "nvidia/h100-sxm-80gb", or the gpuName of a capacity, got "A800"`},
		"backwards":       {"time goes on", `{ fleet { capacityHistory(gpu: "` + a800 + `", from: "2026-11-20T12:00:00Z") { at } } }`, "BAD_USER_INPUT", "from: expected a moment before `to`"},
		"seconds":         {"a step is a minute", `{ fleet { capacityHistory(gpu: "` + a800 + `", from: "2026-11-20T11:00:00Z", step: "PT1S") { at } } }`, "BAD_USER_INPUT", "step: expected a whole number of seconds, a minute or more"},
		"many steps":      {"an answer is bounded", `{ fleet { capacityHistory(gpu: "` + a800 + `", from: "2026-01-01T00:00:00Z", step: "PT1M") { at } } }`, "BAD_USER_INPUT", "step: "},
		"first":           {"a page has no negative length", `{ fleet { hosts(first: -1) { totalCount } } }`, "BAD_USER_INPUT", "first: expected zero or more"},
		"cursor":          {"a cursor is ours", `{ fleet { hosts(after: "rack 1") { totalCount } } }`, "BAD_USER_INPUT", `after: expected a cursor from an earlier answer, or an id such as "host/rack-1"`},
	}
	for name, c := range cases {
		w := fleetOf(newWorld(t))
		a, _ := w.send(c.query, nil)
		if len(a.Errors) != 1 || a.Errors[0].Extensions.Code != c.code || !strings.HasPrefix(a.Errors[0].Message, c.message) {
			t.Errorf("%s: %s: %+v", name, c.reason, a)
		}
		if len(w.fleet.prices) > 0 || len(w.fleet.holds) > 0 || len(w.fleet.asked) > 0 {
			t.Errorf("%s: something was done: %+v", name, w.fleet)
		}
	}
	for _, query := range []string{`{ fleet { hosts { totalCount } } }`, `{ fleet { capacity { idle } } }`, `{ fleet { capacityHistory(gpu: "` + a800 + `", from: "2026-11-20T08:00:00Z") { at } } }`,
		`{ node(id: "host/far") { id } }`, `mutation { setHold(target: "GPU-1") { id } }`, `mutation { setFleetPrice(gpu: "` + a800 + `") { idle } }`} {
		w := fleetOf(newWorld(t))
		w.fleet.broken = true
		if a, _ := w.send(query, nil); len(a.Errors) != 1 || a.Errors[0].Extensions.Code != "INTERNAL" || strings.Contains(a.Errors[0].Message, "10.0.0.7") {
			t.Errorf("%s: what cannot be read is neither zero nor shown: %+v", query, a)
		}
	}
}

func TestNoFleet(t *testing.T) {
	w := newWorld(t)
	w.fleet = nil
	w.serve(t.Context(), graph.Patience{})
	w.expect("a server without agents has no cards", `{ fleet { hosts { totalCount nodes { id } } capacity { idle } capacityHistory(gpu: "`+a800+`", from: "2026-11-20T08:00:00Z") { at } } node(id: "host/far") { id } }`,
		`{"fleet": {"hosts": {"totalCount": 0, "nodes": []}, "capacity": [], "capacityHistory": []}, "node": null}`)
	for _, query := range []string{`mutation { setHold(target: "GPU-1") { id } }`, `mutation { setFleetPrice(gpu: "` + a800 + `", price: 1) { idle } }`} {
		if a, _ := w.send(query, nil); len(a.Errors) != 1 || a.Errors[0].Extensions.Code != "NOT_FOUND" {
			t.Errorf("%s: %+v", query, a)
		}
	}
}

func TestFleetChanged(t *testing.T) {
	h := newHost(t, graph.Patience{})
	fleetOf(h.world)
	earlier := wellHost()
	earlier.ReceivedAt, earlier.Cards = noon.Add(-10*time.Minute), earlier.Cards[1:2]
	h.fleet.changes = []market.FleetChange{{At: noon.Add(-10 * time.Minute), Host: earlier, Capacities: h.fleet.capacities[:1]}, {At: noon, Host: silentHost(), Capacities: h.fleet.capacities[1:2]}}
	c := h.dial()
	const every = `subscription { fleetChanged { at host { id reachable gpus { uuid state temperatureC } } capacity { gpuName idle unknown idleValuePerHour } } }`
	c.subscribe("1", every, nil)
	c.hears(`"at":"2026-11-20T11:50:00.000Z","host":{"id":"host/rack%201","reachable":true,"gpus":[{"uuid":"GPU-1","state":"IDLE","temperatureC":31}]},"capacity":[{"gpuName":"NVIDIA A800-SXM4-80GB","idle":2,"unknown":1,"idleValuePerHour":"2"}]`)
	c.hears(`"at":"2026-11-20T12:00:00.000Z","host":{"id":"host/far","reachable":false,"gpus":[{"uuid":"GPU-2","state":"UNKNOWN","temperatureC":null}]}`, `"idle":0,"unknown":1,"idleValuePerHour":null`)
	c.say(`{"id":"1","type":"complete"}`)
	h.fleet.broken = true
	c.subscribe("2", every, nil)
	c.hears(`"type":"error"`, `"code":"INTERNAL"`)
}

// TestFleetIsWeighed holds that everything of a full page of hosts fits, and that more does not.
func TestFleetIsWeighed(t *testing.T) {
	const hosts = `nodes { id hostname labels { key value } driverVersion reachable lastSeenAt sample gpus { uuid index name gpu { id } state reason memoryTotalMiB memoryUsedMiB utilization temperatureC
		powerWatts processes migInstances { uuid profile memoryMiB state } } }`
	const capacity = `capacity { gpu { id } gpuName total idle busy reserved degraded lost unknown lots { size count } `
	const prices = `usd: marketPricePerGpuHour cny: marketPricePerGpuHour(currency: "CNY") dollars: idleValuePerHour yuan: idleValuePerHour(currency: "CNY")`
	cases := map[string]struct {
		reason, query string
		refused       bool
	}{
		"a full page": {"200 hosts of eight cards with all their fields", `{ fleet { hosts(first: 200) { totalCount ` + hosts + ` pageInfo { hasNextPage endCursor } } } }`, false},
		"twice":       {"nodes and edges both", `{ fleet { hosts(first: 200) { ` + hosts + ` edges { node { ` + strings.TrimSuffix(strings.TrimPrefix(hosts, "nodes {"), "}") + ` } } } } }`, true},
		"a dashboard": {"what there is, what it is worth in two currencies, and a month of it by the hour", `{ fleet { ` + capacity + prices + ` } capacityHistory(gpu: "` + a800 + `", from: "2026-10-21T12:00:00Z") { at total idle busy unknown } } }`, false},
		"a follower":  {"every change with what it is worth", `subscription { fleetChanged { host { ` + strings.TrimSuffix(strings.TrimPrefix(hosts, "nodes {"), "}") + ` } ` + capacity + ` idleValuePerHour } } }`, false},
		"all money":   {"a price in every currency is the past many times", `{ fleet { ` + capacity + strings.TrimSuffix(strings.TrimPrefix(many(60, `marketPricePerGpuHour(currency: "CNY")`), "{"), "}") + ` } } }`, true},
		"offers":      {"each card with a page of offers", `{ fleet { hosts(first: 200) { nodes { gpus { gpu { offers { totalCount } } } } } } }`, true},
	}
	for name, c := range cases {
		a, _ := fleetOf(newWorld(t)).send(c.query, nil)
		if refused := len(a.Errors) > 0 && a.Errors[0].Extensions.Code == "COMPLEXITY_LIMIT_EXCEEDED"; refused != c.refused {
			t.Errorf("%s: %s: refused is %v: %.300s", name, c.reason, refused, a.Errors)
		}
	}
}
