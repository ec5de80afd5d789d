package main

import (
	"fmt"
	"io"
	"os"
)

// progress shows on a terminal how far long work is; elsewhere it is silent.
type progress struct {
	to          io.Writer
	what        string
	total, seen int
}

func newProgress(to io.Writer, what string, total int) *progress {
	if !isTerminal(to) {
		to = io.Discard
	}
	p := &progress{to: to, what: what, total: total}
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
	mark, news := "✓", fmt.Sprintf("%d offers", o.offers)
	switch {
	case o.problem != "":
		mark, news = "✗", o.problem
	case o.notRecorded:
		mark, news = "·", "not recorded"
	}
	p.count(fmt.Sprintf("%s %s: %s\n", mark, o.provider, news))
}

// count prints a line that is finished, if any, and counts one more.
func (p *progress) count(finished string) {
	p.seen++
	p.line(finished)
}

// tickEvery is the most small steps that go by between two lines; where their number is known, a thousandth of them does.
const tickEvery = 10_000

// tick counts one of many small steps.
func (p *progress) tick() {
	every := tickEvery
	if p.total > 0 {
		every = min(every, p.total/1000+1)
	}
	if p.seen++; p.seen%every == 0 {
		p.line("")
	}
}

const clearLine = "\r\x1b[K"

func (p *progress) line(finished string) {
	fmt.Fprintf(p.to, "%s%s%s: %d", clearLine, finished, p.what, p.seen)
	if p.total > 0 {
		fmt.Fprintf(p.to, " of %d", p.total)
	}
}

func (p *progress) end() { fmt.Fprint(p.to, clearLine) }
