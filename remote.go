package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"gpuhour/store"
)

// remote is the server that holds the embedded store: the other commands ask it instead of opening the store themselves.
type remote struct {
	*session
	address string
}

// heldBy is where the server is that holds the embedded store; empty where an error says something else.
func heldBy(err error) string {
	var busy *store.InUseError
	if errors.As(err, &busy) {
		return busy.Address
	}
	return ""
}

// remoteTimeout bounds one question: a scrape may take its ten minutes.
const remoteTimeout = 11 * time.Minute

// ask puts one GraphQL question.
func (r remote) ask(ctx context.Context, query string, variables map[string]any, into any) error {
	ctx, cancel := context.WithTimeout(ctx, remoteTimeout)
	defer cancel()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return err
	}
	response, err := r.send(ctx, http.MethodPost, "/graphql", body)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	return decodeAnswer(io.LimitReader(response.Body, 64<<20), into)
}

// send sends JSON, or nothing, to the server.
func (r remote) send(ctx context.Context, method, path string, body []byte) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, "http://"+r.address+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("the store is in use by the server at %s, which does not answer: %w", r.address, err)
	}
	return response, nil
}

func decodeAnswer(from io.Reader, into any) error {
	var answer struct {
		Data   json.RawMessage
		Errors []struct{ Message string }
	}
	if err := json.NewDecoder(from).Decode(&answer); err != nil {
		return fmt.Errorf("the server's answer: %w", err)
	}
	if len(answer.Errors) > 0 {
		return errors.New(answer.Errors[0].Message)
	}
	return json.Unmarshal(answer.Data, into)
}

// scrape lets the server read the sources.
func (r remote) scrape(ctx context.Context, names []string) error {
	listed, err := r.providers(ctx)
	if err != nil {
		return err
	}
	var chosen []string
	for _, p := range listed {
		if slices.Contains(names, p.ID) || len(names) == 0 && p.Status != "DISABLED" {
			chosen = append(chosen, p.ID)
		}
	}
	bar := newProgress(r.errs, "reading sources", len(chosen))
	var all sync.WaitGroup
	var guard sync.Mutex
	var outcomes []outcome
	for _, id := range chosen {
		all.Go(func() {
			o := r.scrapeOne(ctx, id)
			guard.Lock()
			defer guard.Unlock()
			outcomes = append(outcomes, o)
			bar.done(o)
		})
	}
	all.Wait()
	bar.end()
	slices.SortFunc(outcomes, func(x, y outcome) int { return strings.Compare(x.provider, y.provider) })
	return printOutcomes(r.session, outcomes)
}

func (r remote) scrapeOne(ctx context.Context, id string) outcome {
	var answer struct {
		Scrape struct {
			Offers, Changed, Rejected int
			Error                     *string
		}
	}
	started := r.now()
	err := r.ask(ctx, `mutation($id: ID!) { scrape(provider: $id) { offers changed rejected error } }`, map[string]any{"id": id}, &answer)
	o := outcome{provider: id, offers: answer.Scrape.Offers, changed: answer.Scrape.Changed, rejected: answer.Scrape.Rejected, took: r.now().Sub(started)}
	switch {
	case err != nil:
		o.problem = err.Error()
	case answer.Scrape.Error != nil && *answer.Scrape.Error == "not recorded":
		o.notRecorded = true
	case answer.Scrape.Error != nil:
		o.problem = *answer.Scrape.Error
	}
	return o
}

// providers asks for the state of all providers.
func (r remote) providers(ctx context.Context) ([]providerLine, error) {
	var answer struct{ Providers []providerLine }
	err := r.ask(ctx, `{ providers { id name kind country status problem schedule lastSuccessAt offerCount } }`, nil, &answer)
	return answer.Providers, err
}
