//go:build linux && cgo

package fleet

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// libraries are the fake NVML, built once: of today, and as old as driver 470.
var libraries = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "fakenvml")
	if err != nil {
		return "", err
	}
	libraryDir = dir
	header, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/NVIDIA/go-nvml").Output()
	if err != nil {
		return "", fmt.Errorf("where go-nvml's header is: %w", err)
	}
	for name, define := range map[string]string{"new.so": "-DNEW_DRIVER", "old.so": "-DOLD_DRIVER"} {
		out, err := exec.Command("gcc", "-shared", "-fPIC", "-O1", "-w", "-DNVML_NO_UNVERSIONED_FUNC_DEFS=1",
			define, "-I"+filepath.Join(strings.TrimSpace(string(header)), "pkg/nvml"), "-Wl,-soname,libnvidia-ml.so.1", "-o", filepath.Join(dir, name),
			"testdata/fakenvml/fakenvml.c", "-lpthread").CombinedOutput()
		if err != nil {
			return dir, fmt.Errorf("%w: %s", err, out)
		}
	}
	return dir, nil
})

// libraryDir is where they are, once somebody has begun to build them.
var libraryDir string

func removeLibraries() {
	if libraryDir != "" {
		_ = os.RemoveAll(libraryDir)
	}
}

// fake is a script that a fake NVML plays.
type fake struct {
	t       *testing.T
	path    string
	library string
}

// newFake writes a script for one of the libraries.
func newFake(t *testing.T, library, script string) fake {
	t.Helper()
	if _, err := exec.LookPath("gcc"); err != nil && os.Getenv("CI") == "" {
		t.Skip("no gcc here")
	}
	dir, err := libraries()
	if err != nil {
		t.Fatal(err)
	}
	f := fake{t, filepath.Join(t.TempDir(), "script"), filepath.Join(dir, library)}
	f.play(script)
	return f
}

// play changes the script, whole.
func (f fake) play(script string) {
	f.t.Helper()
	next := f.path + ".next"
	if err := os.WriteFile(next, []byte(script), 0o600); err != nil {
		f.t.Fatal(err)
	}
	if err := os.Rename(next, f.path); err != nil {
		f.t.Fatal(err)
	}
}

// command is a probe's, with a deadline for each of its calls.
func (f fake) command(deadline string) func() *exec.Cmd {
	return helper("probe", "FAKENVML="+f.path, "FLEET_LIBRARY="+f.library, "FLEET_DEADLINE="+deadline)
}

// probe is a source over the fake, in a process of its own.
func (f fake) probe(o ProcessOptions) *Process {
	if o.Command == nil {
		o.Command = f.command("2s")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	p := NewProcess(o)
	f.t.Cleanup(p.Close)
	return p
}
