package market

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEmbeddedDataParses(t *testing.T) {
	if _, err := parseCatalogue(gpusCSV); err != nil {
		t.Error("gpus.csv:", err)
	}
	if _, err := parseDictionary(modelsCSV, aliasesCSV); err != nil {
		t.Error("models.csv, aliases.csv:", err)
	}
	if _, err := parseFamilies(familiesCSV); err != nil {
		t.Error("families.csv:", err)
	}
}

func TestParseCatalogueRefuses(t *testing.T) {
	header := strings.SplitN(string(gpusCSV), "\n", 2)[0] + "\n"
	good := "X1,NVIDIA,PCIe,24,300,60,,30,150,Ampere,2021,\n"
	for name, test := range map[string]struct{ reason, data string }{
		"word for a figure": {"a figure must be a number", header + strings.Replace(good, "24", "many", 1)},
		"zero":              {"zero is never a figure", header + strings.Replace(good, "24", "0", 1)},
		"half a year":       {"years are whole", header + strings.Replace(good, "2021", "2021.5", 1)},
		"no model":          {"an entry needs a model", header + strings.Replace(good, "X1", "", 1)},
		"twice":             {"an ID is unique", header + good + good},
		"missing column":    {"columns are found by name", "model,vendor\nX1,NVIDIA\n"},
		"short row":         {"rows have all cells", header + "X1,NVIDIA\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := parseCatalogue([]byte(test.data)); err == nil {
				t.Error("accepted, but", test.reason)
			}
		})
	}
}

func TestGpus(t *testing.T) {
	gpus := Gpus()
	if len(gpus) < 180 || !slices.IsSortedFunc(gpus, compareGpus) {
		t.Errorf("%d entries, sorted: %t", len(gpus), slices.IsSortedFunc(gpus, compareGpus))
	}
	for _, gpu := range gpus {
		if found, ok := GpuByID(gpu.ID); !ok || !cmp.Equal(found, gpu) {
			t.Errorf("GpuByID(%q) = %v, %t", gpu.ID, found, ok)
		}
		if gpu.ID != strings.ToLower(gpu.ID) || strings.ContainsAny(gpu.ID, " _") {
			t.Errorf("ID %q is no slug", gpu.ID)
		}
	}
}

func TestGpusAreTheCallersOwn(t *testing.T) {
	want := Gpus()
	gpu, _ := GpuByID("nvidia/h100-sxm-80gb")
	*gpu.MemoryGB, *gpu.Year, gpu.Model = 1, 1, "spoiled"
	for _, gpu := range append(GpusOfModel("h100"), Identify("", "NVIDIA H100 80GB HBM3").Gpu) {
		*gpu.Fp16Tflops, gpu.ID = 1, "spoiled"
	}
	if diff := cmp.Diff(want, Gpus()); diff != "" {
		t.Error("a caller changed the catalogue:", diff)
	}
}

func TestGpuByID(t *testing.T) {
	for id, test := range map[string]struct {
		reason string
		sparse float64
	}{
		"nvidia/h100-sxm-80gb":                    {"twice the dense figure", 1978},
		"amd/mi300x-oam-192gb":                    {"AMD has sparsity since MI300", 2614},
		"amd/mi250x-oam-128gb":                    {"and not before", 0},
		"nvidia/v100-sxm-16gb":                    {"NVIDIA has none before Ampere", 0},
		"moore-threads/mtt-s4000-pcie-48gb":       {"another maker's chip claims none", 0},
		"hygon/k100-ai-pcie-64gb":                 {"an underscore becomes a hyphen", 0},
		"huawei/ascend-910b-oam-64gb":             {"a family entry without figures", 0},
		"nvidia/rtx-pro-6000-blackwell-pcie-96gb": {"a long name", 1006},
	} {
		gpu, found := GpuByID(id)
		if !found {
			t.Errorf("no %s (%s)", id, test.reason)
			continue
		}
		if got := stated(gpu.Fp16SparseTflops, 0); got != test.sparse {
			t.Errorf("%s: sparse %v, want %v: %s", id, got, test.sparse, test.reason)
		}
	}
	if gpu, found := GpuByID("nvidia/none"); found || gpu != nil {
		t.Errorf("GpuByID of nothing = %v, %t", gpu, found)
	}
}

func TestGpusOfModel(t *testing.T) {
	if got := len(GpusOfModel("a100")); got != 4 {
		t.Errorf("%d entries of a100, want 4", got)
	}
	if got := GpusOfModel("nothing"); len(got) != 0 {
		t.Errorf("entries of nothing: %v", got)
	}
}

// TestGpuFacts keeps the catalogue's figures equal to the collected facts they were taken from.
func TestGpuFacts(t *testing.T) {
	data, err := os.ReadFile("../../shared/facts/gpus.csv")
	if os.IsNotExist(err) {
		t.Skip("no facts here")
	}
	if err != nil {
		t.Fatal(err)
	}
	facts, err := parseCatalogue(data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(facts.gpus, Gpus()); diff != "" {
		t.Error("catalogue differs from the facts:", diff)
	}
}
