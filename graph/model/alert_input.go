package model

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"gpuhour/market"
)

// The bounds of a rule.
const (
	longestRuleName = 200
	shortestWindow  = time.Minute
	longestWindow   = 365 * 24 * time.Hour
	mostRearm       = 99
	usualRearm      = 2
)

// Rule reads a rule that an argument holds. An *market.InvalidError names the field of the argument that is wrong. Kept are the targets of
// the rule in whose place it is put, of which it may name those that it keeps as they are shown.
func (i AlertRuleInput) Rule(env *Env, argument string, kept []string) (market.Rule, error) {
	rule, err := i.rule(env, kept)
	var invalid *market.InvalidError
	if errors.As(err, &invalid) {
		err = &market.InvalidError{Field: argument + "." + invalid.Field, Reason: invalid.Reason}
	}
	return rule, err
}

func (i AlertRuleInput) rule(env *Env, kept []string) (rule market.Rule, err error) {
	rule = market.Rule{Name: i.Name, Subject: i.Subject, Condition: i.Condition, Currency: currencyOf(i.Currency),
		FireOnCreate: yes(i.FireOnCreate), Enabled: yes(i.Enabled)}
	for _, read := range []func(*Env, *market.Rule) error{i.checkName, i.readFilter, i.checkStock, i.readCondition, i.readTimes, i.checkCurrency} {
		if err := read(env, &rule); err != nil {
			return rule, err
		}
	}
	rule.Notify, err = targets(env, i.Notify, kept)
	return rule, err
}

// yes is what is on unless it is said to be off.
func yes(b *bool) bool { return b == nil || *b }

// checkName wants a name that fits the subject of a message.
func (i AlertRuleInput) checkName(_ *Env, _ *market.Rule) error {
	length := utf8.RuneCountInString(i.Name)
	if strings.TrimSpace(i.Name) == "" || length > longestRuleName || strings.ContainsFunc(i.Name, unicode.IsControl) {
		return &market.InvalidError{Field: "name", Reason: fmt.Sprintf("expected 1 to %d characters in one line, got %d", longestRuleName, length)}
	}
	return nil
}

// checkStock keeps prices out of conditions of stock.
func (i AlertRuleInput) checkStock(_ *Env, _ *market.Rule) error {
	if i.Condition.OfStock() && i.Subject == market.OfIndex {
		return &market.InvalidError{Field: "subject", Reason: "expected OFFER or CHEAPEST: a median has no stock"}
	}
	return nil
}

// needs is what a condition is given; it takes nothing else.
type needs struct {
	threshold, window bool
	// percent is the most; zero where it takes none.
	percent int
}

var needsOf = map[market.AlertCondition]needs{
	market.Below:      {threshold: true},
	market.Above:      {threshold: true},
	market.Drops:      {percent: 100, window: true},
	market.Rises:      {percent: 1000, window: true},
	market.NewLow:     {window: true},
	market.InStock:    {},
	market.OutOfStock: {},
	market.BelowIndex: {percent: 100},
	market.AboveIndex: {percent: 1000},
}

func (i AlertRuleInput) readCondition(_ *Env, rule *market.Rule) (err error) {
	n := needsOf[i.Condition]
	if err := errors.Join(i.agree("threshold", i.Threshold != nil, n.threshold), i.agree("percent", i.Percent != nil, n.percent > 0),
		i.agree("window", i.Window != nil, n.window)); err != nil {
		return err
	}
	if rule.Threshold, err = price("threshold", i.Threshold); err != nil {
		return err
	}
	if rule.Percent, err = percent("percent", i.Percent, n.percent); err != nil {
		return err
	}
	rule.Window, err = lasting("window", i.Window, shortestWindow)
	return err
}

// agree refuses what a condition has no use for, and what it cannot do without.
func (i AlertRuleInput) agree(field string, given, needed bool) error {
	switch {
	case given && !needed:
		return &market.InvalidError{Field: field, Reason: fmt.Sprintf("%s takes none", i.Condition)}
	case needed && !given:
		return &market.InvalidError{Field: field, Reason: fmt.Sprintf("%s needs one", i.Condition)}
	}
	return nil
}

func price(field string, d *market.Decimal) (*market.Decimal, error) {
	if d == nil {
		return nil, nil
	}
	if _, err := market.Units(*d, market.DerivedScale); err != nil || !d.IsPos() {
		return nil, &market.InvalidError{Field: field, Reason: fmt.Sprintf("expected the price of a card-hour, above zero, got %s", d)}
	}
	return d, nil
}

func percent(field string, f *float64, most int) (*market.Decimal, error) {
	if f == nil {
		return nil, nil
	}
	d, err := market.PercentOf(field, *f, most)
	if err == nil && d.IsZero() {
		err = &market.InvalidError{Field: field, Reason: "expected a percentage above zero"}
	}
	return &d, err
}

// lasting is a length of time between the least that is wanted and a year; zero where none is given.
func lasting(field string, d *time.Duration, least time.Duration) (time.Duration, error) {
	if d == nil {
		return 0, nil
	}
	if *d < least || *d > longestWindow {
		return 0, &market.InvalidError{Field: field, Reason: fmt.Sprintf("expected a length of time from %s to P365D", leastNames[least])}
	}
	return *d, nil
}

var leastNames = map[time.Duration]string{0: "PT0S", shortestWindow: "PT1M"}

func (i AlertRuleInput) readTimes(_ *Env, rule *market.Rule) (err error) {
	if i.For != nil && *i.For != 0 {
		if rule.For, err = lasting("for", i.For, shortestWindow); err != nil {
			return err
		}
	}
	if rule.Cooldown, err = lasting("cooldown", i.Cooldown, 0); err != nil {
		return err
	}
	rule.Rearm, err = market.PercentOf("rearmPercent", numberOr(i.RearmPercent, usualRearm), mostRearm)
	return err
}

// checkCurrency wants a currency in which something has a price.
func (i AlertRuleInput) checkCurrency(env *Env, rule *market.Rule) error {
	_, known := env.View.Rates().Between(market.USD, rule.Currency, env.Now)
	listed := func(e *market.Entry) bool { return e.Offer.Listed.Currency == rule.Currency }
	if !known && !slices.ContainsFunc(env.View.Entries(), listed) {
		return &market.InvalidError{Field: "currency", Reason: fmt.Sprintf("nothing has a price in %s: no exchange rate from USD is known, and nothing is listed in it", rule.Currency)}
	}
	return nil
}
