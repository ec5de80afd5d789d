package market

import (
	"slices"
	"strings"
)

// Identify says what accelerator a name means: a name on a price page, in an API, of a driver, or an instance type, where the
// provider settles what two clouds use. It never guesses: what the name does not say stays empty, and a name that could mean
// two things means nothing.
func Identify(provider, name string) GpuIdentity {
	if id, found := identifyType(provider, name); found {
		return id
	}
	if strings.Contains(name, "...") || strings.Contains(name, "…") {
		return GpuIdentity{Vendor: vendorOf(wordsOf(name))} // cut short: the end may have said more
	}
	return identifyName(name)
}

// identifyName reads a name. The PCI list writes the chip before and the product within brackets.
func identifyName(name string) GpuIdentity {
	if _, rest, found := strings.Cut(name, "["); found {
		inside, _, _ := strings.Cut(rest, "]")
		if id := identifyWords(wordsOf(inside)); id.Model != "" {
			return id
		}
	}
	return identifyWords(wordsOf(name))
}

func identifyWords(all []string) GpuIdentity {
	found := theNames().find(all)
	id := GpuIdentity{Vendor: vendorOf(all)}
	details := readDetails(all, found)
	id.Partition, id.MemoryGB, id.GpuCount = details.partition, details.sliceOrCard(), details.count
	model, ok := oneModel(found)
	if !ok {
		return id
	}
	id.Vendor = model.vendor
	id.Model, ok = settle(model, all, details)
	if !ok {
		return id
	}
	id.FormFactor = details.form
	if id.Model == "H100" && details.hbm3 && details.card == 80 {
		id.FormFactor = "SXM" // the driver prints the SXM5 board so
	}
	if grace(id.Model) && !details.partition && !fits(id.Model, details.card) {
		id.MemoryGB, details.card = nil, 0 // it is the processor's memory
	}
	id.Gpu = oneVariant(id.Model, id.FormFactor, details.card)
	return id
}

// oneModel is the model, if the name has just one.
func oneModel(found []named) (named, bool) {
	for _, f := range found[min(1, len(found)):] {
		if f.model != found[0].model {
			return named{}, false
		}
	}
	if len(found) == 0 {
		return named{}, false
	}
	return found[0], true
}

// shared are the workstation numbers that several generations have, by the memory that only the oldest had.
var shared = map[string]float64{"?RTX 6000": 24, "?RTX 5000": 16, "?RTX 4000": 8}

// settle decides between a model and its relatives: the generation of a shared number, the laptop's part, the embedded one.
func settle(m named, all []string, d details) (string, bool) {
	if strings.HasPrefix(m.model, "?") {
		if d.profile || shared[m.model] > 0 && shared[m.model] == d.card {
			return strings.Replace(m.model, "?", "Quadro ", 1), true
		}
		return "", false
	}
	if m.model == "A100X" && d.profile {
		return "A100", true // as a profile it is the SXM board
	}
	return relative(m.model, all)
}

func relative(model string, all []string) (string, bool) {
	laptop := slices.Contains(all, "LAPTOP") || slices.Contains(all, "MOBILE")
	maxQ := slices.Contains(all, "MAXQ") || hasPair(all, "MAX", "Q")
	switch {
	case laptop && maxQ:
		return "", false
	case laptop:
		return model + " Laptop", true
	case slices.Contains(all, "EMBEDDED"):
		return model + " Embedded", true
	case maxQ && !strings.HasPrefix(model, "RTX PRO"):
		return model + " Max-Q", true
	}
	return model, true
}

func hasPair(all []string, first, second string) bool {
	i := slices.Index(all, first)
	return i >= 0 && i+1 < len(all) && all[i+1] == second
}

// makers are words that say a vendor even where no model is named.
var makers = []struct{ word, vendor string }{
	{"NVIDIA", "NVIDIA"}, {"GEFORCE", "NVIDIA"}, {"RTX", "NVIDIA"}, {"GTX", "NVIDIA"}, {"TESLA", "NVIDIA"}, {"QUADRO", "NVIDIA"}, {"MIG", "NVIDIA"},
	{"AMD", "AMD"}, {"RADEON", "AMD"}, {"INSTINCT", "AMD"}, {"INTEL", "Intel"}, {"GAUDI", "Intel"}, {"ASCEND", "Huawei"}, {"HUAWEI", "Huawei"},
}

// vendorOf is the maker that the words name; a slice profile ("1G.5GB") and a shared number ("RTX4000") are NVIDIA's.
func vendorOf(all []string) string {
	for _, w := range all {
		for _, m := range makers {
			if w == m.word {
				return m.vendor
			}
		}
		if migProfile.MatchString(w) || nvidiaNumber.MatchString(w) {
			return "NVIDIA"
		}
	}
	return ""
}

// Narrow is the same identity with what a price table prints in other columns: the memory of one card (zero when it does not
// say), the form factor (empty when it does not). What contradicts every variant leaves the model without one.
func (id GpuIdentity) Narrow(cardMemoryGB float64, formFactor string) GpuIdentity {
	if id.Model == "" {
		return id
	}
	form := or(formFactor, id.FormFactor)
	if formFactor != "" && id.FormFactor != "" && formFactor != id.FormFactor {
		id.Gpu = nil
		return id
	}
	if cardMemoryGB == 0 && id.MemoryGB != nil && !id.Partition {
		cardMemoryGB = *id.MemoryGB
	}
	id.FormFactor = form
	id.Gpu = oneVariant(id.Model, form, cardMemoryGB)
	return id
}

// oneVariant is the catalogue's entry, if only one has the form and the memory that are known.
func oneVariant(model, form string, memory float64) *Gpu {
	var only *Gpu
	for _, g := range theCatalogue().byModel[strings.ToLower(model)] {
		if form != "" && g.FormFactor != form && g.FormFactor != "superchip" || memory > 0 && !sameMemory(g, memory) {
			continue
		}
		if only != nil {
			return nil
		}
		only = g
	}
	return only
}

// sold are the models whose memory is printed in several ways: what is usable, what was announced.
var sold = map[string][2]float64{"B200": {178, 192}, "GB200": {180, 192}, "B300": {262, 288}, "GB300": {270, 288}}

func sameMemory(g *Gpu, printed float64) bool {
	if span, several := sold[g.Model]; several {
		return printed >= span[0] && printed <= span[1]
	}
	return g.MemoryGB != nil && *g.MemoryGB == printed
}

func grace(model string) bool { return model == "GH200" || model == "GB200" || model == "GB300" }

// fits says whether any variant of a model has that memory.
func fits(model string, memory float64) bool {
	return slices.ContainsFunc(theCatalogue().byModel[strings.ToLower(model)], func(g *Gpu) bool { return sameMemory(g, memory) })
}
