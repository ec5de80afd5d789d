package market

import (
	_ "embed"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

//go:embed families.csv
var familiesCSV []byte

// family is a provider's line of instance types that have the same card.
type family struct {
	provider string
	// pattern may name groups: gpu (the card's name), size, n, c and g (what the count is made of),
	// vram (the memory of all cards), mem (the memory of one).
	pattern             *regexp.Regexp
	vendor, model, form string
	memoryGB            float64
	count               string
}

// maxTypeBytes bounds the names that are tried as instance types.
const maxTypeBytes = 80

type familyTable struct {
	families  []family
	providers map[string]bool
}

var theFamilies = sync.OnceValue(func() *familyTable { return must(parseFamilies(familiesCSV)) })

func parseFamilies(data []byte) (*familyTable, error) {
	table := &familyTable{providers: map[string]bool{}}
	err := eachRow(data, func(row csvRow) error {
		f, err := parseFamily(row)
		table.families, table.providers[f.provider] = append(table.families, f), true
		return err
	})
	return table, err
}

func parseFamily(row csvRow) (family, error) {
	pattern, err := regexp.Compile("^(?i:" + row.text("pattern") + ")$")
	if err != nil {
		return family{}, err
	}
	f := family{
		provider: row.text("provider"), pattern: pattern, vendor: row.text("vendor"), model: row.text("model"),
		form: row.text("form_factor"), count: row.text("count"),
	}
	if memory := row.number("memory_gb"); memory != nil {
		f.memoryGB = *memory
	}
	return f, f.check(row)
}

func (f *family) check(row csvRow) error {
	gpus := theDictionary().vendorsOf(f.model)
	switch {
	case f.vendor == "" && len(gpus) == 1:
		f.vendor = gpus[0]
	case f.model != "" || f.vendor == "" && f.pattern.SubexpIndex("gpu") < 0:
		return fmt.Errorf("%s does not settle the maker of %q", f.pattern, f.model)
	}
	return row.err(f.provider)
}

func (d *dictionary) vendorsOf(model string) []string {
	var vendors []string
	for name := range d.models {
		if vendor, m, _ := strings.Cut(name, "/"); m == model {
			vendors = append(vendors, vendor)
		}
	}
	return vendors
}

// identifyType reads the name as an instance type: of the given provider if it has families here, else of any;
// what different clouds mean by one type is then left open.
func identifyType(provider, name string) (GpuIdentity, bool) {
	name = strings.TrimSpace(name)
	if len(name) > maxTypeBytes {
		return GpuIdentity{}, false
	}
	var meanings []GpuIdentity
	for _, f := range theFamilies().families {
		if theFamilies().providers[provider] && provider != f.provider {
			continue
		}
		if groups := f.pattern.FindStringSubmatch(name); groups != nil {
			meanings = append(meanings, f.identity(groups))
		}
	}
	return common(meanings)
}

// common keeps what all meanings agree on.
func common(meanings []GpuIdentity) (GpuIdentity, bool) {
	if len(meanings) == 0 {
		return GpuIdentity{}, false
	}
	id := meanings[0]
	for _, other := range meanings[1:] {
		if other.Model != id.Model || other.Vendor != id.Vendor {
			return GpuIdentity{}, true
		}
		id = id.agreeing(other)
	}
	return id, true
}

func (id GpuIdentity) agreeing(other GpuIdentity) GpuIdentity {
	if id.FormFactor != other.FormFactor {
		id.FormFactor = ""
	}
	if id.Gpu != nil && (other.Gpu == nil || other.Gpu.ID != id.Gpu.ID) {
		id.Gpu = nil
	}
	id.MemoryGB, id.GpuCount = same(id.MemoryGB, other.MemoryGB), same(id.GpuCount, other.GpuCount)
	id.Partition = id.Partition && other.Partition
	return id
}

func same(a, b *float64) *float64 {
	if a == nil || b == nil || *a != *b {
		return nil
	}
	return a
}

func (f family) identity(groups []string) GpuIdentity {
	if name := f.group(groups, "gpu"); name != "" {
		id := identifyName("", name)
		id.GpuCount, _ = f.cards(groups)
		return id
	}
	id := GpuIdentity{Vendor: f.vendor, Model: f.model, FormFactor: f.form}
	card := cardOf{model: f.model, form: f.form, memoryGB: f.memoryGB}
	if n, found := parsePositive(f.group(groups, "mem")); found {
		card.memoryGB = n
	}
	id.Gpu = card.gpu()
	id.GpuCount, id.Partition = f.cards(groups)
	id.MemoryGB = sliceMemory(card.memoryGB, id)
	return id
}

// sliceMemory is the card's memory, or the slice's share of it.
func sliceMemory(cardMemoryGB float64, id GpuIdentity) *float64 {
	switch {
	case cardMemoryGB == 0, id.Partition && id.GpuCount == nil:
		return nil
	case id.Partition:
		return new(cardMemoryGB * *id.GpuCount)
	}
	return &cardMemoryGB
}

func (f family) group(groups []string, name string) string {
	if i := f.pattern.SubexpIndex(name); i >= 0 {
		return groups[i]
	}
	return ""
}

// cards works out the count column: "8", "n", "n/36", "vram/48", "vcpu/c", "slice", or a list of sizes "xlarge=1 large=1/8".
func (f family) cards(groups []string) (count *float64, partition bool) {
	rule := f.count
	if strings.Contains(rule, "=") {
		rule = f.countOfSize(f.group(groups, "size"))
	}
	numerator, denominator, divided := strings.Cut(rule, "/")
	n, found := f.term(groups, numerator)
	if divided {
		d, known := f.term(groups, denominator)
		n, found = n/d, found && known
	}
	if !found || n <= 0 {
		return nil, rule == "slice"
	}
	return &n, n < 1
}

func (f family) countOfSize(size string) string {
	for entry := range strings.FieldsSeq(f.count) {
		if name, count, _ := strings.Cut(entry, "="); strings.EqualFold(name, size) {
			return count
		}
	}
	return ""
}

// term is a number of the count rule, or the group of that name. Alibaba's c8g1 is eight processors to one card.
func (f family) term(groups []string, name string) (float64, bool) {
	switch name {
	case "n", "vram":
		return parsePositive(f.group(groups, name))
	case "vcpu":
		return vcpus(f.group(groups, "size"))
	case "c":
		c, ok := parsePositive(f.group(groups, "c"))
		g, known := parsePositive(f.group(groups, "g"))
		return c / g, ok && known
	}
	return parsePositive(name)
}

// vcpus is the number of processors of an Alibaba size: four to the xlarge.
func vcpus(size string) (float64, bool) {
	times := strings.TrimSuffix(strings.ToLower(size), "xlarge")
	if times == "" {
		return 4, true
	}
	n, err := strconv.Atoi(times)
	return 4 * float64(n), err == nil
}
