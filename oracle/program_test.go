package oracle

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2"
)

// build makes the program.
func build(t testing.TB) program {
	t.Helper()
	path := filepath.Join(t.TempDir(), "gpuhour")
	command := exec.CommandContext(t.Context(), "go", "build", "-o", path, ".")
	command.Dir, command.Env = "..", append(os.Environ(), "CGO_ENABLED=0")
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return program{path}
}

// program is the built program.
type program struct{ path string }

func (p program) run(t testing.TB, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), p.path, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v: %s", args, err, out)
	}
	return string(out)
}

// serving is the built program while it serves.
type serving struct{ address string }

var announced = regexp.MustCompile(`serving on (http://[0-9.]+:[0-9]+):`)

// serve starts the program on a store, with nothing to scrape.
func (p program) serve(t testing.TB, store string) serving {
	t.Helper()
	nothing := t.TempDir()
	write(t, filepath.Join(nothing, "index.csv"), "url,method,file,content_type\n")
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	command := exec.CommandContext(ctx, p.path, "serve", "--data-dir", store, "--listen", "127.0.0.1:0", "--replay", nothing)
	said, err := command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(); _ = command.Wait() })
	var text []byte
	for buffer := make([]byte, 1024); announced.FindSubmatch(text) == nil; {
		n, err := said.Read(buffer)
		if err != nil {
			t.Fatalf("the program does not serve: %v: %s", err, text)
		}
		text = append(text, buffer[:n]...)
	}
	go func() { _, _ = io.Copy(io.Discard, said) }()
	return serving{string(announced.FindSubmatch(text)[1])}
}

// ask puts a GraphQL question.
func (s serving) ask(t testing.TB, query string, variables map[string]any, into any) {
	t.Helper()
	if err := s.try(query, variables, into); err != nil {
		t.Fatalf("%v\n%s\n%v", err, query, variables)
	}
}

func (s serving) try(query string, variables map[string]any, into any) error {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return err
	}
	response, err := http.Post(s.address+"/graphql", "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	var answer struct {
		Data   json.RawMessage
		Errors []struct{ Message string }
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return err
	}
	if len(answer.Errors) > 0 {
		return errors.New(answer.Errors[0].Message)
	}
	return json.Unmarshal(answer.Data, into)
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// duck is a DuckDB in memory.
type duck struct{ *sql.DB }

func openDuck(t testing.TB) duck {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1) // variables belong to a connection
	t.Cleanup(func() { _ = db.Close() })
	d := duck{db}
	d.run(t, "SET TimeZone = 'UTC'")
	return d
}

func (d duck) run(t testing.TB, query string, args ...any) {
	t.Helper()
	if _, err := d.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatalf("%v\n%s\n%v", err, query, args)
	}
}

// lines are the rows of a query of text columns, each joined by a bar.
func (d duck) lines(t testing.TB, query string, args ...any) (out []string) {
	t.Helper()
	rows, err := d.QueryContext(t.Context(), query, args...)
	if err != nil {
		t.Fatalf("%v\n%s\n%v", err, query, args)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	values, into := make([]sql.NullString, len(names)), make([]any, len(names))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		var line []string
		for _, v := range values {
			line = append(line, v.String)
		}
		out = append(out, strings.Join(line, " | "))
	}
	if rows.Err() != nil {
		t.Fatal(rows.Err())
	}
	return out
}
