package scrapers

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"time"

	"gpuhour/market"
)

// attempt is one run of one sheet while it happens.
type attempt struct {
	about    About
	sheet    Sheet
	before   market.Snapshot
	settings Settings
	fence    int64
	// usd is the price of a card-hour at the rates of the run.
	usd func(market.Offer) (market.Decimal, bool)

	run       market.Run
	reading   market.Reading
	documents []market.Source
	known     Validators
	unchanged bool
}

func (r *Runner) attempt(about About, sheet Sheet, before market.Snapshot) *attempt {
	rates, now := r.View().Rates(), r.Now()
	usd := func(o market.Offer) (market.Decimal, bool) { return rates.PerGpuHour(o, market.USD, now) }
	return &attempt{about: about, sheet: sheet, before: before, settings: r.Settings[about.ID], usd: usd,
		run: market.Run{ID: runID(), Provider: about.ID, Sheet: sheet.Name, StartedAt: now}}
}

func runID() string {
	var b [12]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// read fetches the sheet page by page and makes offers and rejects of its rows.
func (a *attempt) read(ctx context.Context, r *Runner, s Scraper) error {
	ctx, cancel := context.WithTimeout(ctx, runTimeout)
	defer cancel()
	if err := a.pages(ctx, r, s); err != nil || a.unchanged {
		return err
	}
	a.reading.Settle()
	a.reading.Judge(r.View().Peers(market.SheetKey{Provider: a.about.ID, Sheet: a.sheet.Name}), a.usd)
	a.reading.Pool()
	if len(a.reading.Offers) == 0 {
		return a.nothing()
	}
	return nil
}

// nothing is the error of a document without a single offer.
func (a *attempt) nothing() error {
	if len(a.reading.Rejected) == 0 {
		return errors.New("the document has no rows: has its layout changed?")
	}
	first := a.reading.Rejected[0]
	return fmt.Errorf("none of %d rows is an offer; the first, %q: %s", len(a.reading.Rejected), first.SKU, first.Reason)
}

func (a *attempt) pages(ctx context.Context, r *Runner, s Scraper) error {
	next := &a.sheet.First
	var last []byte // the page before, if it had rows
	for n := 1; next != nil; n++ {
		if n > mostPages {
			return fmt.Errorf("more than %d pages", mostPages)
		}
		f, err := r.Client.Fetch(ctx, *next, a.manners(), a.validators(n))
		if err != nil {
			return pageError(n, err)
		}
		if f.NotModified {
			a.unchanged = true
			return nil
		}
		if last != nil && bytes.Equal(f.Body, last) {
			return nil // a list that repeats its last page has ended
		}
		page, err := a.page(r, s, f, *next)
		if err != nil {
			return pageError(n, err)
		}
		if next, last = page.Next, nil; len(page.Listings) > 0 {
			last = f.Body
		}
	}
	return nil
}

func pageError(n int, err error) error {
	if n == 1 {
		return err
	}
	if errors.Is(err, ErrNotRecorded) {
		return fmt.Errorf("page %d is not recorded", n)
	}
	return fmt.Errorf("page %d: %w", n, err)
}

// page parses one document; where it leads must lie on the same host, or one that the provider declares, since it is the
// answer that says so.
func (a *attempt) page(r *Runner, s Scraper, f Fetched, asked Request) (Page, error) {
	page, err := parse(s, f.Document)
	if err != nil {
		return Page{}, err
	}
	a.documents = append(a.documents, market.Source{URL: f.URL, FetchedAt: f.FetchedAt, Digest: f.Digest})
	if len(a.documents) == 1 && page.Next == nil {
		a.known = f.Validators
	}
	a.reading.Read(market.Origin{Provider: a.about.ID, Kind: a.about.Kind, Sheet: a.sheet.Name, Document: f.URL, Sample: r.Sample}, page.Listings)
	return page, a.follow(page.Next, asked)
}

// follow makes a page's next request ready to send.
func (a *attempt) follow(next *Request, asked Request) error {
	switch {
	case next == nil || isHost(next.URL, a.about.Hosts):
		return nil
	case !sameHost(next.URL, asked.URL):
		return fmt.Errorf("the next page %q is on another host", abbreviate(safeURL(next.URL)))
	}
	header := http.Header{}
	maps.Copy(header, asked.Header)
	maps.Copy(header, next.Header)
	next.Header, next.Timestamp = header, asked.Timestamp
	return nil
}

func (a *attempt) manners() Manners {
	return Manners{Spacing: a.about.Spacing, IgnoreRobots: a.settings.IgnoreRobots}
}

// validators are sent with the first page only, when the last reading of it stands and was made by the same parser.
func (a *attempt) validators(page int) Validators {
	before := a.before.Sheet
	if page > 1 || before.Problem != "" || before.Held || before.Parser != a.about.Parser || len(a.before.Offers) == 0 {
		return Validators{}
	}
	return Validators{ETag: before.ETag, LastModified: before.LastModified}
}

// commit says what the run changes: everything, nothing but the sheet's state, or the quarantine.
func (a *attempt) commit(r *Runner, readErr error) market.Commit {
	a.run.EndedAt = r.Now()
	c := market.Commit{Sheet: a.before.Sheet, RunBefore: a.before.Sheet.LastRunAt, Fence: a.fence, Rejected: a.reading.Telling(), Documents: a.documents}
	c.Sheet.Provider, c.Sheet.Name = a.about.ID, a.sheet.Name
	c.Sheet.LastRunID, c.Sheet.LastRunAt = a.run.ID, a.run.StartedAt
	a.run.Offers, a.run.Rejected = len(a.reading.Offers), len(a.reading.Rejected)
	switch {
	case readErr != nil:
		a.fail(&c, readErr)
	case a.unchanged:
		a.confirm(&c)
	default:
		a.replace(&c)
	}
	c.Run = a.run
	return c
}

// fail keeps the old offers; the sheet says why it is not fresh. What is held back stays held.
func (a *attempt) fail(c *market.Commit, why error) {
	a.run.Error = why.Error()
	a.run.Offers = 0
	c.Sheet.Problem = why.Error()
	c.Held = a.before.Held
	c.KeepRejected = len(a.documents) == 0
}

// confirm is a host's word that nothing has changed.
func (a *attempt) confirm(c *market.Commit) {
	c.Sheet.LastSuccessAt = a.run.StartedAt
	c.KeepRejected = true
	a.run.Offers = len(a.before.Offers)
}

func (a *attempt) replace(c *market.Commit) {
	doubt := market.CheckRun(a.before.Offers, a.reading.Offers, a.usd)
	agreed := a.agreed()
	if doubt != nil && agreed < market.AgreeingRuns {
		a.hold(c, doubt, agreed)
		return
	}
	a.run.Changed = believe(c, a.before.Offers, a.reading.Offers, a.run.StartedAt)
	c.Sheet.Documents, c.Sheet.Parser = a.documents, a.about.Parser
	c.Sheet.ETag, c.Sheet.LastModified = a.known.ETag, a.known.LastModified
}

// believe puts offers in the place of the ones before, and says how many changed.
func believe(c *market.Commit, before, after []market.Offer, at time.Time) int {
	d := market.Diff(before, after, at)
	c.Upserts, c.Removed, c.Changes = d.Upserts, d.Removed, d.Changes
	c.Sheet.LastSuccessAt, c.Sheet.Problem, c.Sheet.Held = at, "", false
	return len(d.Changes)
}

// agreed counts the runs in a row that have told the same as this one, itself included.
func (a *attempt) agreed() int {
	if held := a.before.Held; held.Agrees(a.reading.Offers, a.usd) {
		return held.Agreed + 1
	}
	return 1
}

// hold keeps the old offers and puts the run's aside until it is confirmed.
func (a *attempt) hold(c *market.Commit, doubt error, agreed int) {
	a.run.Held = true
	c.Held = &market.Held{Offers: a.reading.Offers, Agreed: agreed, Reason: doubt.Error(), Documents: a.documents}
	c.Sheet.Held = true
	c.Sheet.Problem = fmt.Sprintf("%s: held back until %d runs in a row agree (%d so far) or an operator releases it with releaseQuarantine",
		doubt, market.AgreeingRuns, agreed)
}
