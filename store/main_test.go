package store

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain turns the test binary into the child processes that some tests kill, and holds that nothing is left running.
func TestMain(m *testing.M) {
	if dir := os.Getenv("GPUHOUR_TEST_CHILD"); dir != "" {
		childCommitsForEver(dir)
	}
	goleak.VerifyTestMain(m)
}
