package store

import (
	"compress/gzip"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"gpuhour/market"
)

// observations are real prices by others, which are not part of the repository.
const observations = "../../shared/history/observations.csv.gz"

// realSeries are the changes of each series of the observations, by an id such as an offer has.
func realSeries(b *testing.B) (series map[string][]market.Point, points int) {
	b.Helper()
	file, err := os.Open(observations)
	if err != nil {
		b.Skip("no observations beside the repository")
	}
	defer file.Close()
	plain, err := gzip.NewReader(file)
	if err != nil {
		b.Fatal(err)
	}
	rows := csv.NewReader(plain)
	rows.ReuseRecord = true
	if _, err := rows.Read(); err != nil {
		b.Fatal(err)
	}
	series = map[string][]market.Point{}
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return series, points
		}
		if err != nil {
			b.Fatal(err)
		}
		id := strings.Join([]string{row[1], row[2], row[3], row[4], row[5], row[6], row[7], row[9], row[10]}, "/")
		point := observed(b, row)
		if before := series[id]; len(before) == 0 || before[len(before)-1].Amount.Cmp(point.Amount) != 0 {
			series[id] = append(before, point)
			points++
		}
	}
}

func observed(b *testing.B, row []string) market.Point {
	b.Helper()
	at, err := time.Parse(time.RFC3339, row[0])
	if err != nil {
		b.Fatal(err)
	}
	amount, err := market.ParseAmount(market.RoundBinary(row[8]), market.Currency(row[10]))
	if err != nil {
		b.Fatal(err)
	}
	return market.Point{PointTerms: market.PointTerms{Currency: market.Currency(row[10]), Per: market.PerGPU, Period: market.PerHour, GpuCount: market.Cards(1)},
		At: at, Amount: amount, Stock: market.StockUnknown}
}

// evenSeries are series of two thousand changes, a cent or so every hour.
func evenSeries(*testing.B) (series map[string][]market.Point, points int) {
	series = map[string][]market.Point{}
	for s := range 300 {
		id := fmt.Sprintf("provider/gpu_8x_h100_sxm5 80gb/region-%03d/spot", s)
		at, cents := start, int64(230+s)
		for i := range 2000 {
			at, cents = at.Add(time.Hour+time.Duration((s*31+i*17)%600-300)*time.Second), max(1, cents+int64((s*7+i*13)%21-10))
			amount, _ := market.ParseAmount(fmt.Sprintf("%d.%02d", cents/100, cents%100), market.USD)
			series[id] = append(series[id], market.Point{PointTerms: market.PointTerms{Currency: market.USD, Per: market.PerInstance, Period: market.PerHour,
				GpuCount: market.Cards(8)}, At: at, Amount: amount, Stock: market.StockUnknown})
			points++
		}
	}
	return series, points
}

// BenchmarkHistoryInRedis writes histories into a real Redis as commits leave them there, and as streams, and prints the bytes a
// change takes, all told.
func BenchmarkHistoryInRedis(b *testing.B) {
	for name, load := range map[string]func(*testing.B) (map[string][]market.Point, int){"observations": realSeries, "series of 2000": evenSeries} {
		series, points := load(b)
		for form, write := range map[string]func(context.Context, redis.Pipeliner, string, []market.Point) error{"chunks": writeChunks, "streams": writeStream} {
			b.Run(name+"/"+form, func(b *testing.B) {
				client, err := connect("redis://" + startRedis(b, b.TempDir()))
				if err != nil {
					b.Fatal(err)
				}
				defer func() { _ = client.Close() }()
				before := usedMemory(b, client)
				b.ResetTimer()
				for b.Loop() {
					writeAll(b, client, series, write)
				}
				b.ReportMetric(float64(points)*float64(b.N)/b.Elapsed().Seconds()/1e3, "kpoints/s")
				b.ReportMetric(float64(usedMemory(b, client)-before)/float64(points), "B/point")
			})
		}
	}
}

func writeAll(b *testing.B, client redis.UniversalClient, series map[string][]market.Point, write func(context.Context, redis.Pipeliner, string, []market.Point) error) {
	b.Helper()
	if err := client.FlushAll(b.Context()).Err(); err != nil {
		b.Fatal(err)
	}
	for id, points := range series {
		pipe := client.Pipeline()
		if err := write(b.Context(), pipe, id, points); err != nil {
			b.Fatal(err)
		}
		if _, err := pipe.Exec(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

func writeChunks(ctx context.Context, pipe redis.Pipeliner, id string, points []market.Point) error {
	k := keysOf("p")
	var w market.PointWriter
	var chunk []byte
	sealed := 0
	for _, p := range points {
		var err error
		if chunk, err = w.Append(chunk, p); err != nil {
			return err
		}
		if len(chunk) >= chunkBytes {
			sealed++
			pipe.HSet(ctx, k.sealed(), id+" "+strconv.Itoa(sealed), chunk)
			w, chunk = market.PointWriter{}, nil
		}
	}
	if sealed > 0 {
		pipe.HSet(ctx, k.chunks(), id, sealed)
	}
	pipe.HSet(ctx, k.history(), id, chunk)
	return nil
}

func writeStream(ctx context.Context, pipe redis.Pipeliner, id string, points []market.Point) error {
	for i, p := range points {
		pipe.XAdd(ctx, &redis.XAddArgs{Stream: "{p}:" + id, ID: fmt.Sprintf("%d-%d", p.At.UnixMilli(), i), Values: []any{"p", p.Amount.String()}})
	}
	return nil
}

func usedMemory(b *testing.B, client redis.UniversalClient) int64 {
	b.Helper()
	info, err := client.Info(b.Context(), "memory").Result()
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(info, "used_memory:")
	text, _, _ := strings.Cut(rest, "\r\n")
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		b.Fatal(err)
	}
	return n
}
