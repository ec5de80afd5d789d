package market

import "time"

// GpuState is a card's answer to: could I rent it out now?
type GpuState string

// The states, of which the first that applies holds: UNKNOWN, LOST, DEGRADED, BUSY, RESERVED, IDLE.
const (
	GpuIdle     GpuState = "IDLE"
	GpuBusy     GpuState = "BUSY"
	GpuReserved GpuState = "RESERVED"
	GpuDegraded GpuState = "DEGRADED"
	GpuLost     GpuState = "LOST"
	GpuUnknown  GpuState = "UNKNOWN"
)

// Host is a machine of our own as the server knows it: its latest report, and what must be remembered from those before.
type Host struct {
	ID     string
	Report Report
	// ReceivedAt is when the report came, by the server's clock.
	ReceivedAt time.Time
	// SkewMs is how far the host's clock is ahead of the server's.
	SkewMs int64
	// Clone says that another machine reports under the same id, or cards with the same UUIDs: then neither is believed.
	Clone string `json:",omitempty"`
	// ClonedAt is when it last looked as if two machines reported under this id, and Boots are the last boots that reported, newest last.
	ClonedAt time.Time `json:",omitzero"`
	Boots    []string  `json:",omitempty"`
	Cards    []Card
	// Hold is why the operator holds the whole host back; empty where he does not.
	Hold string `json:",omitempty"`
}

// Card is one card of a host.
type Card struct {
	UUID string
	// State and Reason are what the latest report says; see Host.At for a moment.
	State  GpuState
	Reason string
	// Index is that of the report's card of the same UUID; -1 where the card is missing from it.
	Index int
	Name  string
	// GpuID is the catalogue entry; empty where the name does not say which.
	GpuID string `json:",omitempty"`
	// IdleSweeps is for how many sweeps running nothing spoke against idle; FailedSweeps for how many its handle could not be had.
	IdleSweeps, FailedSweeps int `json:",omitempty"`
	// WasBusy says that it was busy before those sweeps.
	WasBusy bool `json:",omitempty"`
	// LostIn is the boot in which it was lost; Fatal is the Xid of that boot that only a reset or a person clears.
	LostIn string `json:",omitempty"`
	Fatal  int    `json:",omitempty"`
	// FatalIn is the boot that the fatal Xid was seen in.
	FatalIn string `json:",omitempty"`
	// Hold is why the operator holds the card back; empty where he does not.
	Hold string `json:",omitempty"`
}

// Capacity sums cards of one kind up.
type Capacity struct {
	// GpuID is the catalogue entry, empty where the name does not say which; GpuName is the driver's name.
	GpuID, GpuName                                       string
	Total, Idle, Busy, Reserved, Degraded, Lost, Unknown int
	Lots                                                 []Lot
	// Sample says that some of the cards are of machines that do not exist.
	Sample bool
}

// Lot is how many times so many idle cards stand in one host.
type Lot struct{ Size, Count int }

// CapacityPoint is a capacity at a moment. It holds until the next.
type CapacityPoint struct {
	At                                                   time.Time
	Total, Idle, Busy, Reserved, Degraded, Lost, Unknown int
}
