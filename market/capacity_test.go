package market

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/govalues/decimal"
)

var fleetNoon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// oclock is a moment of the day.
func oclock(hour, minute int) time.Time {
	return time.Date(2026, 11, 20, hour, minute, 0, 0, time.UTC)
}

func TestCapacitySteps(t *testing.T) {
	points := []CapacityPoint{{At: oclock(8, 30), Total: 4, Idle: 4}, {At: oclock(9, 0), Total: 4, Busy: 4}, {At: oclock(9, 59), Total: 4, Idle: 1, Busy: 3}, {At: oclock(10, 0), Total: 4, Unknown: 4}}
	cases := map[string]struct {
		reason   string
		points   []CapacityPoint
		from, to time.Time
		step     time.Duration
		want     []CapacityPoint
	}{
		"hours": {"the last at the end of each hour: what came at the stroke is of the next", points, oclock(8, 0), oclock(11, 0), time.Hour, []CapacityPoint{
			{At: oclock(8, 0), Total: 4, Idle: 4}, {At: oclock(9, 0), Total: 4, Idle: 1, Busy: 3}, {At: oclock(10, 0), Total: 4, Unknown: 4}}},
		"before the first": {"what nobody knew is left out, and not zero", points, oclock(6, 0), oclock(9, 0), time.Hour, []CapacityPoint{{At: oclock(8, 0), Total: 4, Idle: 4}}},
		"whole steps":      {"the beginning is that of a step", points, oclock(9, 40), oclock(9, 50), time.Hour, []CapacityPoint{{At: oclock(9, 0), Total: 4, Idle: 1, Busy: 3}}},
		"holds on":         {"a point holds until the next", points[:1], oclock(9, 0), oclock(11, 0), time.Hour, []CapacityPoint{{At: oclock(9, 0), Total: 4, Idle: 4}, {At: oclock(10, 0), Total: 4, Idle: 4}}},
		"to come":          {"nobody knows what is to come; the step that is not over is as it is now", points, oclock(12, 0), oclock(15, 0), time.Hour, []CapacityPoint{{At: oclock(12, 0), Total: 4, Unknown: 4}}},
		"nothing":          {"of no card nothing is known", nil, oclock(8, 0), oclock(11, 0), time.Hour, nil},
		"none any more":    {"cards that were taken away are none", append(points[:1:1], CapacityPoint{At: oclock(9, 0)}), oclock(9, 0), oclock(10, 0), time.Hour, []CapacityPoint{{At: oclock(9, 0)}}},
	}
	for name, c := range cases {
		got, err := CapacitySteps(c.points, c.from, c.to, c.step, fleetNoon)
		if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
			t.Errorf("%s: %s: %v (-want +got)\n%s", name, c.reason, err, diff)
		}
	}
	invalid := new(InvalidError)
	for field, err := range map[string]error{
		"step": steps(oclock(8, 0), oclock(9, 0), time.Second), "from": steps(oclock(9, 0), oclock(9, 0), time.Hour),
	} {
		if !errors.As(err, &invalid) || invalid.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	if err := steps(fleetNoon.AddDate(-1, 0, 0), fleetNoon, time.Minute); !errors.As(err, &invalid) || invalid.Field != "step" {
		t.Errorf("half a million steps: %v", err)
	}
}

func steps(from, to time.Time, step time.Duration) error {
	_, err := CapacitySteps(nil, from, to, step, fleetNoon)
	return err
}

func TestWork(t *testing.T) {
	cases := map[string]struct {
		reason string
		points []CapacityPoint
		want   string
		hours  float64
	}{
		"half":         {"an hour of two, of one card", []CapacityPoint{{At: oclock(8, 0), Busy: 1}, {At: oclock(9, 0), Idle: 1}}, "0.5", 2},
		"cards":        {"three of four, all the time", []CapacityPoint{{At: oclock(1, 0), Busy: 3, Idle: 1}}, "0.75", 8},
		"unknown":      {"an hour of which nothing is known is neither busy nor idle", []CapacityPoint{{At: oclock(8, 0), Busy: 1}, {At: oclock(9, 0), Unknown: 1}}, "1", 1},
		"not for rent": {"nor is a card that could not be rented out", []CapacityPoint{{At: oclock(8, 0), Idle: 1, Degraded: 5, Lost: 1, Reserved: 2}}, "0", 2},
		"never known":  {"a share of nothing is none", []CapacityPoint{{At: oclock(8, 0), Unknown: 8, Total: 8}}, "", 0},
		"no fleet":     {"nor is one of no cards", nil, "", 0},
		"too early":    {"what was before does not count", []CapacityPoint{{At: oclock(5, 0), Busy: 1}, {At: oclock(7, 0), Unknown: 1}}, "", 0},
		"too late":     {"nor does what came after", []CapacityPoint{{At: oclock(11, 0), Busy: 1}}, "", 0},
	}
	for name, c := range cases {
		var work Work
		work.Add(c.points, oclock(8, 0), oclock(10, 0))
		share, known := work.Share()
		if known != (c.want != "") || known && share.String() != c.want || work.CardHours() != c.hours {
			t.Errorf("%s: %s: %v %s, %v card-hours", name, c.reason, known, share, work.CardHours())
		}
	}
	var work Work
	for _, p := range []CapacityPoint{{Busy: 2}, {Idle: 1}} {
		work.Add([]CapacityPoint{p}, oclock(8, 0), oclock(9, 0))
	}
	if share, known := work.Share(); !known || share.String() != "0.666667" || work.CardHours() != 3 {
		t.Errorf("two kinds together: %s", share)
	}
}

func TestIdleValue(t *testing.T) {
	price := decimal.MustParse("2.345678")
	for want, c := range map[string]Capacity{"0": {Total: 8, Unknown: 8}, "7.037034": {Total: 8, Idle: 3, Unknown: 5}} {
		if got, err := c.IdleValue(price); err != nil || got.String() != want {
			t.Errorf("%+v: %s %v, want %s: an unknown card is worth nothing", c, got, err, want)
		}
	}
	if _, err := (Capacity{Idle: 9}).IdleValue(decimal.MustParse("9000000000000000000")); err == nil {
		t.Error("what does not fit is an error")
	}
}

func TestInstanceState(t *testing.T) {
	cases := map[string]struct {
		reason   string
		card     GpuState
		instance ReportedMIG
		want     GpuState
	}{
		"idle card":    {"of an idle card all is idle", GpuIdle, ReportedMIG{}, GpuIdle},
		"lost card":    {"what is wrong with the card is wrong with all of it", GpuLost, ReportedMIG{Processes: new(0), MemoryUsedMiB: new(0)}, GpuLost},
		"no report":    {"as is what nobody knows", GpuUnknown, ReportedMIG{Processes: new(0), MemoryUsedMiB: new(0)}, GpuUnknown},
		"held back":    {"and what is held back", GpuReserved, ReportedMIG{Processes: new(0), MemoryUsedMiB: new(0)}, GpuReserved},
		"another runs": {"beside a busy instance one may be free", GpuBusy, ReportedMIG{Processes: new(0), MemoryUsedMiB: new(30)}, GpuIdle},
		"it runs":      {"a process is work", GpuBusy, ReportedMIG{Processes: new(1), MemoryUsedMiB: new(30)}, GpuBusy},
		"it is held":   {"so is its memory in use", GpuBusy, ReportedMIG{Processes: new(0), MemoryUsedMiB: new(512)}, GpuBusy},
		"no rights":    {"who may not see processes does not know that there are none", GpuBusy, ReportedMIG{MemoryUsedMiB: new(30)}, GpuUnknown},
		"no memory":    {"nor that nobody holds it", GpuBusy, ReportedMIG{Processes: new(0)}, GpuUnknown},
	}
	for name, c := range cases {
		if got := InstanceState(c.card, c.instance); got != c.want {
			t.Errorf("%s: %s: %s, want %s", name, c.reason, got, c.want)
		}
	}
}

func TestHostID(t *testing.T) {
	for name, id := range map[string]string{"rack-1": "host/rack-1", "Rack 1/左": "host/Rack%201%2F%E5%B7%A6"} {
		if got := HostID(name); got != id {
			t.Errorf("%s: %s, want %s", name, got, id)
		}
		if got, is := HostName(id); !is || got != name {
			t.Errorf("%s: %q %v", id, got, is)
		}
	}
	for _, id := range []string{"", "host", "host/", "rack-1", "host/rack 1", "host/%72ack-1", "host/a/b", "host/%zz"} {
		if got, is := HostName(id); is {
			t.Errorf("%q is no id, got %q: each host has one spelling", id, got)
		}
	}
}
