package market

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed gpus.csv
var gpusCSV []byte

// catalogue is the parsed list of accelerators, in the order of their IDs.
type catalogue struct {
	gpus    []*Gpu
	byID    map[string]*Gpu
	byModel map[string][]*Gpu
}

var theCatalogue = sync.OnceValue(func() *catalogue { return must(parseCatalogue(gpusCSV)) })

// Gpus lists every accelerator of the catalogue, sorted by ID. The entries are the caller's own copies.
func Gpus() []*Gpu { return cloneGpus(theCatalogue().gpus) }

// GpuByID finds the catalogue entry with this ID. The entry is the caller's own copy.
func GpuByID(id string) (*Gpu, bool) {
	gpu, found := theCatalogue().byID[id]
	return gpu.clone(), found
}

// GpusOfModel lists the catalogue entries of a model, whatever its letters' case, sorted by ID.
func GpusOfModel(model string) []*Gpu { return cloneGpus(theCatalogue().ofModel(model)) }

func (c *catalogue) ofModel(model string) []*Gpu { return c.byModel[strings.ToLower(model)] }

func parseCatalogue(data []byte) (*catalogue, error) {
	c := &catalogue{byID: map[string]*Gpu{}, byModel: map[string][]*Gpu{}}
	err := eachRow(data, c.add)
	slices.SortFunc(c.gpus, compareGpus)
	for _, gpus := range c.byModel {
		slices.SortFunc(gpus, compareGpus)
	}
	return c, err
}

func (c *catalogue) add(row csvRow) error {
	gpu, err := parseGpu(row)
	if err != nil {
		return err
	}
	if c.byID[gpu.ID] != nil {
		return fmt.Errorf("two entries %s", gpu.ID)
	}
	c.gpus, c.byID[gpu.ID] = append(c.gpus, gpu), gpu
	key := strings.ToLower(gpu.Model)
	c.byModel[key] = append(c.byModel[key], gpu)
	return nil
}

func parseGpu(row csvRow) (*Gpu, error) {
	gpu := &Gpu{
		Vendor: row.text("vendor"), Model: row.text("model"), FormFactor: row.text("form_factor"),
		MemoryGB:           row.number("memory_gb"),
		MemoryBandwidthGBs: row.number("memory_bandwidth_gbs"),
		Fp16Tflops:         row.number("fp16_dense_tflops"),
		Fp8Tflops:          row.number("fp8_dense_tflops"),
		Fp32Tflops:         row.number("fp32_tflops"),
		TDPWatts:           row.whole("tdp_w"),
		Architecture:       row.text("architecture"),
		Year:               row.whole("year"),
	}
	gpu.Fp16SparseTflops = sparse(gpu)
	gpu.ID = gpuID(gpu)
	return gpu, row.err(gpu.Vendor, gpu.Model, gpu.FormFactor, gpu.Architecture)
}

// withSparsity names the architectures whose matrix cores skip two zeros of four.
var withSparsity = map[string]bool{
	"Ampere": true, "Ada Lovelace": true, "Hopper": true, "Blackwell": true, "Blackwell Ultra": true,
	"CDNA 3": true, "CDNA 4": true,
}

func sparse(gpu *Gpu) *float64 {
	if gpu.Fp16Tflops == nil || !withSparsity[gpu.Architecture] {
		return nil
	}
	return new(2 * *gpu.Fp16Tflops)
}

func gpuID(gpu *Gpu) string {
	id := slug(gpu.Vendor) + "/" + slug(gpu.Model) + "-" + slug(gpu.FormFactor)
	if gpu.MemoryGB != nil {
		id += "-" + strconv.FormatFloat(*gpu.MemoryGB, 'f', -1, 64) + "gb"
	}
	return id
}

func slug(text string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '_' {
			return '-'
		}
		return r
	}, strings.ToLower(text))
}

func compareGpus(a, b *Gpu) int { return strings.Compare(a.ID, b.ID) }

func cloneGpus(gpus []*Gpu) []*Gpu {
	var copies []*Gpu
	for _, gpu := range gpus {
		copies = append(copies, gpu.clone())
	}
	return copies
}

func (g *Gpu) clone() *Gpu {
	if g == nil {
		return nil
	}
	c := *g
	for _, p := range []**float64{&c.MemoryGB, &c.MemoryBandwidthGBs, &c.Fp16Tflops, &c.Fp16SparseTflops, &c.Fp8Tflops, &c.Fp32Tflops} {
		*p = cloneOf(*p)
	}
	c.TDPWatts, c.Year = cloneOf(c.TDPWatts), cloneOf(c.Year)
	return &c
}

func cloneOf[T any](p *T) *T {
	if p == nil {
		return nil
	}
	return new(*p)
}

// must is for embedded data: a build whose tests pass cannot carry a broken row.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// csvRow is one row of embedded data, read by column name; a bad figure is remembered in problem.
type csvRow struct {
	columns map[string]int
	cells   []string
	line    int
	problem *error
}

func eachRow(data []byte, use func(csvRow) error) error {
	records, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		return err
	}
	columns := map[string]int{}
	for i, name := range records[0] {
		columns[name] = i
	}
	for i, cells := range records[1:] {
		if err := use(csvRow{columns, cells, i + 2, new(error)}); err != nil {
			return fmt.Errorf("line %d: %w", i+2, err)
		}
	}
	return nil
}

func (r csvRow) text(column string) string {
	i, found := r.columns[column]
	if !found {
		*r.problem = fmt.Errorf("no column %q", column)
		return ""
	}
	return r.cells[i]
}

func (r csvRow) number(column string) *float64 {
	text := r.text(column)
	if text == "" {
		return nil
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n <= 0 {
		*r.problem = fmt.Errorf("%s is %q", column, text)
	}
	return &n
}

func (r csvRow) whole(column string) *int {
	n := r.number(column)
	if n == nil {
		return nil
	}
	if *n != float64(int(*n)) {
		*r.problem = fmt.Errorf("%s is not a whole number", column)
	}
	return new(int(*n))
}

// err is what is wrong with the row: a figure that does not parse, or one of the required texts empty.
func (r csvRow) err(required ...string) error {
	if *r.problem == nil && slices.Contains(required, "") {
		*r.problem = fmt.Errorf("a required column is empty")
	}
	return *r.problem
}
