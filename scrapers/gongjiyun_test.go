package scrapers

import (
	"testing"

	"gpuhour/market"
)

// TestGongjiyunCapture checks the example of the API's documentation: the same machine in two regions.
func TestGongjiyunCapture(t *testing.T) {
	body := capturedFile(t, "domestic/gongjiyun/resource-search-doc-example-2026-07-15.json")
	address := registry["gongjiyun"].Sheets(Settings{})[0].First.URL
	read := readDocument(t, "gongjiyun", Document{URL: address, Body: []byte(body)})
	checkRead(t, read, 2, 0, map[string]wantOffer{
		"gongjiyun/h20%20h20%20x%208/hebeif-1/on-demand":     {"16416 millionths a second are 59.0976 an hour for eight cards", "0.016416", "7.3872", "8"},
		"gongjiyun/h20%20h20%20x%208/xingjiangf-1/on-demand": {"the same in another region", "0.016416", "7.3872", "8"},
	})
	for _, o := range read.Offers {
		if o.GpuID != "nvidia/h20-sxm-96gb" || o.Stock != market.SoldOut || *o.GpusAvailable != 0 {
			t.Errorf("%s: %s, %s: the memory is that of eight cards, and none is free", o.ID, o.GpuID, o.Stock)
		}
	}
}

// TestGongjiyunAsks checks the headers that the API wants.
func TestGongjiyunAsks(t *testing.T) {
	for _, sheet := range (gongjiyun{}).Sheets(Settings{Key: "a-key"}) {
		r := sheet.First
		if r.Header.Get("token") != "a-key" || r.Header.Get("version") != "1.0.0" || r.Timestamp != "Timestamp" {
			t.Errorf("%s: headers %q, timestamp in %q", sheet.Name, r.Header, r.Timestamp)
		}
	}
}
