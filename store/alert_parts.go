package store

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"gpuhour/market"
)

// partSize is how many arguments one call takes, as far as rules can be parted: Redis does nothing else meanwhile.
const partSize = 50_000

// largestPart is the most that one call can take at all, as Redis and the journal have it: a rule cannot be parted.
const largestPart = mostArguments - 1000

// part is what one call keeps of a judgement.
type part struct {
	rules  []*judgedRule
	places map[string]int64
	spoken []market.Spoken
}

// judgedRule is what a judgement says of one rule.
type judgedRule struct {
	id        string
	number    int64
	version   int64
	state     *market.RuleStanding
	standings []judgedSubject
	// spoken are places among the judgement's events.
	spoken []int
	size   int
}

// judgedSubject is how one subject stands; nil when it is no more.
type judgedSubject struct {
	about    string
	standing *market.Standing
}

// partsOf cuts a judgement between rules. The rules that have something to say come first, in the order in which they say it. The same
// judgement is always cut in the same way.
func partsOf(j market.Judgement, size int) ([]part, error) {
	if j.ID == "" {
		return nil, errors.New("it has no id")
	}
	rules, err := rulesOf(j)
	if err != nil {
		return nil, err
	}
	var parts []part
	for rest := rules; len(parts) == 0 || len(rest) > 0; {
		n := fitting(rest, size)
		parts = append(parts, partOf(j, rest[:n]))
		rest = rest[n:]
	}
	parts[len(parts)-1].places = j.Places
	return parts, nil
}

// fitting is how many rules fit a size, but at least one, where there is one.
func fitting(rules []*judgedRule, size int) int {
	total := 0
	for n, r := range rules {
		if total += r.size; total > size && n > 0 {
			return n
		}
	}
	return len(rules)
}

// partOf are some rules, with their events in the order of happening.
func partOf(j market.Judgement, rules []*judgedRule) part {
	var places []int
	for _, r := range rules {
		places = append(places, r.spoken...)
	}
	slices.Sort(places)
	p := part{rules: rules}
	for _, i := range places {
		p.spoken = append(p.spoken, j.Spoken[i])
	}
	return p
}

// rulesOf are the rules of a judgement in the order in which they are kept.
func rulesOf(j market.Judgement) ([]*judgedRule, error) {
	c := ruleCollector{versions: j.Versions, rules: map[string]*judgedRule{}}
	for i, said := range j.Spoken {
		r := c.rule(said.Event.RuleID, said.Event.RuleVersion)
		r.spoken = append(r.spoken, i)
		r.size += 4 + len(said.Targets)
	}
	for id, state := range j.Rules {
		c.rule(id, j.Versions[id]).state = &state
	}
	for key, standing := range j.Standings {
		r := c.rule(key.Rule, j.Versions[key.Rule])
		r.standings = append(r.standings, judgedSubject{key.About, standing})
		r.size += 2
	}
	return c.sorted()
}

// ruleCollector gathers what is said of rules, and keeps the first reason why it cannot be kept.
type ruleCollector struct {
	versions map[string]int64
	rules    map[string]*judgedRule
	err      error
}

// rule is a rule that was judged at a version.
func (c *ruleCollector) rule(id string, version int64) *judgedRule {
	r, known := c.rules[id]
	if !known {
		number, _ := market.RuleNumber(id)
		r = &judgedRule{id: id, number: number, version: version, size: 6}
		c.rules[id] = r
	}
	judged, told := c.versions[id]
	switch {
	case r.number == 0:
		c.err = cmp.Or(c.err, fmt.Errorf("%q is no rule's id", id))
	case version < 1:
		c.err = cmp.Or(c.err, fmt.Errorf("it does not tell the version of %s", id))
	case version != r.version || told && version != judged:
		c.err = cmp.Or(c.err, fmt.Errorf("it tells two versions of %s", id))
	}
	return r
}

func (c *ruleCollector) sorted() ([]*judgedRule, error) {
	var rules []*judgedRule
	for _, r := range c.rules {
		rules = append(rules, r)
		if r.size > largestPart {
			c.err = cmp.Or(c.err, fmt.Errorf("%s has more subjects and events than can be kept at once", r.id))
		}
	}
	slices.SortFunc(rules, func(a, b *judgedRule) int {
		return cmp.Or(cmp.Compare(a.firstWord(), b.firstWord()), cmp.Compare(a.number, b.number))
	})
	return rules, c.err
}

// firstWord is the place of a rule's first event; those without one come last.
func (r *judgedRule) firstWord() int {
	if len(r.spoken) == 0 {
		return math.MaxInt
	}
	return r.spoken[0]
}
