package scrapers

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain holds that nothing is left running.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("internal/poll.runtime_pollWait"), goleak.IgnoreTopFunction("net/http.(*persistConn).writeLoop"))
}
