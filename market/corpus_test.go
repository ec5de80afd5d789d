package market

import (
	"encoding/csv"
	"os"
	"strconv"
	"strings"
	"testing"
)

// corpus is labelled names as found in the wild, which are not part of the repository.
const corpus = "../../shared/names/names.csv"

// label is one line: what a person says of a name.
type label map[string]string

func readLabels(t *testing.T, path string) []label {
	t.Helper()
	file, err := os.Open(path)
	if os.IsNotExist(err) {
		t.Skip("no labelled names beside the repository")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var labels []label
	for _, row := range rows[1:] {
		l := label{}
		for i, column := range rows[0] {
			l[column] = row[i]
		}
		labels = append(labels, l)
	}
	return labels
}

// TestCorpus holds the matcher against labelled names: not one may be wrong, and of those that say their model nearly all
// must be known.
func TestCorpus(t *testing.T) {
	disputed := map[string]string{}
	for _, l := range readLabels(t, "testdata/names-disputed.csv") {
		disputed[l["raw"]] = l["reason"]
	}
	measure(t, readLabels(t, corpus), disputed)
}

// TestOwnNames does the same with names of our own, of the same kinds, so that the rules are not made for one list.
func TestOwnNames(t *testing.T) { measure(t, readLabels(t, "testdata/names-own.csv"), nil) }

func measure(t *testing.T, labels []label, disputed map[string]string) {
	t.Helper()
	total, known := map[string]int{}, map[string]int{}
	for _, l := range labels {
		if disputed[l["raw"]] != "" {
			continue
		}
		id := Identify(cloudOf(l), l["raw"])
		for _, problem := range append(contradictions(l, id), contradictions(l, Identify("", l["raw"]))...) {
			t.Errorf("%q: %s", l["raw"], problem)
		}
		if l["model"] == "" {
			continue
		}
		total[l["basis"]]++
		if id.Model == l["model"] {
			known[l["basis"]]++
		} else {
			t.Logf("not known: %q (%s)", l["raw"], l["model"])
		}
	}
	for basis, n := range total {
		share := 100 * float64(known[basis]) / float64(n)
		t.Logf("%s: %d of %d identified, %.1f %%", basis, known[basis], n, share)
		if basis == "string" && share < 97 {
			t.Errorf("%.1f %% of the names that say a model are identified, 97 are needed", share)
		}
		if basis == "lookup" && share < 90 {
			t.Errorf("%.1f %% of the instance types are identified, 90 are wanted", share)
		}
	}
}

// contradictions are where an identity says something else than the label; saying nothing is none.
func contradictions(l label, id GpuIdentity) []string {
	var out []string
	add := func(what, label, said string) {
		if said != "" && said != label {
			out = append(out, what+" "+said+", labelled "+strconv.Quote(label))
		}
	}
	add("model", l["model"], id.Model)
	if l["vendor"] != "" {
		add("vendor", l["vendor"], id.Vendor)
	}
	if l["form_factor"] != "unknown" {
		add("form factor", l["form_factor"], id.FormFactor)
	}
	if l["memory_gb"] != "" && id.MemoryGB != nil {
		add("memory", l["memory_gb"], strconv.FormatFloat(*id.MemoryGB, 'f', -1, 64))
	}
	if l["gpu_count"] != "" && id.GpuCount != nil {
		add("count", l["gpu_count"], strconv.FormatFloat(*id.GpuCount, 'f', -1, 64))
	}
	if id.Partition && l["is_partition"] == "false" || !id.Partition && l["is_partition"] == "true" && id.Model != "" {
		out = append(out, "partition "+strconv.FormatBool(id.Partition)+", labelled "+l["is_partition"])
	}
	return out
}

// clouds are the providers that a label's source names, where an instance type needs one.
var clouds = map[string]string{
	"AWS": "aws", "Azure": "azure", "ctyun": "ctyun", "Tencent": "tencent", "GCP": "gcp", "RunPod": "runpod", "OVHcloud": "ovhcloud", "Lambda": "lambda",
	"Cudo": "cudo", "Alibaba": "aliyun", "Vultr": "vultr", "Verda": "verda", "OCI": "oci", "Scaleway": "scaleway", "Samsung": "samsung",
	"Nebius": "nebius", "IBM": "ibm", "Huawei": "huawei",
}

func cloudOf(l label) string {
	for word, provider := range clouds {
		if l["basis"] == "lookup" && strings.Contains(l["source"], word) {
			return provider
		}
	}
	return ""
}
