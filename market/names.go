package market

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
)

//go:embed names.txt
var namesTXT string

// nameRule is one line of names.txt.
type nameRule struct {
	vendor, model string
	expression    *regexp.Regexp
	needs         []string
}

// nameRules are all of them, with one expression that matches what any of them does.
type nameRules struct {
	any   *regexp.Regexp
	rules []nameRule
}

// theNames are read from the embedded table once. A table that cannot be read is a mistake of the program, which a test finds.
var theNames = sync.OnceValue(func() *nameRules {
	rules, err := readNames(namesTXT)
	if err != nil {
		panic("market: names.txt: " + err.Error())
	}
	return rules
})

func readNames(text string) (*nameRules, error) {
	var out nameRules
	var all []string
	for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Split(line, ";")
		if len(fields) != 4 {
			return nil, fmt.Errorf("line %d: expected vendor; model; expression; words", i+1)
		}
		expression, err := regexp.Compile("^(?:" + fields[2] + ")$")
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		out.rules = append(out.rules, nameRule{fields[0], fields[1], expression, strings.Fields(fields[3])})
		all = append(all, fields[2])
	}
	out.any = regexp.MustCompile("^(?:" + strings.Join(all, "|") + ")$")
	return &out, nil
}

// named is a model found in a name, and the words that say it.
type named struct {
	vendor, model string
	from, to      int
}

// mostJoined is how many words a model's name is made of at most: "RTX PRO 500 Blackwell Generation", with a maker before it.
const mostJoined = 6

// find looks for models among words, longest names first, each word used once.
func (n *nameRules) find(all []string) []named {
	var found []named
	for i := 0; i < len(all); {
		hit, ok := n.at(all, i)
		if !ok {
			i++
			continue
		}
		found = append(found, hit)
		i = hit.to
	}
	return found
}

func (n *nameRules) at(all []string, from int) (named, bool) {
	for to := min(len(all), from+mostJoined); to > from; to-- {
		joined := join(all[from:to])
		if !n.any.MatchString(joined) {
			continue
		}
		for _, r := range n.rules {
			if model, ok := r.read(joined, all); ok {
				return named{r.vendor, model, from, to}, true
			}
		}
	}
	return named{}, false
}

// join puts words together, with a dash where a digit would meet a digit: "A10 0" is not "A100".
func join(part []string) string {
	var b strings.Builder
	for i, w := range part {
		if i > 0 && isDigit(part[i-1][len(part[i-1])-1]) && isDigit(w[0]) {
			b.WriteByte('-')
		}
		b.WriteString(w)
	}
	return b.String()
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

func (r nameRule) read(joined string, all []string) (string, bool) {
	match := r.expression.FindStringSubmatchIndex(joined)
	if match == nil || !r.hasCompany(all) {
		return "", false
	}
	return strings.TrimSpace(string(r.expression.ExpandString(nil, r.model, joined, match))), true
}

// hasCompany says whether one of the words stands in the name that a short model needs beside it.
func (r nameRule) hasCompany(all []string) bool {
	return len(r.needs) == 0 || slices.ContainsFunc(all, func(w string) bool {
		return slices.ContainsFunc(r.needs, func(need string) bool { return w == need || chinese([]rune(need)[0]) && strings.Contains(w, need) })
	})
}
