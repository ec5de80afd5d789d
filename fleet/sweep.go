package fleet

import (
	"context"
	"time"

	"gpuhour/market"
)

// Sweep is what one look at all cards of a host found.
type Sweep struct {
	NVML  market.ReportedNVML   `json:"nvml"`
	Cards []market.ReportedCard `json:"cards"`
	// Xids are those that came since the sweep before.
	Xids []market.ReportedXid `json:"xids,omitempty"`
	// At is when the sweep was over, with the reading of a clock that cannot be set. It does not leave the process.
	At time.Time `json:"-"`
}

// Source is where sweeps come from: a probe, or a machine that does not exist. A sweep that fails is one that says so.
type Source interface {
	Sweep(ctx context.Context) Sweep
	// Close ends what the source has started.
	Close()
}
