package scrapers

import (
	"slices"
	"strings"
	"testing"
)

// TestKeysGoIntoHeaders holds that no address carries a key: addresses are stored and shown.
func TestKeysGoIntoHeaders(t *testing.T) {
	const key = "a-secret-key"
	for _, s := range All() {
		if s.About().KeyName == "" {
			continue
		}
		for _, sheet := range s.Sheets(Settings{Key: key}) {
			carried := false
			for name, values := range sheet.First.Header {
				if slices.ContainsFunc(values, func(v string) bool { return strings.Contains(v, key) }) {
					carried = safeHeader(sheet.First.Header).Get(name) == masked
				}
			}
			if strings.Contains(sheet.First.URL, key) || !carried {
				t.Errorf("%s: %s asks for %s, its key in a header that the archive masks: %v", s.About().ID, sheet.Name, sheet.First.URL, carried)
			}
		}
	}
}
