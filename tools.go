//go:build tools

// Package tools pins the code generators that the build runs, so that everybody generates with the same version.
package tools

import (
	_ "github.com/99designs/gqlgen"
)
