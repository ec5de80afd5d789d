package fleet

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"
)

// helpers are what a test lets the test binary be instead: one library is bound to a process for ever, and some of them end it.
var helpers = map[string]func(){
	"probe": func() {
		deadline, err := time.ParseDuration(os.Getenv("FLEET_DEADLINE"))
		if err == nil {
			err = RunProbe(context.Background(), os.Getenv("FLEET_LIBRARY"), deadline, os.Stdin, os.Stdout)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	},
	"dies": func() {
		fmt.Fprintln(os.Stderr, "symbol lookup error: undefined symbol: nvmlSomething")
		os.Exit(127)
	},
	"silent": func() { select {} },
	"babbles": func() {
		fmt.Println("no JSON at all")
		select {}
	},
}

// TestMain makes the test binary a helper where it is told to be one.
func TestMain(m *testing.M) {
	if helper, is := helpers[os.Getenv("FLEET_HELPER")]; is {
		helper()
		os.Exit(0)
	}
	code := m.Run()
	removeLibraries()
	os.Exit(code)
}

// helper is the command of one of the helpers.
func helper(name string, env ...string) func() *exec.Cmd {
	return func() *exec.Cmd {
		c := exec.Command(os.Args[0])
		c.Env = append(append(os.Environ(), "FLEET_HELPER="+name, "GORACE=atexit_sleep_ms=0"), env...)
		return c
	}
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("in 30 s it did not come about that %s", what)
		}
	}
}

// ptr is for values that are known, in what a test wants.
func ptr[T any](v T) *T { return &v }
