package market

import "time"

// Provider is a seller of GPU-hours, as its scraper declares it.
type Provider struct {
	// ID is one lower-case word, as in "coreweave".
	ID       string
	Name     string
	Kind     ProviderKind
	Country  string
	Homepage string
	// Schedule is the cron expression, in UTC, of its runs.
	Schedule string
	// Cadence is the time between two scheduled runs; offers older than three of them are stale.
	Cadence time.Duration
	// Disabled says that the operator has not chosen this provider, or that its key is missing.
	Disabled string
	// Collection is the imported history that it is of; the zero value for those that this program reads.
	Collection Collection `json:",omitzero"`
	// ImportedAt is when an import last changed what is known of it; zero for those that this program reads.
	ImportedAt time.Time `json:",omitzero"`
}

// Run is one scrape of one sheet. A run that ended in an error has changed no offer.
type Run struct {
	// ID is unique to the run: committing it twice changes nothing.
	ID        string
	Provider  string
	Sheet     string
	StartedAt time.Time
	EndedAt   time.Time
	// Error is why the run failed; empty when it succeeded.
	Error string
	// Held says that the run was read whole but is not believed yet.
	Held     bool
	Offers   int
	Changed  int
	Rejected int
}

// Succeeded says whether the run's offers are the current ones.
func (r Run) Succeeded() bool { return r.Error == "" && !r.Held }

// Sheet is what is known of one document of a provider. A provider of several independent documents has several sheets,
// each with its own age.
type Sheet struct {
	Provider      string
	Name          string
	LastRunID     string
	LastRunAt     time.Time
	LastSuccessAt time.Time
	// Problem is why the latest run was not believed, in one sentence that a person can act on; empty after a success.
	Problem string
	// Held says that the latest run is in quarantine.
	Held bool
	// Documents are what the last success was read from: one document, or one a page.
	Documents []Source
	// Parser is the version of the parser that read them.
	Parser int
	// ETag and LastModified let the next run ask whether the document has changed.
	ETag, LastModified string
}

// Document is the one that an offer was read from, by its address.
func (s Sheet) Document(url string) (Source, bool) {
	for _, d := range s.Documents {
		if d.URL == url {
			return d, true
		}
	}
	return Source{}, false
}

// Stale says whether the sheet's offers must not be taken for current: the latest run failed or is held back, or the last
// success is more than three cadences ago.
func (s Sheet) Stale(now time.Time, cadence time.Duration) bool {
	return s.Problem != "" || s.Held || s.lapsed(now, cadence)
}

func (s Sheet) lapsed(now time.Time, cadence time.Duration) bool {
	return cadence > 0 && now.Sub(s.LastSuccessAt) > 3*cadence
}

// LapsesAt is the moment from which on the sheet's offers are too old, if nothing of it is read before; false where no cadence is known.
func (s Sheet) LapsesAt(cadence time.Duration) (time.Time, bool) {
	return s.LastSuccessAt.Add(3*cadence + time.Second), cadence > 0
}

// Rejection is a rejected row with where and when it was read.
type Rejection struct {
	Rejected
	At time.Time
	// Digest is the SHA-256 of that page.
	Digest string
}

// Snapshot is everything the store holds of one sheet that the next run is judged against.
type Snapshot struct {
	Sheet  Sheet
	Offers []Offer
	Held   *Held
}

// Held is a run that is kept back: its offers, and how many runs in a row have agreed with it.
type Held struct {
	Offers []Offer
	Agreed int
	Reason string
	// Documents are what the held run was read from.
	Documents []Source
}

// Commit is everything one run changes. A store applies it whole or not at all, and a second time without effect.
type Commit struct {
	Run      Run
	Sheet    Sheet
	Upserts  []Offer
	Removed  []string
	Changes  []Change
	Rejected []Rejected
	// Documents are what this run read, believed or not.
	Documents []Source
	// KeepRejected is true when the run read no document, so that the rows refused before stay visible.
	KeepRejected bool
	// Held replaces the sheet's quarantine; nil clears it.
	Held *Held
	// RunBefore is when the run before this one started; zero for the first.
	RunBefore time.Time
	// Fence is the token of the lock the run was made under; a store refuses a commit whose lock was lost. Zero is none.
	Fence int64
}

// Change is one offer whose price or stock differs from the run before.
type Change struct {
	OfferID string
	At      time.Time
	// Amount is the new listed amount; Previous the one before, nil for an offer that was not listed.
	Amount        Decimal
	Previous      *Decimal
	Stock         Stock
	PreviousStock Stock
	GpusAvailable *int
	// Withdrawn is true where the offer disappeared from the provider's list.
	Withdrawn bool
	// Point is the change as it goes into the offer's history, After the one that the history ends with (nil for an offer that was not
	// listed), Decimals those of its amounts.
	Point    Point  `json:"-"`
	After    *Point `json:"-"`
	Decimals int    `json:"-"`
}

// Append writes the change behind a history: absolute, and as the difference from the one before, where there is one.
func (c Change) Append() (absolute, relative []byte, err error) {
	w := NewPointWriter(c.Decimals)
	if absolute, err = w.Append(nil, c.Point); err != nil || c.After == nil {
		return absolute, nil, err
	}
	if w, err = ResumePoints(*c.After, c.Decimals); err != nil {
		return absolute, nil, err
	}
	relative, err = w.Append(nil, c.Point)
	return absolute, relative, err
}
