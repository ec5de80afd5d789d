package export

import (
	"compress/gzip"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// The codings of an answer, of those that a client likes equally well the first.
const (
	asZstd   = "zstd"
	asGzip   = "gzip"
	asItself = "identity"
)

// zstdWindow is how far back a compressed answer refers: far less than the 8 MiB that clients must be able to hold (RFC 9659).
const zstdWindow = 1 << 20

// encoding compresses text for those who can read it so; Parquet is compressed already. An answer that is not ended can be seen to be cut off.
func encoding(w http.ResponseWriter, r *http.Request, f Format) (to io.Writer, end func() error, err error) {
	coding := asItself
	if f != Parquet {
		coding = preferred(r.Header.Values("Accept-Encoding"))
	}
	if coding == asItself {
		return w, func() error { return nil }, nil
	}
	packed, err := compressor(w, coding)
	if err != nil {
		return nil, nil, err
	}
	w.Header().Set("Content-Encoding", coding)
	return packed, packed.Close, nil
}

func compressor(w io.Writer, coding string) (io.WriteCloser, error) {
	if coding == asZstd {
		return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(zstdWindow))
	}
	return gzip.NewWriter(w), nil
}

// preferred is the coding that a client likes best by its q-values (RFC 9110, 12.5.3). Without any that we know it is sent as it is, even
// where the client would rather have nothing.
func preferred(accept []string) string {
	weights := weightsOf(accept)
	best, most := asItself, 0.0
	for _, coding := range []string{asZstd, asGzip, asItself} {
		weight, named := weights[coding]
		if !named {
			weight = weights["*"]
		}
		if weight > most {
			best, most = coding, weight
		}
	}
	return best
}

// weightsOf are the q-values by coding. One that cannot be read is no wish.
func weightsOf(accept []string) map[string]float64 {
	weights := map[string]float64{}
	for entry := range strings.SplitSeq(strings.ToLower(strings.Join(accept, ",")), ",") {
		coding, parameter, weighed := strings.Cut(entry, ";")
		weight := 1.0
		if weighed {
			weight = weightOf(parameter)
		}
		weights[strings.TrimPrefix(strings.TrimSpace(coding), "x-")] = weight
	}
	return weights
}

func weightOf(parameter string) float64 {
	value, isWeight := strings.CutPrefix(strings.ReplaceAll(parameter, " ", ""), "q=")
	weight, err := strconv.ParseFloat(value, 64)
	if !isWeight || err != nil || !(weight >= 0 && weight <= 1) {
		return 0
	}
	return weight
}
