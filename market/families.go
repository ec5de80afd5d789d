package market

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"
	"sync"
)

//go:embed families.txt
var familiesTXT string

// family is one line of families.txt: instance types of one provider that have the same card.
type family struct {
	provider   string
	expression *regexp.Regexp
	model      string
	form       string
	memory     float64
	cards      string
}

// theFamilies are read from the embedded table once. A table that cannot be read is a mistake of the program, which a test finds.
var theFamilies = sync.OnceValue(func() []family {
	families, err := readFamilies(familiesTXT)
	if err != nil {
		panic("market: families.txt: " + err.Error())
	}
	return families
})

func readFamilies(text string) ([]family, error) {
	var out []family
	for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Split(line, ";")
		if len(fields) != 6 {
			return nil, fmt.Errorf("line %d: expected six fields", i+1)
		}
		expression, err := regexp.Compile("^(?:" + fields[1] + ")$")
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		out = append(out, family{fields[0], expression, fields[2], fields[3], parsed(fields[4]), fields[5]})
	}
	return out, nil
}

// longestType bounds an instance type.
const longestType = 80

// identifyType reads an instance type. The provider settles a type that two clouds have; without it, a type that means two
// different things means nothing.
func identifyType(provider, name string) (GpuIdentity, bool) {
	if len(name) > longestType {
		return GpuIdentity{}, false
	}
	var only *GpuIdentity
	for _, f := range theFamilies() {
		id, fits := f.read(name)
		if !fits || f.provider != provider && hasFamilies(provider) {
			continue
		}
		if only != nil && (only.Model != id.Model || show(only.GpuCount) != show(id.GpuCount)) {
			return GpuIdentity{}, true
		}
		only = &id
	}
	if only == nil {
		return GpuIdentity{}, false
	}
	return *only, true
}

func hasFamilies(provider string) bool {
	for _, f := range theFamilies() {
		if f.provider == provider {
			return true
		}
	}
	return false
}

var azureNoise = strings.NewReplacer("_", "", " ", "")

func (f family) read(name string) (GpuIdentity, bool) {
	name = strings.ToLower(strings.TrimSpace(name))
	if f.provider == "azure" {
		name = azureNoise.Replace(name)
	}
	match := f.expression.FindStringSubmatchIndex(name)
	if match == nil {
		return GpuIdentity{}, false
	}
	return f.identity(string(f.expression.ExpandString(nil, f.cards, name, match))), true
}

func (f family) identity(cards string) GpuIdentity {
	id := GpuIdentity{Vendor: modelVendor(f.model), Model: f.model, FormFactor: f.form}
	card := f.memory
	if count, err := ParseCount(cards); err == nil {
		n := count.Float()
		id.GpuCount, id.Partition = &n, n < 1
	}
	memory := f.memory
	switch {
	case id.Partition && strings.Contains(f.cards, "$1/"): // the memory is the card's, the type's the slice's
		memory = f.memory * *id.GpuCount
	case id.Partition:
		card = f.memory / *id.GpuCount
	}
	if memory > 0 {
		id.MemoryGB = &memory
	}
	if f.model != "" {
		id.Gpu = oneVariant(f.model, f.form, card)
	}
	return id
}

// modelVendor is the maker of a model that the catalogue or the names have; NVIDIA's unnamed cards are still NVIDIA's.
func modelVendor(model string) string {
	if gpus := theCatalogue().byModel[strings.ToLower(model)]; len(gpus) > 0 {
		return gpus[0].Vendor
	}
	return "NVIDIA"
}

