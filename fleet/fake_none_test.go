//go:build !linux || !cgo

package fleet

import (
	"errors"
	"testing"
	"time"
)

func removeLibraries() {}

// TestWithoutCgo holds that such a program says why it cannot.
func TestWithoutCgo(t *testing.T) {
	if err := RunProbe(t.Context(), "", time.Second, nil, nil); !errors.Is(err, ErrNoNVML) || Supported {
		t.Errorf("got %v, supported %v", err, Supported)
	}
}
