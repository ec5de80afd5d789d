package graph_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"gpuhour/market"
)

// loadSchema reads schema files together.
func loadSchema(t *testing.T, pattern string) *ast.Schema {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		t.Fatalf("%s: %v", pattern, err)
	}
	var sources []*ast.Source
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, &ast.Source{Name: name, Input: string(text)})
	}
	schema, err := gqlparser.LoadSchema(sources...)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// ours are the definitions of the schema that are not the language's own.
func ours(schema *ast.Schema) []*ast.Definition {
	var out []*ast.Definition
	for name, d := range schema.Types {
		if !d.BuiltIn && !strings.HasPrefix(name, "__") {
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(a, b *ast.Definition) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func TestSchemaDescribesEverything(t *testing.T) {
	described := func(where, text string) {
		if len(strings.Fields(text)) < 2 && text != "Africa." || !strings.HasSuffix(text, ".") && !strings.HasSuffix(text, "\".") {
			t.Errorf("%s has no description that ends like a sentence: %q", where, text)
		}
	}
	for _, d := range ours(loadSchema(t, "schema/*.graphqls")) {
		if d.Kind != ast.Scalar || !strings.HasSuffix(d.Description, `"`) {
			described(d.Name, d.Description)
		}
		for _, v := range d.EnumValues {
			described(d.Name+"."+v.Name, v.Description)
		}
		for _, f := range d.Fields {
			if strings.HasPrefix(f.Name, "__") {
				continue
			}
			described(d.Name+"."+f.Name, f.Description)
			for _, a := range f.Arguments {
				described(d.Name+"."+f.Name+"("+a.Name+")", a.Description)
			}
		}
	}
}

func TestEnumsMatchSchema(t *testing.T) {
	got := map[string][]string{}
	for _, d := range ours(loadSchema(t, "schema/*.graphqls")) {
		for _, v := range d.EnumValues {
			got[d.Name] = append(got[d.Name], v.Name)
		}
	}
	if diff := cmp.Diff(market.Terms(), got); diff != "" {
		t.Errorf("the schema's words are the domain's (-domain +schema):\n%s", diff)
	}
}

// added are the words and questions that we have beyond the contract (docs/adr/0006, 0010).
var added = map[string]bool{"PriceBasis.COMPONENT": true, "OfferFilter.components": true, "OfferFilter.collections": true, "Query.offer.asOf": true,
	"AlertEvent.number": true, "AlertEvent.reason": true, "AlertEvent.condition": true, "AlertEvent.subject": true,
	"AlertEvent.about": true, "AlertEvent.offerCount": true, "AlertEvent.percent": true, "AlertEvent.window": true, "AlertEvent.stock": true, "AlertRule.version": true,
	"Query.deadLetters": true, "Delivery.event": true, "Delivery.nextAttemptAt": true, "Backtest.hasMore": true}

// TestSchemaKeepsTheContract compares with the contract, where it lies beside the repository.
func TestSchemaKeepsTheContract(t *testing.T) {
	const contract = "../../shared/design/schema.graphqls"
	if _, err := os.Stat(contract); errors.Is(err, fs.ErrNotExist) {
		t.Skip("the contract is not here")
	}
	promised := loadSchema(t, contract)
	for _, d := range ours(loadSchema(t, "schema/*.graphqls")) {
		want := promised.Types[d.Name]
		if want == nil {
			continue // ours alone
		}
		if want.Kind != d.Kind || !slices.Equal(want.Interfaces, d.Interfaces) {
			t.Errorf("%s: %s %v, promised %s %v", d.Name, d.Kind, d.Interfaces, want.Kind, want.Interfaces)
		}
		for _, f := range d.Fields {
			if w := want.Fields.ForName(f.Name); w != nil {
				keeps(t, d.Name, w, f)
			}
		}
		for _, w := range want.Fields {
			if d.Kind == ast.InputObject && d.Fields.ForName(w.Name) == nil {
				t.Errorf("%s has no field %s", d.Name, w.Name)
			}
		}
		for _, f := range d.Fields {
			if d.Kind == ast.InputObject && want.Fields.ForName(f.Name) == nil && !added[d.Name+"."+f.Name] {
				t.Errorf("%s.%s is not promised", d.Name, f.Name)
			}
		}
		var values, wanted []string
		for _, v := range d.EnumValues {
			if !added[d.Name+"."+v.Name] {
				values = append(values, v.Name)
			}
		}
		for _, v := range want.EnumValues {
			wanted = append(wanted, v.Name)
		}
		if diff := cmp.Diff(wanted, values); diff != "" {
			t.Errorf("%s (-promised +ours):\n%s", d.Name, diff)
		}
	}
}

func keeps(t *testing.T, object string, want, got *ast.FieldDefinition) {
	t.Helper()
	ours := *got
	ours.Arguments = slices.DeleteFunc(slices.Clone(got.Arguments), func(a *ast.ArgumentDefinition) bool { return added[object+"."+got.Name+"."+a.Name] && !a.Type.NonNull })
	if diff := cmp.Diff(signature(want), signature(&ours)); diff != "" {
		t.Errorf("%s (-promised +ours):\n%s", object, diff)
	}
}

// signature is a field with its arguments, types and defaults.
func signature(f *ast.FieldDefinition) string {
	var b strings.Builder
	b.WriteString(f.Name)
	for _, a := range f.Arguments {
		b.WriteString("(" + a.Name + ": " + a.Type.String() + otherwise(a.DefaultValue) + ")")
	}
	b.WriteString(": " + f.Type.String() + otherwise(f.DefaultValue))
	return b.String()
}

func otherwise(v *ast.Value) string {
	if v == nil {
		return ""
	}
	return " = " + v.String()
}

func TestResolversHaveNoLeftovers(t *testing.T) {
	names, err := filepath.Glob("*.resolvers.go")
	if err != nil || len(names) == 0 {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, leftover := range []string{"!!! WARNING !!!", "not implemented"} {
			if strings.Contains(string(text), leftover) {
				t.Errorf("%s: the generator left something over: %q", name, leftover)
			}
		}
	}
}
