package main

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestArrows holds which package may know which: everybody knows market, market knows nobody, siblings do not know each other.
func TestArrows(t *testing.T) {
	allowed := map[string][]string{
		"gpuhour/market":          nil,
		"gpuhour/alerts":          {"gpuhour/market"},
		"gpuhour/scrapers":        {"gpuhour/market"},
		"gpuhour/store":           {"gpuhour/market"},
		"gpuhour/web":             {"gpuhour/market"},
		"gpuhour/export":          {"gpuhour/market"},
		"gpuhour/fleet":           {"gpuhour/market"},
		"gpuhour/mapping":         {"gpuhour/market"},
		"gpuhour/graph/scalar":    {"gpuhour/market"},
		"gpuhour/graph/model":     {"gpuhour/market", "gpuhour/graph/scalar"},
		"gpuhour/graph/generated": {"gpuhour/market", "gpuhour/graph/scalar", "gpuhour/graph/model"},
		"gpuhour/graph":           {"gpuhour/market", "gpuhour/graph/scalar", "gpuhour/graph/model", "gpuhour/graph/generated"},
	}
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", `{{.ImportPath}}: {{join .Imports " "}}`, "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		name, imports, _ := strings.Cut(strings.TrimSpace(line), ": ")
		if name == "gpuhour" {
			continue
		}
		may, known := allowed[name]
		if !known {
			t.Errorf("%s is not in this table: say what it may import", name)
		}
		for imported := range strings.FieldsSeq(imports) {
			if strings.HasPrefix(imported, "gpuhour") && !slices.Contains(may, imported) {
				t.Errorf("%s imports %s", name, imported)
			}
		}
	}
}

// TestNoCgo holds that the server builds without a C compiler. With one, the program has the agent's NVML too, which is the only thing
// that needs cgo; without one, none of its packages is left, and what is left lacks no file.
func TestNoCgo(t *testing.T) {
	needs := `{{if and .CgoFiles (not .Standard)}}{{.ImportPath}}{{end}}`
	if got := strings.Fields(listProgram(t, "1", needs)); !slices.Equal(got, []string{"github.com/NVIDIA/go-nvml/pkg/dl", "github.com/NVIDIA/go-nvml/pkg/nvml"}) {
		t.Errorf("packages that need cgo: %q", got)
	}
	for name := range strings.FieldsSeq(listProgram(t, "0", `{{.ImportPath}}{{if .Incomplete}} {{.ImportPath}}:incomplete{{end}}`)) {
		if strings.HasPrefix(name, "github.com/NVIDIA/") || strings.HasSuffix(name, ":incomplete") {
			t.Errorf("without cgo the program has %s", name)
		}
	}
}

// listProgram prints something of each package of the program, with cgo ("1") or without ("0").
func listProgram(t *testing.T, cgo, format string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", format, ".")
	c.Env = append(os.Environ(), "CGO_ENABLED="+cgo)
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// TestReadmeNamesEveryDependency holds that each choice has its line.
func TestReadmeNamesEveryDependency(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	module, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(module)) {
		fields := strings.Fields(line)
		if len(fields) != 2 || !strings.HasPrefix(fields[1], "v") {
			continue // not a direct requirement
		}
		if name := strings.TrimPrefix(fields[0], "github.com/"); !strings.Contains(string(readme), name) {
			t.Errorf("README.md does not say why we depend on %s", name)
		}
	}
}
