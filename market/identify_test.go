package market

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// identity is a GpuIdentity that a table can state in one line.
type identity struct {
	model, form, memory, count string
	partition                  bool
	gpu                        string
}

func identityOf(id GpuIdentity) identity {
	short := identity{id.Model, id.FormFactor, printed(id.MemoryGB), printed(id.GpuCount), id.Partition, ""}
	if id.Gpu != nil {
		short.gpu = id.Gpu.ID
	}
	return short
}

type nameTest struct {
	reason   string
	provider string
	want     identity
}

var nameTests = map[string]nameTest{
	"NVIDIA H100 80GB HBM3": {reason: "the driver's name of the SXM board", want: identity{"H100", "SXM", "80", "", false, "nvidia/h100-sxm-80gb"}},
	"NVIDIA HGX H100":       {reason: "HGX is SXM, but not its memory", want: identity{model: "H100", form: "SXM"}},
	"NVIDIA GB300 NVL72":    {reason: "a rack is not a form", want: identity{model: "GB300", gpu: "nvidia/gb300-superchip-288gb"}},
	"NVIDIA GH200 480GB":    {reason: "the processor's memory", want: identity{model: "GH200"}},
	"NVIDIA A6000 48 GB 14 100 GiB 512 GiB SSD": {reason: "the machine follows the card",
		want: identity{"RTX A6000", "", "48", "", false, "nvidia/rtx-a6000-pcie-48gb"}},
	"A4000":                          {reason: "not an A40", want: identity{model: "RTX A4000", gpu: "nvidia/rtx-a4000-pcie-16gb"}},
	"A800":                           {reason: "not an A100", want: identity{model: "A800"}},
	"A100 NVLink":                    {reason: "NVLink is no form", want: identity{model: "A100"}},
	"4090 48G":                       {reason: "a rebuilt card is no entry", want: identity{model: "RTX 4090", memory: "48"}},
	"2x RTX 4090 48GB":               {reason: "the sum or two rebuilt cards", want: identity{model: "RTX 4090", count: "2"}},
	"8x GB300 SXM6 288GB":            {reason: "a count before", want: identity{"GB300", "SXM", "288", "8", false, "nvidia/gb300-superchip-288gb"}},
	"B200 192GB":                     {reason: "announced size", want: identity{"B200", "", "192", "", false, "nvidia/b200-sxm-180gb"}},
	"3090*8":                         {reason: "a bare number and a count", want: identity{"RTX 3090", "", "", "8", false, "nvidia/rtx-3090-pcie-24gb"}},
	"AMD MI300X - 8X":                {reason: "a count after", want: identity{"MI300X", "", "", "8", false, "amd/mi300x-oam-192gb"}},
	"H20 x 8":                        {reason: "a count after", want: identity{model: "H20", count: "8"}},
	"8卡 H800":                        {reason: "a count in Chinese", want: identity{model: "H800", count: "8"}},
	"A16 (4x16GB)":                   {reason: "that counts chips, not cards", want: identity{model: "A16", gpu: "nvidia/a16-pcie-64gb"}},
	"1/2 A10":                        {reason: "half a card", want: identity{"A10", "", "", "0.5", true, "nvidia/a10-pcie-24gb"}},
	"摩尔线程S4000":                      {reason: "Chinese against Latin", want: identity{model: "MTT S4000", gpu: "moore-threads/mtt-s4000-pcie-48gb"}},
	"ＲＴＸ　４０９０":                       {reason: "full width", want: identity{model: "RTX 4090", gpu: "nvidia/rtx-4090-pcie-24gb"}},
	"NVIDIA\u00a0A40":                {reason: "a space that does not break", want: identity{model: "A40", gpu: "nvidia/a40-pcie-48gb"}},
	"910B":                           {reason: "the family", want: identity{model: "Ascend 910B", gpu: "huawei/ascend-910b-oam-64gb"}},
	"壁仞 天垓100":                       {reason: "the wrong maker", want: identity{model: "BI-V100", gpu: "iluvatar/bi-v100-pcie-32gb"}},
	"A100D-1-10CME":                  {reason: "a slice of the 80 GB card", want: identity{model: "A100", memory: "10", partition: true}},
	"H100XM-16C":                     {reason: "a slice of the SXM board", want: identity{"H100", "SXM", "16", "", true, "nvidia/h100-sxm-80gb"}},
	"vGPU-32GB":                      {reason: "a slice of an unnamed card", want: identity{memory: "32", partition: true}},
	"1g.10gb":                        {reason: "a MIG profile alone", want: identity{memory: "10", partition: true}},
	"NVIDIA高性价比显卡":                   {reason: "no card is named"},
	"RTX 6000":                       {reason: "three generations share the number"},
	"RTX4000":                        {reason: "three generations share the number"},
	"RTX 6000 24 GB":                 {reason: "the memory settles it", want: identity{"Quadro RTX 6000", "", "24", "", false, "nvidia/quadro-rtx-6000-pcie-24gb"}},
	"NVIDIA GeForce RTX 2080 ...":    {reason: "cut short: may have been a Ti"},
	"RTX 5080 SUPER":                 {reason: "not an RTX 5080"},
	"H100 / H200":                    {reason: "two models"},
	"Radeon RX 7900 XT/7900 XTX":     {reason: "two models"},
	"TU102GL [Quadro RTX 6000/8000]": {reason: "two models"},
	"OCI - Compute - GPU - E4":       {reason: "a processor's shape"},
	"Apple M4":                       {reason: "not a Tesla M4"},
	"a2.large":                       {reason: "not an A2"},
	"Radeon Pro V620 MxGPU":          {reason: "a shared card", want: identity{model: "Radeon Pro V620", partition: true, gpu: "amd/radeon-pro-v620-pcie-32gb"}},
	"RTX 3060 12GB Mobile":           {reason: "a laptop part has no entry", want: identity{model: "RTX 3060 Laptop", memory: "12"}},
	"rtx-pro-6000-maxq":              {reason: "that edition is the same model", want: identity{model: "RTX PRO 6000 Blackwell", gpu: "nvidia/rtx-pro-6000-blackwell-pcie-96gb"}},
	"g6.xlarge":                      {reason: "no other cloud writes it so", want: identity{"L4", "PCIe", "24", "1", false, "nvidia/l4-pcie-24gb"}},
	"g5.2xlarge":                     {reason: "two clouds have it"},
	"Standard_NV6ads_A10_v5":         {reason: "a sixth of a card", want: identity{"A10", "PCIe", "4", "0.1667", true, "nvidia/a10-pcie-24gb"}},
	"ND96isrH100v5":                  {reason: "written without underscores", want: identity{"H100", "SXM", "80", "8", false, "nvidia/h100-sxm-80gb"}},
	"PNV6.8XLARGE320":                {reason: "the provider does not name the card", want: identity{memory: "96", count: "2"}},
	"":                               {reason: "nothing"},
}

func TestIdentify(t *testing.T) {
	for name, test := range nameTests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, identityOf(Identify(test.provider, name)), cmp.AllowUnexported(identity{})); diff != "" {
				t.Errorf("%s: %s", test.reason, diff)
			}
		})
	}
}

func TestIdentifyTypeOfProvider(t *testing.T) {
	for provider, test := range map[string]struct {
		reason, name string
		want         identity
	}{
		"aws":    {"AWS's A10G", "g5.2xlarge", identity{"A10G", "PCIe", "24", "1", false, "nvidia/a10g-pcie-24gb"}},
		"ctyun":  {"an eighth of a V100", "g5.2xlarge", identity{"V100", "", "4", "0.125", true, ""}},
		"azure":  {"no family of Azure's", "g5.2xlarge", identity{}},
		"nobody": {"an unknown cloud may mean either", "g5.2xlarge", identity{}},
		"gcp":    {"Google's own short name", "v4", identity{model: "TPU v4", gpu: "google/tpu-v4-board-32gb"}},
		"runpod": {"read as a name", "2x_A100-80GB_SECURE", identity{model: "A100", memory: "80", count: "2"}},
	} {
		t.Run(provider, func(t *testing.T) {
			if diff := cmp.Diff(test.want, identityOf(Identify(provider, test.name)), cmp.AllowUnexported(identity{})); diff != "" {
				t.Errorf("%s: %s", test.reason, diff)
			}
		})
	}
}

func TestNarrow(t *testing.T) {
	for name, test := range map[string]struct {
		reason, name, form string
		memoryGB           float64
		want               identity
	}{
		"memory settles":       {"HGX is stated, the memory is not", "NVIDIA HGX H100", "", 80, identity{"H100", "SXM", "80", "", false, "nvidia/h100-sxm-80gb"}},
		"memory leaves two":    {"PCIe or SXM", "NVIDIA A100", "", 80, identity{model: "A100", memory: "80"}},
		"form settles":         {"with both columns", "NVIDIA A100", "SXM4", 80, identity{"A100", "SXM", "80", "", false, "nvidia/a100-sxm-80gb"}},
		"form contradicts":     {"the name says PCIe", "H100 PCIe", "SXM", 80, identity{model: "H100", form: "PCIe", memory: "80"}},
		"memory contradicts":   {"no RTX 4090 has 48 GB", "RTX 4090", "", 48, identity{model: "RTX 4090", memory: "48"}},
		"memories contradict":  {"the name says 40", "A100 40GB SXM4", "", 80, identity{model: "A100", form: "SXM", memory: "40"}},
		"nothing more is said": {"the identity stays", "L40S", "", 0, identity{model: "L40S", gpu: "nvidia/l40s-pcie-48gb"}},
		"slice keeps its size": {"the column is the card's", "A100 MIG 1g.10gb", "SXM", 80, identity{"A100", "SXM", "10", "", true, "nvidia/a100-sxm-80gb"}},
		"no model":             {"there is nothing to refine", "RTX 6000", "PCIe", 48, identity{}},
	} {
		t.Run(name, func(t *testing.T) {
			got := Identify("", test.name).Narrow(test.memoryGB, test.form)
			if diff := cmp.Diff(test.want, identityOf(got), cmp.AllowUnexported(identity{})); diff != "" {
				t.Errorf("%s: %s", test.reason, diff)
			}
		})
	}
}

func TestIdentifyLongNames(t *testing.T) {
	for _, piece := range []string{"1", "a", "A100 ", "1g.", "8x", "昇腾", "NVIDIA ", "1.1.", "/", "GA102", "\xff"} {
		start := time.Now()
		Identify("", strings.Repeat(piece, maxNameBytes/len(piece)))
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("64 KiB of %q took %v", piece, took)
		}
	}
}

func FuzzIdentify(f *testing.F) {
	for name, test := range nameTests {
		f.Add(test.provider, name)
	}
	f.Fuzz(func(t *testing.T, provider, name string) {
		id := Identify(provider, name)
		if diff := cmp.Diff(id, Identify(provider, name)); diff != "" {
			t.Error("two answers:", diff)
		}
		if id.Gpu != nil && (id.Gpu.Model != id.Model || id.Gpu.Vendor != id.Vendor) {
			t.Errorf("model %s %s, entry %s", id.Vendor, id.Model, id.Gpu.ID)
		}
		id.Narrow(80, name)
	})
}
