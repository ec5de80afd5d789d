package market

import (
	"cmp"
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed models.csv
var modelsCSV []byte

//go:embed aliases.csv
var aliasesCSV []byte

// alias is one spelling of a model. A space, hyphen or underscore in it may be any separator or none in a name;
// pieces written together must be together.
type alias struct {
	vendor string
	// model is empty for a spelling that several models share: it names none of them.
	model string
	// when says what the rest of the name must be for the spelling to count; see (*reader).holds.
	when         string
	form         string
	cardMemoryGB float64
	glued        []bool
}

// dictionary finds spellings by their atoms.
type dictionary struct {
	byAtoms map[string][]alias
	longest int
	models  map[string]bool
}

var theDictionary = sync.OnceValue(func() *dictionary { return must(parseDictionary(modelsCSV, aliasesCSV)) })

func parseDictionary(models, aliases []byte) (*dictionary, error) {
	d := &dictionary{byAtoms: map[string][]alias{}, models: map[string]bool{}}
	for _, gpu := range theCatalogue().gpus {
		d.models[gpu.Vendor+"/"+gpu.Model] = true
	}
	if err := eachRow(models, d.addModel); err != nil {
		return nil, fmt.Errorf("models: %w", err)
	}
	conditional := map[string]bool{}
	err := eachRow(aliases, func(row csvRow) error { return d.addAlias(row, conditional) })
	if err != nil {
		return nil, fmt.Errorf("aliases: %w", err)
	}
	d.addOwnNames(conditional)
	return d, nil
}

func (d *dictionary) addModel(row csvRow) error {
	name := row.text("vendor") + "/" + row.text("model")
	if d.models[name] {
		return fmt.Errorf("model %s is listed twice", name)
	}
	d.models[name] = true
	return row.err(row.text("vendor"), row.text("model"))
}

func (d *dictionary) addAlias(row csvRow, conditional map[string]bool) error {
	a := alias{vendor: row.text("vendor"), model: row.text("model"), when: row.text("when"), form: row.text("form_factor")}
	if memory := row.number("card_memory_gb"); memory != nil {
		a.cardMemoryGB = *memory
	}
	name := a.vendor + "/" + a.model
	if a.model != "" && !d.models[name] {
		return fmt.Errorf("alias %q of an unknown model %s", row.text("alias"), name)
	}
	if row.text("alias") == a.model {
		conditional[name] = true
	}
	d.add(row.text("alias"), a)
	return row.err(row.text("alias"), a.vendor)
}

// addOwnNames makes every model a spelling of itself, unless the aliases tie that spelling to a condition.
func (d *dictionary) addOwnNames(conditional map[string]bool) {
	for name := range d.models {
		if vendor, model, _ := strings.Cut(name, "/"); !conditional[name] {
			d.add(model, alias{vendor: vendor, model: model})
		}
	}
}

// add enters a spelling, and with it the ones that run its words together: RTXA6000, Atlas300IDuo.
func (d *dictionary) add(spelling string, a alias) {
	for _, variant := range runTogether(split(spelling)) {
		d.enter(variant, a)
	}
}

func runTogether(atoms []atom) [][]atom {
	variants := [][]atom{nil}
	for _, next := range atoms {
		var longer [][]atom
		for _, variant := range variants {
			longer = append(longer, append(slices.Clone(variant), next))
			if n := len(variant); n > 0 && variant[n-1].kind == letterAtom && next.kind == letterAtom {
				joined := slices.Clone(variant)
				joined[n-1].text += next.text
				longer = append(longer, joined)
			}
		}
		variants = longer
	}
	return variants
}

func (d *dictionary) enter(atoms []atom, a alias) {
	a.glued = nil
	for _, piece := range atoms {
		a.glued = append(a.glued, piece.glued)
	}
	key := atomsKey(atoms)
	d.byAtoms[key] = append(d.byAtoms[key], a)
	slices.SortStableFunc(d.byAtoms[key], conditionFirst)
	d.longest = max(d.longest, len(atoms))
}

// conditionFirst puts a spelling that needs something before the same spelling that needs nothing.
func conditionFirst(a, b alias) int {
	return cmp.Compare(min(len(b.when), 1), min(len(a.when), 1))
}

func atomsKey(atoms []atom) string {
	texts := make([]string, len(atoms))
	for i, a := range atoms {
		texts[i] = a.text
	}
	return strings.Join(texts, " ")
}

// at lists the spellings that cover exactly these atoms.
func (d *dictionary) at(atoms []atom) []alias {
	var found []alias
	for _, a := range d.byAtoms[atomsKey(atoms)] {
		if a.fits(atoms) {
			found = append(found, a)
		}
	}
	return found
}

func (a alias) fits(atoms []atom) bool {
	for i := 1; i < len(atoms); i++ {
		if a.glued[i] && !atoms[i].glued || strings.ContainsFunc(atoms[i].gap, breaksNames) {
			return false
		}
	}
	return true
}

// breaksNames is true for what cannot stand inside a model's name.
func breaksNames(r rune) bool { return !strings.ContainsRune(" -_.()[]\t®™", r) }

func memoryCondition(when string) (float64, bool) {
	text, isMemory := strings.CutSuffix(when, "GB")
	n, err := strconv.ParseFloat(text, 64)
	return n, isMemory && err == nil
}
