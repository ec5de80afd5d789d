package market

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// AlertCondition is what a rule waits for.
type AlertCondition string

// The conditions.
const (
	Below      AlertCondition = "BELOW"
	Above      AlertCondition = "ABOVE"
	Drops      AlertCondition = "DROPS"
	Rises      AlertCondition = "RISES"
	NewLow     AlertCondition = "NEW_LOW"
	InStock    AlertCondition = "IN_STOCK"
	OutOfStock AlertCondition = "OUT_OF_STOCK"
	BelowIndex AlertCondition = "BELOW_INDEX"
	AboveIndex AlertCondition = "ABOVE_INDEX"
)

// OfStock says whether a condition is about stock and not about a price.
func (c AlertCondition) OfStock() bool { return c == InStock || c == OutOfStock }

// AlertSubject is what a rule's condition looks at.
type AlertSubject string

// The subjects.
const (
	EachOffer AlertSubject = "OFFER"
	Cheapest  AlertSubject = "CHEAPEST"
	OfIndex   AlertSubject = "INDEX"
)

// AlertState is how a rule, or one subject of it, stands.
type AlertState string

// The states.
const (
	AlertOK          AlertState = "OK"
	AlertPending     AlertState = "PENDING"
	AlertFiring      AlertState = "FIRING"
	AlertRecovering  AlertState = "RECOVERING"
	AlertNoData      AlertState = "NO_DATA"
	AlertSourceError AlertState = "SOURCE_ERROR"
	AlertSilenced    AlertState = "SILENCED"
)

// Rule is what somebody wants to be told of, and where.
type Rule struct {
	// ID is empty, and Version zero, until the rule is kept.
	ID string `json:"-"`
	// Version counts the edits. Each starts the rule afresh, without a word about how it stood before.
	Version int64 `json:"-"`
	Name    string
	// Given is the filter as it was given, in JSON; Filter is what it means.
	Given     string
	Filter    Filter
	Subject   AlertSubject
	Condition AlertCondition
	// Threshold is a price of a card-hour in Currency; nil where the condition needs none.
	Threshold *Decimal
	// Percent is how far; nil where the condition needs none.
	Percent *Decimal
	// Window is how far back the condition looks; zero where it does not.
	Window   time.Duration
	Currency Currency
	// For is how long the condition must have been observed to hold before the rule fires.
	For time.Duration
	// Rearm is how far back a value must come before the rule may fire again, in percent of the threshold.
	Rearm Decimal
	// Cooldown is how long a subject stays quiet after it fired.
	Cooldown time.Duration
	// FireOnCreate says whether a condition that holds already when the rule is made fires at once.
	FireOnCreate bool
	// Notify are the targets, secrets included: they are for the sender alone.
	Notify []string
	// Secret signs webhooks, as whsec_ and Base64.
	Secret  string
	Enabled bool
	// SilencedUntil is the end of the silence; zero without one.
	SilencedUntil time.Time `json:"-"`
	CreatedAt     time.Time
}

// Silenced says whether the rule keeps quiet at a moment.
func (r Rule) Silenced(now time.Time) bool { return now.Before(r.SilencedUntil) }

// The beginnings of the ids of rules and events.
const (
	rulePrefix  = "rule/"
	eventPrefix = "event/"
)

// RuleID is the id of the n-th rule, n from 1.
func RuleID(n int64) string { return rulePrefix + strconv.FormatInt(n, 10) }

// RuleNumber is the number in a rule's id; false where it is none.
func RuleNumber(id string) (int64, bool) {
	n, err := strconv.ParseInt(strings.TrimPrefix(id, rulePrefix), 10, 64)
	return n, err == nil && n > 0 && RuleID(n) == id
}

// EventID is the id of the n-th event, n from 1. Ids sort as the events happened.
func EventID(n int64) string { return fmt.Sprintf(eventPrefix+"%012d", n) }

// EventNumber is the number in an event's id; false where it is none.
func EventNumber(id string) (int64, bool) {
	n, err := strconv.ParseInt(strings.TrimPrefix(id, eventPrefix), 10, 64)
	return n, err == nil && n > 0 && EventID(n) == id
}

// DeliveryID is the id of what becomes of the n-th event at one of its targets.
func DeliveryID(event int64, target int) string { return EventID(event) + "/" + strconv.Itoa(target) }

// DeliveryEvent is the event that a delivery's id names; false where it is none.
func DeliveryEvent(id string) (int64, bool) {
	at := max(strings.LastIndex(id, "/"), 0)
	n, found := EventNumber(id[:at])
	t, err := strconv.Atoi(strings.TrimPrefix(id[at:], "/"))
	return n, found && err == nil && t >= 0 && DeliveryID(n, t) == id
}
