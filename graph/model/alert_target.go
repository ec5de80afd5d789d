package model

import (
	"fmt"
	"slices"

	"gpuhour/market"
)

// MostTargets is how many targets a rule may have.
const MostTargets = 10

const longestTarget = 2000

// targets checks where a rule is to speak. What is refused is not repeated: it may hold secrets.
func targets(env *Env, entries, kept []string) ([]string, error) {
	if len(entries) > MostTargets {
		return nil, &market.InvalidError{Field: "notify", Reason: fmt.Sprintf("expected at most %d targets, got %d", MostTargets, len(entries))}
	}
	known, out := shownTargets(env, kept), []string{}
	for n, entry := range entries {
		target, reason := known.named(entry)
		if reason == "" {
			reason = refusal(env, target, out)
		}
		if reason != "" {
			return nil, &market.InvalidError{Field: fmt.Sprintf("notify[%d]", n), Reason: reason}
		}
		out = append(out, target)
	}
	return out, nil
}

// refusal is what is wrong with a target beside those before it; empty where nothing is.
func refusal(env *Env, target string, before []string) string {
	if len(target) > longestTarget {
		return fmt.Sprintf("expected at most %d bytes", longestTarget)
	}
	if same := slices.Index(before, target); same >= 0 {
		return fmt.Sprintf("the same as notify[%d]", same)
	}
	if err := env.Alerts.CheckTarget(target); err != nil {
		return err.Error()
	}
	return ""
}

// shown are the targets of a rule by what it shows for them: nobody who edits it can know more.
type shown map[string][]string

func shownTargets(env *Env, kept []string) shown {
	s := shown{}
	for _, target := range kept {
		if channel := env.Alerts.Channel(target); channel != target {
			s[channel] = append(s[channel], target)
		}
	}
	return s
}

// named is the target that an entry stands for, or the reason why that cannot be told.
func (s shown) named(entry string) (target, reason string) {
	switch alike := s[entry]; len(alike) {
	case 0:
		return entry, ""
	case 1:
		return alike[0], ""
	default:
		return "", "several targets of this rule are shown so; write them in full"
	}
}
