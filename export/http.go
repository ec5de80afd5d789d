package export

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"gpuhour/market"
)

// Source is where rows come from.
type Source interface {
	// Rows are the rows that a question asks for. An *market.InvalidError names what cannot be understood.
	Rows(context.Context, market.ExportQuestion) (Rows, error)
	// Manifest says when what the question asks for was read.
	Manifest(context.Context, market.ExportQuestion, url.Values) (Manifest, error)
}

// The trailers that follow a whole file: an answer without them was cut off.
const (
	TrailerRows   = "Gpuhour-Rows"
	TrailerDigest = "Gpuhour-Sha256"
)

// Path is where prices are exported: prices.csv, prices.ndjson, prices.parquet, and what they hold in manifest.json.
const Path = "/export/"

// Handler serves the files under Path.
func Handler(source Source) http.Handler {
	mux := http.NewServeMux()
	for _, f := range Formats() {
		mux.HandleFunc("GET "+Path+"prices."+string(f), func(w http.ResponseWriter, r *http.Request) { serveRows(w, r, source, f) })
	}
	mux.HandleFunc("GET "+Path+"manifest.json", func(w http.ResponseWriter, r *http.Request) { serveManifest(w, r, source) })
	return mux
}

func serveRows(w http.ResponseWriter, r *http.Request, source Source, f Format) {
	q, err := ParseQuestion(r.URL.Query())
	var rows Rows
	if err == nil {
		rows, err = source.Rows(r.Context(), q)
	}
	if err != nil {
		refuse(w, err)
		return
	}
	header := w.Header()
	header.Set("Content-Type", f.ContentType())
	header.Set("Content-Disposition", `attachment; filename="prices.`+string(f)+`"`)
	header.Set("Vary", "Accept-Encoding")
	header.Set("Trailer", TrailerRows+", "+TrailerDigest)
	if err := stream(w, r, f, rows); err != nil {
		panic(http.ErrAbortHandler) // the connection breaks, so that nobody takes the part for the whole
	}
}

func stream(w http.ResponseWriter, r *http.Request, f Format, rows Rows) error {
	to, end, err := encoding(w, r, f)
	if err != nil {
		return err
	}
	sum := newDigesting(to)
	count, err := Copy(r.Context(), sum, f, rows)
	if err != nil {
		return err
	}
	if err := end(); err != nil {
		return err
	}
	w.Header().Set(TrailerRows, strconv.FormatInt(count, 10))
	w.Header().Set(TrailerDigest, sum.sum())
	return nil
}

func serveManifest(w http.ResponseWriter, r *http.Request, source Source) {
	q, err := ParseQuestion(r.URL.Query())
	var m Manifest
	if err == nil {
		m, err = source.Manifest(r.Context(), q, r.URL.Query())
	}
	if err != nil {
		refuse(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(m) // whoever asked has gone
}

func refuse(w http.ResponseWriter, err error) {
	var invalid *market.InvalidError
	if errors.As(err, &invalid) {
		http.Error(w, invalid.Error(), http.StatusBadRequest)
		return
	}
	http.Error(w, "the history cannot be read now", http.StatusServiceUnavailable)
}

// Fetch writes a file from a server's answer, and its manifest beside it, as ToFile does.
func Fetch(ctx context.Context, client *http.Client, server string, values url.Values, path string, f Format) (Manifest, error) {
	var m Manifest
	err := get(ctx, client, server+Path+"manifest.json?"+values.Encode(), func(r *http.Response) error {
		return json.NewDecoder(io.LimitReader(r.Body, 64<<20)).Decode(&m)
	})
	if err != nil {
		return m, err
	}
	return toFile(path, f, func() Manifest { return m }, func(to io.Writer) (rows int64, err error) {
		err = get(ctx, client, server+Path+"prices."+string(f)+"?"+values.Encode(), func(r *http.Response) error {
			rows, err = receive(to, r)
			return err
		})
		return rows, err
	})
}

// receive takes in a file and holds that it is whole.
func receive(to io.Writer, r *http.Response) (int64, error) {
	sum := newDigesting(to)
	if _, err := io.Copy(sum, r.Body); err != nil {
		return 0, err
	}
	if digest := sum.sum(); r.Trailer.Get(TrailerDigest) != digest {
		return 0, errors.New("the server's answer was cut off")
	}
	return strconv.ParseInt(r.Trailer.Get(TrailerRows), 10, 64)
}

func get(ctx context.Context, client *http.Client, address string, use func(*http.Response) error) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(response.Body, 1000))
		return errors.New(strings.TrimSpace(string(text)))
	}
	return use(response)
}
