package market

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestIdentify(t *testing.T) {
	tests := map[string]struct{ reason, provider, name, model, gpu string }{
		"A40":                {"not the A4000", "", "A40", "A40", "nvidia/a40-pcie-48gb"},
		"A4000":              {"not the A40", "", "A4000", "RTX A4000", "nvidia/rtx-a4000-pcie-16gb"},
		"A800":               {"not the A100", "", "NVIDIA A800-SXM4-80GB", "A800", "nvidia/a800-sxm-80gb"},
		"HGX":                {"HGX is the SXM board; it comes with two memories", "", "NVIDIA HGX H100", "H100", ""},
		"the driver's H100":  {"the driver prints the SXM5 board so", "", "NVIDIA H100 80GB HBM3", "H100", "nvidia/h100-sxm-80gb"},
		"variant unsaid":     {"the model is certain, the variant is not", "", "H100", "H100", ""},
		"an unnamed card":    {"nothing says which one", "", "NVIDIA高性价比显卡", "", ""},
		"cut short":          {"the rest is lost", "", "NVIDIA GeForce RTX 2080 ...", "", ""},
		"a modified card":    {"no such card was ever made", "", "4090-48G", "RTX 4090", ""},
		"a shared number":    {"three generations have it", "", "RTX 6000", "", ""},
		"its memory tells":   {"only the oldest had 24 GB", "", "RTX 6000 24GB", "Quadro RTX 6000", "nvidia/quadro-rtx-6000-pcie-24gb"},
		"two models":         {"it could be either", "", "A100 / H100", "", ""},
		"Chinese neighbours": {"no space between the scripts", "", "摩尔线程S4000", "MTT S4000", "moore-threads/mtt-s4000-pcie-48gb"},
		"the wrong maker":    {"天垓 is Iluvatar's, whoever is named", "", "壁仞 天垓100", "BI-V100", "iluvatar/bi-v100-pcie-32gb"},
		"AWS' g5":            {"the provider settles it", "aws", "g5.2xlarge", "A10G", "nvidia/a10g-pcie-24gb"},
		"天翼云's g5":           {"the provider settles it", "ctyun", "g5.2xlarge", "V100", ""},
		"anybody's g5":       {"two clouds have it", "", "g5.2xlarge", "", ""},
		"full-width":         {"domestic pages type so", "", "ＲＴＸ　４０９０", "RTX 4090", "nvidia/rtx-4090-pcie-24gb"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			id := Identify(tt.provider, tt.name)
			if id.Model != tt.model || id.id() != tt.gpu {
				t.Errorf("%s: got %q, %q", tt.reason, id.Model, id.id())
			}
		})
	}
}

func TestNarrow(t *testing.T) {
	tests := map[string]struct {
		reason, name string
		memory       float64
		form, gpu    string
	}{
		"memory tells":      {"a column for it", "NVIDIA HGX H100", 80, "", "nvidia/h100-sxm-80gb"},
		"form tells":        {"a column for it", "A100 80GB", 0, "PCIe", "nvidia/a100-pcie-80gb"},
		"still open":        {"SXM or PCIe", "NVIDIA A100", 80, "", ""},
		"a contradiction":   {"no such variant", "NVIDIA HGX H100", 640, "", ""},
		"another form":      {"the columns contradict the name", "A100 SXM 80GB", 0, "PCIe", ""},
		"nothing to narrow": {"the name says nothing", "显卡", 24, "", ""},
		"as clouds print":   {"announced with 192, sold with 180", "NVIDIA B200", 183, "", "nvidia/b200-sxm-180gb"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if id := Identify("", tt.name).Narrow(tt.memory, tt.form); id.id() != tt.gpu {
				t.Errorf("%s: got %q, want %q", tt.reason, id.id(), tt.gpu)
			}
		})
	}
}

// TestTablesAreWhole reads the embedded tables, and holds that every family's card is in the catalogue or named.
func TestTablesAreWhole(t *testing.T) {
	if len(Gpus()) < 170 {
		t.Errorf("%d accelerators", len(Gpus()))
	}
	for _, f := range theFamilies() {
		if f.model != "" && len(GpusOfModel(f.model)) == 0 && f.model != "GRID K520" {
			t.Errorf("family %s: %q is not in the catalogue", f.expression, f.model)
		}
	}
	for _, g := range Gpus() {
		if found, ok := GpuByID(g.ID); !ok || found != g || strings.ToLower(g.ID) != g.ID || strings.Count(g.ID, "/") != 1 {
			t.Errorf("%q", g.ID)
		}
	}
	for text, says := range map[string]string{"model,vendor,form_factor,memory_gb,memory_bandwidth_gbs,fp16_dense_tflops,fp8_dense_tflops,fp32_tflops,tdp_w,architecture,year\nX,Y,PCIe,none,,,,,,,\n": "line 2"} {
		if _, err := readCatalogue(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("a broken row: %v", err)
		}
	}
}

func TestSparseFigures(t *testing.T) {
	for id, want := range map[string]float64{"nvidia/h100-sxm-80gb": 1978, "amd/mi300x-oam-192gb": 2614, "nvidia/v100-sxm-32gb": 0, "huawei/ascend-910b1-oam-64gb": 0, "amd/mi250x-oam-128gb": 0} {
		gpu, _ := GpuByID(id)
		if got := gpu.Fp16SparseTflops; (got == nil) != (want == 0) || got != nil && *got != want {
			t.Errorf("%s: got %v, want %v", id, got, want)
		}
	}
}

func FuzzIdentify(f *testing.F) {
	for _, seed := range []string{"NVIDIA HGX H100", "A100-1-5CME", "沐曦 曦云C500", "8x RTX 4090", "1g.5gb", "p5.48xlarge", "[", "3090*8"} {
		f.Add("", seed)
	}
	f.Fuzz(func(t *testing.T, provider, name string) {
		id := Identify(provider, name)
		if id.Gpu != nil && id.Gpu.Model != id.Model {
			t.Errorf("%q: model %q, catalogue entry %q", name, id.Model, id.Gpu.ID)
		}
		if !utf8.ValidString(id.Model) || id.GpuCount != nil && !(*id.GpuCount > 0) {
			t.Errorf("%q: %+v", name, id)
		}
	})
}
