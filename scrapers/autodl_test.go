package scrapers

import (
	"strings"
	"testing"
)

// TestAutodlAsks checks what the market is asked: the key as it is, the page in the body and in the address' fragment.
func TestAutodlAsks(t *testing.T) {
	market := autodl{}.Sheets(Settings{Key: "a-key"})[0]
	if market.Name != "market" || market.First.Header.Get("Authorization") != "a-key" || !strings.HasSuffix(market.First.URL, "/machine/search#page=1") {
		t.Errorf("got %s at %s with %q, want the market's first page with the bare key", market.Name, market.First.URL, market.First.Header)
	}
	if home := (autodl{}).Sheets(Settings{})[0]; home.Name != "home" || len(home.First.Header) > 0 {
		t.Errorf("got %s with %q, want the home page without a key", home.Name, home.First.Header)
	}
	page, err := autodl{}.Parse(Document{URL: market.First.URL, Body: []byte(readFixture(t, "autodl/prices/page1.json"))})
	if err != nil || page.Next == nil {
		t.Fatalf("no second page: %v", err)
	}
	if body := string(page.Next.Body); page.Next.Method != "POST" || !strings.HasSuffix(page.Next.URL, "/machine/search#page=2") || !strings.Contains(body, `"page_index":2`) {
		t.Errorf("got %s %s with %s, want the second page", page.Next.Method, page.Next.URL, body)
	}
}
