package alerts

import (
	"io"
	"log"
	"log/slog"
	"net/netip"
	"time"
)

func mustAddress(text string) netip.Addr { return netip.MustParseAddr(text) }

func quietLog() *log.Logger { return log.New(io.Discard, "", 0) }

func quietSlog() *slog.Logger { return slog.New(slog.DiscardHandler) }

func atJudged() time.Time { return judgedAt }
