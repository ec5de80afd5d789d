package market

import "fmt"

// Summary says the event in one sentence of a language.
func (e Event) Summary(string) string { return fmt.Sprintf("%s: %s", e.RuleName, e.Kind) }
