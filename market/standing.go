package market

import "time"

// Standing is how one subject of a rule stands: all that judging it again needs to know. Times are those of observations.
type Standing struct {
	State AlertState
	// Fired says that FIRED has been said and RESOLVED has not.
	Fired bool `json:",omitempty"`
	// FiredAt is when it last fired; zero if never.
	FiredAt time.Time `json:",omitzero"`
	// Pending is since when the condition holds without having fired; zero where it does not.
	Pending time.Time `json:",omitzero"`
	// Value is the price last judged, and Before the one before it; nil where there was none.
	Value  *Decimal `json:",omitempty"`
	Before *Decimal `json:",omitempty"`
	// OfferID is the offer that the value, or the stock, was of.
	OfferID string `json:",omitempty"`
	// Lapsed says that the value is in force no more: it could not be judged since.
	Lapsed bool `json:",omitempty"`
	// Spoken is the value that was last spoken of while firing.
	Spoken *Decimal `json:",omitempty"`
	// Low is the low that a new low was lower than.
	Low *Decimal `json:",omitempty"`
	// Latched is the value of a condition that holds and must not fire before it has been false, or has gone further.
	Latched *Decimal `json:",omitempty"`
	// Trail are values that are gone, as far as a window needs them, oldest first.
	Trail []Gone `json:",omitempty"`
	// Vanished are cheapest offers that are listed no longer, as far as a window needs them: when one comes back, nothing has dropped.
	Vanished []Departed `json:",omitempty"`
	// Members tell which offers a median was found among.
	Members string `json:",omitempty"`
	// Stock is the one last judged.
	Stock Stock `json:",omitempty"`
	// Troubled is the run of a source that failed first in a row.
	Troubled time.Time `json:",omitzero"`
}

// Gone is a value that was in force until a moment.
type Gone struct {
	Value Decimal
	Until time.Time
}

// StandingKey names a subject of a rule: an offer, a group of offers, or a source.
type StandingKey struct{ Rule, About string }

// RuleStanding sums a rule's subjects up.
type RuleStanding struct {
	// Version is the one that was judged.
	Version int64
	State   AlertState
	// LastFiredAt is when an event FIRED was last judged; zero if never.
	LastFiredAt time.Time `json:",omitzero"`
}

// Judgement is everything that judging rules once has changed. A store keeps it whole or not at all, and a second time without effect.
type Judgement struct {
	// ID is unique to the judgement.
	ID string
	// Fence is that of the lease it was made under; a store refuses what was judged after the lease was lost.
	Fence int64
	// Versions are those at which the rules were judged that Standings and Rules name; an event tells its own. What is said of a rule that
	// has been edited or deleted meanwhile is dropped.
	Versions map[string]int64
	// Places are the commits of the providers that were judged, as far as they are others than before.
	Places map[string]int64
	// Standings are the subjects that stand otherwise now; nil is one that is no more.
	Standings map[StandingKey]*Standing
	// Rules are the rules that stand otherwise now.
	Rules map[string]RuleStanding
	// Spoken are the events, in the order of happening.
	Spoken []Spoken
}

// Spoken is an event with where it is to be said.
type Spoken struct {
	Event   Event
	Targets []Target
}

// Target is where an event is to be said.
type Target struct {
	// URL holds secrets, and Secret signs webhooks; Channel is the target as it may be shown.
	URL, Secret, Channel string
}

// Backtest is what a rule would have said.
type Backtest struct {
	// Fired is how often it would have fired.
	Fired int
	// Events are the first of all its events, in the order of happening.
	Events []Event
	// More says that there were more events than are listed.
	More bool
}

// Departed is an offer that was listed until a moment.
type Departed struct {
	OfferID string
	Until   time.Time
}
