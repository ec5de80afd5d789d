package market

import (
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed gpus.csv
var gpusCSV string

// catalogue is the accelerators by id and by model.
type catalogue struct {
	all     []*Gpu // by id
	byID    map[string]*Gpu
	byModel map[string][]*Gpu // by the model's name in lower case
}

// theCatalogue is read from the embedded table once. A table that cannot be read is a mistake of the program, which a test finds.
var theCatalogue = sync.OnceValue(func() *catalogue {
	c, err := readCatalogue(gpusCSV)
	if err != nil {
		panic("market: gpus.csv: " + err.Error())
	}
	return c
})

// Gpus are all accelerators of the catalogue, by id. They must not be changed.
func Gpus() []*Gpu { return slices.Clone(theCatalogue().all) }

// GpuByID finds an accelerator; false when the catalogue has none of that id.
func GpuByID(id string) (*Gpu, bool) {
	gpu, found := theCatalogue().byID[id]
	return gpu, found
}

// GpusOfModel are the variants of a model, whatever the case of its name; none when the catalogue does not have it.
func GpusOfModel(model string) []*Gpu {
	return slices.Clone(theCatalogue().byModel[strings.ToLower(model)])
}

func readCatalogue(text string) (*catalogue, error) {
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		return nil, err
	}
	c := &catalogue{byID: map[string]*Gpu{}, byModel: map[string][]*Gpu{}}
	for i, row := range rows[1:] {
		gpu, err := readGpu(rows[0], row)
		if err == nil && c.byID[gpu.ID] != nil {
			err = errors.New("a second " + gpu.ID)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+2, err)
		}
		c.byID[gpu.ID] = gpu
		c.all = append(c.all, gpu)
		model := strings.ToLower(gpu.Model)
		c.byModel[model] = append(c.byModel[model], gpu)
	}
	slices.SortFunc(c.all, func(a, b *Gpu) int { return strings.Compare(a.ID, b.ID) })
	return c, nil
}

// figures reads the cells of one row and keeps the errors.
type figures struct {
	cells  map[string]string
	errors []error
}

func (f *figures) number(column string) *float64 {
	text := f.cells[column]
	if text == "" {
		return nil
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n <= 0 {
		f.errors = append(f.errors, fmt.Errorf("%s %q is no figure", column, text))
	}
	return &n
}

func (f *figures) whole(column string) *int {
	n := f.number(column)
	if n == nil {
		return nil
	}
	whole := int(*n)
	return &whole
}

func readGpu(header, row []string) (*Gpu, error) {
	f := &figures{cells: map[string]string{}}
	for i, name := range header {
		f.cells[name] = row[i]
	}
	gpu := &Gpu{
		Vendor: f.cells["vendor"], Model: f.cells["model"], FormFactor: f.cells["form_factor"], MemoryGB: f.number("memory_gb"),
		MemoryBandwidthGBs: f.number("memory_bandwidth_gbs"), Fp16Tflops: f.number("fp16_dense_tflops"), Fp8Tflops: f.number("fp8_dense_tflops"),
		Fp32Tflops: f.number("fp32_tflops"), TDPWatts: f.whole("tdp_w"), Architecture: f.cells["architecture"], Year: f.whole("year"),
	}
	if gpu.Vendor == "" || gpu.Model == "" || gpu.MemoryGB == nil {
		f.errors = append(f.errors, errors.New("without vendor, model or memory"))
	}
	gpu.Fp16SparseTflops = sparse(gpu)
	gpu.ID = gpuID(gpu)
	return gpu, errors.Join(f.errors...)
}

// sparseArchitectures are those with 2:4 sparsity.
var sparseArchitectures = map[string]bool{
	"Ampere": true, "Ada Lovelace": true, "Hopper": true, "Blackwell": true, "Blackwell Ultra": true, "CDNA 3": true, "CDNA 4": true,
}

func sparse(g *Gpu) *float64 {
	if g.Fp16Tflops == nil || !sparseArchitectures[g.Architecture] {
		return nil
	}
	double := 2 * *g.Fp16Tflops
	return &double
}

func gpuID(g *Gpu) string {
	slug := func(s string) string {
		return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return r == ' ' || r == '_' || r == '-' }), "-")
	}
	memory := ""
	if g.MemoryGB != nil {
		memory = "-" + strconv.FormatFloat(*g.MemoryGB, 'f', -1, 64) + "gb"
	}
	return slug(g.Vendor) + "/" + slug(g.Model) + "-" + slug(g.FormFactor) + memory
}
