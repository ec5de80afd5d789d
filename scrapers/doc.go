// Package scrapers reads what providers publish. One file is one provider: where its prices stand, and a pure function from
// the document's bytes to listings in the provider's own words. Everything else is shared: the polite client, the archive,
// the runner that takes a sheet from fetch to commit, and the schedule.
package scrapers
