package main

import (
	"fmt"
	"io"
	"os"
)

// progress shows on a terminal how far the reading is; elsewhere it is silent.
type progress struct {
	to          io.Writer
	total, seen int
}

func newProgress(to io.Writer, total int) *progress {
	if !isTerminal(to) {
		to = io.Discard
	}
	p := &progress{to: to, total: total}
	p.line("")
	return p
}

func isTerminal(w io.Writer) bool {
	file, isFile := w.(*os.File)
	if !isFile {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// done prints a source that was read; the line below it counts.
func (p *progress) done(o outcome) {
	p.seen++
	mark, news := "✓", fmt.Sprintf("%d offers", o.offers)
	switch {
	case o.problem != "":
		mark, news = "✗", o.problem
	case o.notRecorded:
		mark, news = "·", "not recorded"
	}
	p.line(fmt.Sprintf("%s %s: %s\n", mark, o.provider, news))
}

const clearLine = "\r\x1b[K"

func (p *progress) line(finished string) {
	fmt.Fprintf(p.to, "%s%sreading sources: %d of %d", clearLine, finished, p.seen, p.total)
}

func (p *progress) end() { fmt.Fprint(p.to, clearLine) }
