package market

import (
	"encoding/csv"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
)

// label is one name with what a reader of it should find; an empty field is not stated.
type label struct {
	raw, provider, vendor, model, form, memory, count, partition, basis string
}

// providerOf maps the corpus's sources of instance types to our provider ids.
var providerOf = map[string]string{
	"AWS": "aws", "Azure": "azure", "GCP": "gcp", "OCI": "oci", "Lambda": "lambda", "Vultr": "vultr",
	"Verda/DataCrunch": "verda", "Scaleway": "scaleway", "OVHcloud": "ovhcloud", "Cudo": "cudo", "IBM Cloud": "ibm",
	"SkyPilot RunPod": "runpod", "Nebius platform": "nebius", "Samsung Cloud Platform": "samsung",
	"Huawei/OTC ECS docs": "huawei", "Tencent CVM spec table (GitHub copy)": "tencent",
	"Alibaba ECS (GitHub copies of docs and price lists)": "aliyun",
	"Azure retail API skuName spelling":                   "azure",
	"ctyun doc 10047957 (transcription)":                  "ctyun",
}

func readLabels(t *testing.T, path string) []label {
	t.Helper()
	file, err := os.Open(path)
	if os.IsNotExist(err) {
		t.Skip("no corpus at", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	records, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var labels []label
	for _, record := range records[1:] {
		labels = append(labels, newLabel(records[0], record))
	}
	return labels
}

func newLabel(header, record []string) label {
	cell := map[string]string{}
	for i, name := range header {
		cell[name] = record[i]
	}
	return label{
		cell["raw"], providerOf[cell["source"]], cell["vendor"], cell["model"], cell["form_factor"],
		cell["memory_gb"], cell["gpu_count"], cell["is_partition"], cell["basis"],
	}
}

// mistakes lists what an identity states that contradicts the label.
func (l label) mistakes(id GpuIdentity) []string {
	var wrong []string
	check := func(field, got, want string, bad bool) {
		if bad {
			wrong = append(wrong, field+" "+strconv.Quote(got)+", label "+strconv.Quote(want))
		}
	}
	check("vendor", id.Vendor, l.vendor, id.Vendor != "" && id.Vendor != l.vendor)
	check("model", id.Model, l.model, id.Model != "" && id.Model != l.model)
	stated := l.form != "" && l.form != "unknown"
	check("form", id.FormFactor, l.form, stated && id.FormFactor != "" && id.FormFactor != l.form)
	check("memory", printed(id.MemoryGB), l.memory, differs(id.MemoryGB, l.memory))
	check("count", printed(id.GpuCount), l.count, differs(id.GpuCount, l.count))
	check("partition", strconv.FormatBool(id.Partition), l.partition,
		(id.Model != "" || id.Partition) && l.partition != "" && strconv.FormatBool(id.Partition) != l.partition)
	if id.Gpu != nil {
		check("gpu", id.Gpu.Model, l.model, id.Gpu.Model != l.model)
	}
	return wrong
}

func printed(n *float64) string {
	if n == nil {
		return ""
	}
	return strconv.FormatFloat(*n, 'g', 4, 64)
}

func differs(got *float64, want string) bool {
	n, err := strconv.ParseFloat(want, 64)
	return got != nil && err == nil && math.Abs(*got-n) > 0.01*n
}

func checkLabels(t *testing.T, labels []label, least map[string]float64) {
	named, known := map[string]int{}, map[string]int{}
	for _, l := range labels {
		id := Identify(l.provider, l.raw)
		if wrong := l.mistakes(id); len(wrong) > 0 {
			t.Errorf("Identify(%q, %q): %s", l.provider, l.raw, strings.Join(wrong, "; "))
		}
		if anonymous := l.mistakes(Identify("", l.raw)); len(anonymous) > 0 {
			t.Errorf("Identify without provider, %q: %s", l.raw, strings.Join(anonymous, "; "))
		}
		if l.model == "" {
			continue
		}
		named[l.basis]++
		if id.Model != "" {
			known[l.basis]++
		} else {
			t.Logf("not identified: %q (%s)", l.raw, l.model)
		}
	}
	for basis, minimum := range least {
		share := float64(known[basis]) / float64(named[basis])
		t.Logf("%s: %d of %d models identified (%.1f %%)", basis, known[basis], named[basis], 100*share)
		if share < minimum {
			t.Errorf("%s: identified %.3f, want at least %.3f", basis, share, minimum)
		}
	}
}

func TestIdentifyCorpus(t *testing.T) {
	disputed := disputedNames(t)
	var labels []label
	for _, l := range readLabels(t, "../../shared/names/names.csv") {
		if disputed[l.raw] == "" {
			labels = append(labels, l)
		}
	}
	checkLabels(t, labels, map[string]float64{"string": 0.97, "lookup": 0.95})
}

func TestIdentifyOwnNames(t *testing.T) {
	checkLabels(t, readLabels(t, "testdata/names-own.csv"), map[string]float64{"string": 0.97, "lookup": 0.95})
}

// disputedNames are the corpus's names whose label is mistaken, with the reason.
func disputedNames(t *testing.T) map[string]string {
	t.Helper()
	data, err := os.ReadFile("testdata/names-disputed.csv")
	if err != nil {
		t.Fatal(err)
	}
	reasons := map[string]string{}
	err = eachRow(data, func(row csvRow) error {
		reasons[row.text("raw")] = row.text("reason")
		return row.err(row.text("raw"), row.text("reason"))
	})
	if err != nil {
		t.Fatal(err)
	}
	return reasons
}
