package market

import (
	"encoding/binary"
	"time"
)

// A stream of runs says when a sheet was read, and whether what was read is believed: one record a run,
//
//	uvarint(seconds<<2 | absolute<<1 | succeeded)
//
// where seconds is the time since the run before, or, in an absolute record, since 1970.
const (
	runSucceeded = 1
	runAbsolute  = 1 << 1
	runBits      = 2
)

// RunMark is one run of a sheet, to the second.
type RunMark struct {
	At        time.Time
	Succeeded bool
}

// Append writes the run absolutely, and after the one before it; the latter is empty where that is not known or was later.
func (m RunMark) Append(before time.Time) (absolute, relative []byte) {
	flags := uint64(0)
	if m.Succeeded {
		flags = runSucceeded
	}
	absolute = binary.AppendUvarint(nil, uint64(m.At.Unix())<<runBits|runAbsolute|flags)
	if since := m.At.Unix() - before.Unix(); !before.IsZero() && since >= 0 {
		relative = binary.AppendUvarint(nil, uint64(since)<<runBits|flags)
	}
	return absolute, relative
}

// ReadRuns reads a stream of runs, in the order in which they were written.
func ReadRuns(stream []byte) ([]RunMark, error) {
	var out []RunMark
	seconds := int64(0)
	for len(stream) > 0 {
		tag, n := binary.Uvarint(stream)
		if n <= 0 || len(out) == 0 && tag&runAbsolute == 0 {
			return out, ErrTorn
		}
		if tag&runAbsolute != 0 {
			seconds = 0
		}
		seconds += int64(tag >> runBits)
		out = append(out, RunMark{time.Unix(seconds, 0).UTC(), tag&runSucceeded != 0})
		stream = stream[n:]
	}
	return out, nil
}
