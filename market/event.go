package market

import "time"

// AlertEventKind is what an event says.
type AlertEventKind string

// The kinds of event.
const (
	Fired       AlertEventKind = "FIRED"
	Further     AlertEventKind = "FURTHER"
	Resolved    AlertEventKind = "RESOLVED"
	NoData      AlertEventKind = "NO_DATA"
	SourceError AlertEventKind = "SOURCE_ERROR"
	TestEvent   AlertEventKind = "TEST"
)

// Event is something that a rule had to say. Once kept it never changes.
type Event struct {
	// Sequence is its place among the events of all rules, from 1; Number that among its own rule's, from 1 without a hole. Both are
	// zero until the event is kept.
	Sequence, Number int64 `json:"-"`
	RuleID, RuleName string
	RuleVersion      int64
	Kind             AlertEventKind
	Subject          AlertSubject
	Condition        AlertCondition
	// About names the subject within the rule: an offer's id, or a group of offers that are compared with each other.
	About string
	// At is when it was judged, ObservedAt when what was judged had been read.
	At, ObservedAt time.Time
	// Offer is the offer it is about, as it was; nil where it is about none.
	Offer *Offer `json:",omitempty"`
	// Offers is how many offers the value was found among.
	Offers int `json:",omitempty"`
	// Value and Previous are prices of a card-hour in Currency; nil where the event is about none.
	Value, Previous *Decimal `json:",omitempty"`
	// Threshold is the price that the value passed.
	Threshold *Decimal `json:",omitempty"`
	Percent   *Decimal `json:",omitempty"`
	Window    time.Duration
	Currency  Currency
	Stock     Stock `json:",omitempty"`
	// Sources are the documents behind it.
	Sources []Source `json:",omitempty"`
	// Reason says why a rule is not judged, in one sentence; empty where it is.
	Reason string `json:",omitempty"`
	// Targets is how many deliveries it has.
	Targets int
}

// ID is the event's.
func (e Event) ID() string { return EventID(e.Sequence) }

// DeliveryStatus is how far a delivery is.
type DeliveryStatus string

// The states of a delivery.
const (
	DeliveryPending  DeliveryStatus = "PENDING"
	Delivered        DeliveryStatus = "DELIVERED"
	DeliveryRetrying DeliveryStatus = "RETRYING"
	DeliveryFailed   DeliveryStatus = "FAILED"
)

// Delivery is what becomes of one event at one of its targets.
type Delivery struct {
	ID     string `json:"-"`
	Event  int64  `json:"-"`
	RuleID string
	// Target is where to, secrets included, and Secret what webhooks are signed with: both are for the sender alone.
	Target, Secret string
	// Channel is the target as it may be shown.
	Channel string
	Status  DeliveryStatus
	// Attempts is how often it was tried; a redelivery goes on counting.
	Attempts int `json:"-"`
	// LastError is why the latest attempt failed, without secrets; empty after a success.
	LastError string `json:",omitempty"`
	// NextAt is when it is tried next; zero where it is not.
	NextAt time.Time `json:",omitzero"`
	// DeliveredAt is when the target took it; zero until then.
	DeliveredAt time.Time `json:",omitzero"`
}
