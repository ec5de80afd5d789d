package scrapers

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// TestAliyunCapture checks the recorded file of 2018, which has no machine with a GPU: first as it is, then with the name of one, so that
// its prices are read as they are printed.
func TestAliyunCapture(t *testing.T) {
	file := capturedFile(t, "domestic/aliyun/instancePrice-intl-2.0.7-2018-10-08-trimmed.json")
	address := "https://g.alicdn.com/aliyun/ecs-price-info/2.0.7/price/download/instancePrice.json"
	checkRead(t, readDocument(t, "aliyun", Document{URL: address, Body: []byte(file)}), 0, 2, nil)
	named := strings.ReplaceAll(file, "ecs.t5-c1m1.xlarge", "ecs.gn6i-c4g1.xlarge")
	read := readDocument(t, "aliyun", Document{URL: address, Body: []byte(named)})
	checkRead(t, read, 4, 4, map[string]wantOffer{
		"aliyun/ecs.gn6i-c4g1.xlarge/ap-southeast-1/on-demand":   {"an hour", "0.09", "0.09", "1"},
		"aliyun/ecs.gn6i-c4g1.xlarge/ap-southeast-1/reserved-1":  {"a month is 720 hours", "45.74", "0.063528", "1"},
		"aliyun/ecs.gn6i-c4g1.xlarge/ap-southeast-1/reserved-12": {"a year's price is the total", "466.56", "0.05326", "1"},
		"aliyun/ecs.gn6i-c4g1.xlarge/ap-southeast-1/reserved-36": {"three years' too", "1399.64", "0.053259", "1"},
	})
	for _, o := range read.Offers {
		if o.Listed.Currency != "USD" || o.Country != "SG" {
			t.Errorf("%s: %s, %s: the file says its currency", o.ID, o.Listed.Currency, o.Country)
		}
	}
}

// TestAliyunReadsALargeFile counts the machine types of a family, and refuses more than there can be.
func TestAliyunReadsALargeFile(t *testing.T) {
	page, err := aliyun{}.Parse(Document{Body: manyTypes(20_000)})
	if err != nil || len(page.Listings) != 1 || !strings.HasSuffix(page.Listings[0].Refusal, ": 20000") {
		t.Errorf("got %d listings and %v, want one of the family", len(page.Listings), err)
	}
	if _, err := (aliyun{}).Parse(Document{Body: manyTypes(aliyunMost + 2)}); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("got %v, want an error that says there are too many", err)
	}
}

// manyTypes is a file of machine types without a GPU.
func manyTypes(n int) []byte {
	var file bytes.Buffer
	file.WriteString(`{"currency":"CNY","pricingInfo":{"a::ecs.g7.0::vpc::linux::optimized":{}`)
	for i := 1; i < n; i++ {
		fmt.Fprintf(&file, `,"a::ecs.g7.%d::vpc::linux::optimized":{}`, i)
	}
	file.WriteString("}}")
	return file.Bytes()
}
