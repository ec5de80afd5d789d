// Package store keeps what the scrapers read: in a Redis, or in the embedded store that journals in Redis' own format. It is
// the only place that spells a key.
package store
