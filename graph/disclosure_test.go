package graph_test

import "testing"

func TestDisclosures(t *testing.T) {
	w := newWorld(t)
	w.expect("an amount says what it pays for, and an unknown basis of P stays unknown",
		`{ disclosures(company: "中贝", kinds: [RENTAL_CONTRACT]) { id company ticker kind statedOn statedIn gpu { id } gpuModel gpuCount petaflops petaflopsBasis
			amount { amount currency } amountPer period ratio sourceUrl } }`,
		`{"disclosures": [
		{"id": "said/zhongbei-2024-04-60-months", "company": "中贝通信", "ticker": "603220.SH", "kind": "RENTAL_CONTRACT", "statedOn": "2024-04-01T00:00:00.000Z", "statedIn": "2024-04",
		 "gpu": null, "gpuModel": null, "gpuCount": null, "petaflops": null, "petaflopsBasis": null, "amount": {"amount": "729600000", "currency": "CNY"}, "amountPer": "TOTAL", "period": null, "ratio": null, "sourceUrl": null},
		{"id": "said/zhongbei-2023-09-jinan-a800", "company": "中贝通信", "ticker": "603220.SH", "kind": "RENTAL_CONTRACT", "statedOn": "2023-09-18T00:00:00.000Z", "statedIn": "2023-09-18",
		 "gpu": null, "gpuModel": "A800", "gpuCount": null, "petaflops": null, "petaflopsBasis": null, "amount": {"amount": "180000000", "currency": "CNY"}, "amountPer": "TOTAL", "period": null, "ratio": null,
		 "sourceUrl": "http://chaguwang.cn/report/603220/202309190011.html"},
		{"id": "said/zhongbei-2023-09-qinghai-960p", "company": "中贝通信", "ticker": "603220.SH", "kind": "RENTAL_CONTRACT", "statedOn": "2023-09-01T00:00:00.000Z", "statedIn": "2023-09",
		 "gpu": null, "gpuModel": "H800", "gpuCount": null, "petaflops": 960, "petaflopsBasis": null, "amount": {"amount": "120000", "currency": "CNY"}, "amountPer": "PFLOPS", "period": "P365D", "ratio": null,
		 "sourceUrl": "http://chaguwang.cn/report/603220/202309190011.html"}]}`)
	w.expect("a figure is a node, although its id has two segments as a GPU's",
		`{ node(id: "said/microsoft-2023-08-a100-margin") { id ... on Disclosure { ticker ratio period amountPer } } nobody: disclosures(company: "no such company") { id } }`,
		`{"node": {"id": "said/microsoft-2023-08-a100-margin", "ticker": "MSFT", "ratio": 0.42, "period": "PT1H", "amountPer": "GPU"}, "nobody": []}`)
}

// TestDisclosuresNameEveryone asks for each company that must be there, and expects a source with each figure.
func TestDisclosuresNameEveryone(t *testing.T) {
	for _, company := range []string{"Microsoft", "CoreWeave", "国内云算力平台", "DGX Cloud", "鸿博", "中贝通信", "世纪利通", "利通电子", "世纪华通", "中科曙光"} {
		answer := ask[struct {
			Disclosures []struct{ Text, SourceTitle string }
		}](newWorld(t), `query($c: String) { disclosures(company: $c) { text sourceTitle } }`, map[string]any{"c": company})
		if len(answer.Disclosures) == 0 {
			t.Errorf("nothing is said of %s", company)
		}
		for _, d := range answer.Disclosures {
			if d.Text == "" || d.SourceTitle == "" {
				t.Errorf("%s: %+v", company, d)
			}
		}
	}
}
