package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// The weights of a query. One is a field that is only written down.
const (
	// heaviest is what one request may weigh: a full page of offers with all their fields, nodes and edges both, fits.
	heaviest = 40_000
	// weightOfSearch is one walk over all offers, or one question to the store.
	weightOfSearch = 100
	// weightOfPast is the whole market put together as it stood at another moment.
	weightOfPast = 4_000
	// weightOfReference is the reference price of one card in one currency, which is found once while the market stays the same.
	weightOfReference = 200
	// weightOfSending is one message to somebody else's server, which may keep us waiting.
	weightOfSending = 400
	// weightOfValue is one value of a filter, which every offer may be compared with.
	weightOfValue = 20
	// weightOfSchema is one reading of the whole schema.
	weightOfSchema = 15_000
	// unbounded is where counting stops, far from overflowing.
	unbounded = 1 << 40
)

const codeTooComplex = "COMPLEXITY_LIMIT_EXCEEDED"

// limits refuses what would cost more than one request may, before anything of it is done.
type limits struct{ lists lists }

// ExtensionName is how the server knows it.
func (limits) ExtensionName() string { return "Limits" }

// Validate has nothing to check.
func (limits) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationContext weighs the operation with its variables.
func (l limits) MutateOperationContext(_ context.Context, op *graphql.OperationContext) *gqlerror.Error {
	s := scale{lists: l.lists, variables: op.Variables, fragments: map[string]int{}}
	weight := s.all(op.Operation.SelectionSet)
	if weight <= heaviest {
		return nil
	}
	err := gqlerror.Errorf("the query weighs %d, and one request may weigh %d: ask for fewer fields, shorter lists (first, last) or fewer lists within lists", weight, heaviest)
	errcode.Set(err, codeTooComplex)
	return err
}

// scale weighs one operation. Each fragment is weighed once, however often it is used: fragments of fragments would
// otherwise take for ever to weigh.
type scale struct {
	lists     lists
	variables map[string]any
	fragments map[string]int
}

func (s scale) all(selections ast.SelectionSet) int {
	sum := 0
	for _, selection := range selections {
		sum = min(sum+s.one(selection), unbounded)
	}
	return sum
}

func (s scale) one(selection ast.Selection) int {
	switch it := selection.(type) {
	case *ast.Field:
		return s.field(it)
	case *ast.InlineFragment:
		return s.all(it.SelectionSet)
	case *ast.FragmentSpread:
		return s.fragment(it.Definition)
	}
	return unbounded
}

func (s scale) fragment(f *ast.FragmentDefinition) int {
	weight, weighed := s.fragments[f.Name]
	if !weighed {
		weight = s.all(f.SelectionSet)
		s.fragments[f.Name] = weight
	}
	return weight
}

func (s scale) field(f *ast.Field) int {
	if f.Name == "__schema" || f.Name == "__type" {
		return weightOfSchema
	}
	children := s.all(f.SelectionSet)
	list, isList := s.lists[coordinate{f.ObjectDefinition.Name, f.Name}]
	if !isList {
		return 1 + children
	}
	items, search := list(f.ArgumentMap(s.variables))
	return min(search+items*children, unbounded)
}
