package market

import (
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Collection is imported history that others recorded: its providers are kept apart from those that this program reads, as aws@NAME
// is from aws, so that no price of theirs ever stands among ours unasked.
type Collection struct {
	// Name is one lower-case word, as in "skypilot".
	Name string
	// Cadence is how often it was recorded: a price of it is fresh for three of them.
	Cadence time.Duration
	// Licence and Homepage are the recorder's own; empty where none is stated.
	Licence, Homepage string
}

// collectionMark stands between a provider and the collection that it is kept in.
const collectionMark = "@"

// longestCollection bounds a collection's name.
const longestCollection = 60

// Collected is a provider as a collection has it, of a kind of seller. Nothing reads it.
func (c Collection) Collected(id string, kind ProviderKind) Provider {
	return Provider{ID: c.Provider(id), Name: id, Kind: kind, Country: UnknownCountry, Homepage: c.Homepage, Cadence: c.Cadence, Collection: c,
		Disabled: "imported history of the collection " + c.Name + ": nothing reads it"}
}

// UnknownCountry stands where a provider's country must be said and is not known.
const UnknownCountry = "ZZ"

// Check says whether the collection can be kept.
func (c Collection) Check() error {
	switch {
	case c.Name == "" || len(c.Name) > longestCollection || strings.Trim(c.Name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "":
		return errors.New("a collection's name is at most 60 lower-case letters, digits and hyphens")
	case c.Cadence <= 0:
		return errors.New("a collection needs the cadence that it was recorded in, as in 24h: without it nothing says how long a price was known")
	}
	return nil
}

// Provider is the id under which the collection keeps a provider: its name in lower case, other characters than letters and digits as hyphens.
func (c Collection) Provider(id string) string {
	word := strings.FieldsFunc(strings.ToLower(id), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '.' && r != '_' })
	return strings.Join(word, "-") + collectionMark + c.Name
}

// CollectionOf is the name of the collection that a provider is kept in; empty for those that this program reads itself.
func CollectionOf(provider string) string {
	_, name, _ := strings.Cut(provider, collectionMark)
	return name
}

// SellerOf is the provider without its collection.
func SellerOf(provider string) string {
	seller, _, _ := strings.Cut(provider, collectionMark)
	return seller
}

// AllCollections asks for every imported history.
const AllCollections = "*"

// Wants says whether a provider is asked for. One of a collection is only where the collection is, or the provider by its whole id.
func (f Filter) Wants(provider string) bool {
	collection := CollectionOf(provider)
	switch {
	case len(f.Collections) == 0:
		return in(f.Providers, provider) && (collection == "" || len(f.Providers) > 0)
	case !slices.Contains(f.Collections, collection) && !slices.Contains(f.Collections, AllCollections):
		return false
	}
	return collection != "" && (in(f.Providers, provider) || slices.Contains(f.Providers, SellerOf(provider)))
}
