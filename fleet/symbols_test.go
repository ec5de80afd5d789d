//go:build linux && cgo

package fleet

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/NVIDIA/go-nvml/pkg/nvml"
)

// symbolIn finds what a method of go-nvml calls: "nvmlX", or "deviceX" where go-nvml itself chooses among versions.
var symbolIn = regexp.MustCompile(`\b(nvml|device)([A-Z]\w*)\(`)

// TestYoungSymbolsAreGuarded reads the adapter and go-nvml: every call whose symbol is not in driver 470 stands in a function that looks the
// symbol up first. testdata/r470.txt holds those that are, by the names under which go-nvml calls them.
func TestYoungSymbolsAreGuarded(t *testing.T) {
	list, err := os.ReadFile("testdata/r470.txt")
	if err != nil {
		t.Fatal(err)
	}
	old, bindings, guarded := strings.Fields(string(list)), bindingSymbols(t), map[string]bool{}
	for name, calls := range adapterCalls(t) {
		for _, call := range calls.methods {
			symbol, known := bindings[call]
			switch {
			case !known && strings.HasPrefix(call, "Get"):
				t.Errorf("%s calls %s, which go-nvml does not have", name, call)
			case !known || slices.Contains(old, symbol):
			case slices.Contains(calls.lookedUp, symbol):
				guarded[symbol] = true
			default:
				t.Errorf("%s calls %s without looking it up; driver 470 may lack it", name, symbol)
			}
		}
	}
	for _, symbol := range []string{"nvmlDeviceGetMemoryInfo_v2", "nvmlDeviceGetGpuFabricInfoV", "nvmlDeviceGetGpuFabricInfo", "nvmlDeviceGetCurrentClocksEventReasons"} {
		if !guarded[symbol] {
			t.Errorf("the test does not see the guard of %s", symbol)
		}
	}
}

// bindingSymbols are the symbols that go-nvml's methods call, by method.
func bindingSymbols(t *testing.T) map[string]string {
	t.Helper()
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-f", "{{.Dir}}", "github.com/NVIDIA/go-nvml/pkg/nvml").Output()
	if err != nil {
		t.Fatal(err)
	}
	symbols := map[string]string{"GetGpuFabricInfoV": "nvmlDeviceGetGpuFabricInfoV"} // its handler calls it
	for _, file := range []string{"device.go", "system.go", "init.go", "event_set.go"} {
		path := filepath.Join(strings.TrimSpace(string(dir)), file)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range functions(t, path) {
			found := symbolIn.FindStringSubmatch(string(text[f.Body.Pos()-1 : f.Body.End()-1]))
			switch {
			case found == nil || !slices.Contains([]string{"nvmlDevice", "nvmlEventSet", "*library"}, receiver(f)):
			case found[1] == "nvml":
				symbols[f.Name.Name] = "nvml" + found[2]
			default:
				symbols[f.Name.Name] = "nvmlDevice" + found[2]
			}
		}
	}
	return symbols
}

// functions are those that a file declares.
func functions(t *testing.T, path string) []*ast.FuncDecl {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []*ast.FuncDecl
	for _, d := range file.Decls {
		if f, is := d.(*ast.FuncDecl); is && f.Body != nil {
			out = append(out, f)
		}
	}
	return out
}

// receiver is the type that a method is of; empty for a function.
func receiver(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return ""
	}
	return types.ExprString(f.Recv.List[0].Type)
}

// calls are what a function of the adapter calls, and which symbols it looks up.
type calls struct{ methods, lookedUp []string }

func adapterCalls(t *testing.T) map[string]calls {
	t.Helper()
	out := map[string]calls{}
	for _, f := range functions(t, "nvml_cgo.go") {
		var c calls
		ast.Inspect(f.Body, func(n ast.Node) bool {
			call, is := n.(*ast.CallExpr)
			if !is {
				return true
			}
			method, is := call.Fun.(*ast.SelectorExpr)
			if !is {
				return true
			}
			if method.Sel.Name == "has" {
				c.lookedUp = append(c.lookedUp, strings.Trim(call.Args[0].(*ast.BasicLit).Value, `"`))
			}
			c.methods = append(c.methods, method.Sel.Name)
			return true
		})
		out[f.Name.Name] = c
	}
	return out
}

// TestUnguardedSymbolEndsTheProcess shows why: nothing catches such a call.
func TestUnguardedSymbolEndsTheProcess(t *testing.T) {
	f := newFake(t, "old.so", two)
	out, err := helper("unguarded", "FAKENVML="+f.path, "FLEET_LIBRARY="+f.library)().CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 127 || !strings.Contains(string(out), "nvmlDeviceGetMemoryInfo_v2") {
		t.Errorf("got %v: %s", err, out)
	}
}

func init() {
	helpers["unguarded"] = func() {
		defer func() { _ = recover() }() // it is of no use
		l := nvml.New(nvml.WithLibraryPath(os.Getenv("FLEET_LIBRARY")))
		_ = l.Init()
		_, _ = l.DeviceGetCount()
		d, _ := l.DeviceGetHandleByIndex(0)
		_, _ = d.GetMemoryInfo_v2()
	}
}
