package oracle

import (
	"fmt"
	"strings"
	"testing"
)

// indexPoint is a step of an index as the program tells it.
type indexPoint struct {
	At                         string
	Min, P25, Median, P75, Max *string
	Offers, Providers          int
	Coverage                   float64
}

// index asks a question for indices, and gives the steps that have prices, a line each.
func (s serving) index(t testing.TB, query string, variables map[string]any) (out []string) {
	t.Helper()
	var answer struct {
		Index []struct {
			Kind   string
			Points []indexPoint
		}
	}
	s.ask(t, query, variables, &answer)
	for _, index := range answer.Index {
		for _, p := range index.Points {
			if p.Min != nil {
				out = append(out, fmt.Sprintf("%s | %s | %s | %s | %s | %s | %s | %d | %d | %.9f", index.Kind, strings.Replace(p.At, ".000Z", "Z", 1),
					*p.Min, *p.P25, *p.Median, *p.P75, *p.Max, p.Offers, p.Providers, p.Coverage))
			}
		}
	}
	return out
}
