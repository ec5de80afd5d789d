package market

import "time"

// FleetChange is a host after a report that changed something, with the capacities since then.
type FleetChange struct {
	At         time.Time
	Host       Host
	Capacities []Capacity
}
