package fleet

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"

	"gpuhour/market"
)

// CallDeadline is how long one call about a card may take before the card counts as hung.
const CallDeadline = 5 * time.Second

// RunProbe is the whole of the child process: for every line that it reads it sweeps over the cards and writes one line of JSON. It ends when
// its input does, and when NVML is in any other state than READY, because only another process can load NVML anew. An empty path is the
// library that the system finds.
func RunProbe(ctx context.Context, path string, deadline time.Duration, in io.Reader, out io.Writer) error {
	l, err := openLibrary(path)
	if err != nil {
		return err
	}
	return serveSweeps(ctx, &prober{library: l, deadline: deadline}, in, out)
}

func serveSweeps(ctx context.Context, p *prober, in io.Reader, out io.Writer) error {
	asked, answers, seen := bufio.NewScanner(in), json.NewEncoder(out), newXids()
	sweep := Sweep{NVML: p.open()}
	var listening sync.Once
	for asked.Scan() {
		if sweep.NVML.State == market.NVMLReady {
			sweep = p.sweep()
			listening.Do(func() { go listen(ctx, p.library, len(p.callers), seen) })
		}
		sweep.Xids = seen.take()
		if err := answers.Encode(sweep); err != nil {
			return fmt.Errorf("probe: %w", err)
		}
		if sweep.NVML.State != market.NVMLReady {
			return nil
		}
	}
	return asked.Err()
}
