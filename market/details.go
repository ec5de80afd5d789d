package market

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// details are what a name says beside the model.
type details struct {
	form      string
	card      float64 // memory of the whole card, GB; zero when unsaid
	slice     float64 // memory of a slice
	count     *float64
	partition bool
	profile   bool // a vGPU profile, as in "A100-1-5C"
	hbm3      bool
}

func (d details) sliceOrCard() *float64 {
	switch {
	case d.slice > 0:
		return &d.slice
	case d.partition && d.profile, d.card == 0:
		return nil
	}
	return &d.card
}

var (
	memoryWord   = regexp.MustCompile(`^(\d{1,3}(?:\.\d+)?)(?:GB|G)$`)
	migProfile   = regexp.MustCompile(`^\d+G\.(\d+)GB$`)
	vgpuProfile  = regexp.MustCompile(`^(\d{1,3})(?:Q|C|B|A|B4)(?:ME|MEALL|NOME|GFX|MENOGFX)?$`)
	countBefore  = regexp.MustCompile(`^(\d{1,4})X$`)
	countAfter   = regexp.MustCompile(`^X(\d{1,4})$`)
	formWord     = regexp.MustCompile(`^(SXM|PCIE|NVL|OAM|HGX|FHHL)\d?$`)
	nvidiaNumber = regexp.MustCompile(`^RTX\d{4}$`)
)

// forms spells the form factors.
var forms = map[string]string{"SXM": "SXM", "HGX": "SXM", "PCIE": "PCIe", "FHHL": "PCIe", "NVL": "NVL", "OAM": "OAM"}

// boards are the names that vGPU profiles give to boards: form factor, and memory where the name settles it.
var boards = map[string]struct {
	form   string
	memory float64
}{
	"A100D": {"", 80}, "A100DX": {"SXM", 80}, "A100X": {"SXM", 40}, "A100XM": {"SXM", 0}, "A800D": {"", 80}, "A800DX": {"SXM", 80}, "A800XM": {"SXM", 0},
	"V100X": {"SXM", 16}, "V100DX": {"SXM", 32}, "V100D": {"", 32}, "H100L": {"NVL", 94}, "H100XL": {"SXM", 0}, "H100XM": {"SXM", 80},
	"H800L": {"NVL", 0}, "H800XM": {"SXM", 80}, "H800XL": {"SXM", 0}, "B200X": {"SXM", 0}, "B300X": {"SXM", 0}, "P100X": {"SXM", 0},
}

// readDetails reads the words that say no model.
func readDetails(all []string, found []named) details {
	var d details
	for i, w := range all {
		if !slices.ContainsFunc(found, func(f named) bool { return i >= f.from && i < f.to }) {
			d.read(all, i, w)
		}
	}
	if len(found) > 0 {
		d.readProfile(all, found[0])
		d.readBareMemory(all, found[0])
	}
	d.settleForm(all)
	return d
}

func (d *details) read(all []string, i int, w string) {
	switch {
	case w == "VGPU" || w == "MIG":
		d.partition = true
	case w == "HBM3":
		d.hbm3 = true
	case migProfile.MatchString(w):
		d.partition = true
		d.slice = parsed(migProfile.FindStringSubmatch(w)[1])
	case memoryWord.MatchString(w):
		d.readMemory(parsed(memoryWord.FindStringSubmatch(w)[1]))
	case (w == "GB" || w == "G") && i > 0:
		d.readMemory(parsed(all[i-1]))
	}
	d.readForm(w)
	d.readCount(all, i, w)
}

// readMemory takes the first memory that is said: the disk and the machine's memory come after it.
func (d *details) readMemory(gb float64) {
	if d.card == 0 {
		d.card = gb
	}
}

func (d *details) readForm(w string) {
	if m := formWord.FindStringSubmatch(w); m != nil {
		if d.form == "" || d.form == forms[m[1]] {
			d.form = forms[m[1]]
		}
	}
}

func (d *details) readCount(all []string, i int, w string) {
	var text string
	switch {
	case countBefore.MatchString(w):
		text = countBefore.FindStringSubmatch(w)[1]
	case countAfter.MatchString(w):
		text = countAfter.FindStringSubmatch(w)[1]
	case w == "X" && i+1 < len(all) && isNumber(all[i+1]):
		text = all[i+1]
	case w == "X" && i > 0 && isNumber(all[i-1]):
		text = all[i-1]
	}
	if n := parsed(text); n > 0 && n <= maxCards && d.count == nil {
		d.count = &n
	}
}

// readProfile reads a vGPU profile behind the model: "-8Q", or "-1-5C" for a slice of MIG.
func (d *details) readProfile(all []string, model named) {
	at := model.to
	if at < len(all) && all[at] == "NVL" {
		at++
	}
	if at < len(all) && all[at] == "DC" {
		at++
	}
	if at+1 < len(all) && len(all[at]) == 1 && isNumber(all[at]) {
		at++
	}
	if at >= len(all) {
		return
	}
	m := vgpuProfile.FindStringSubmatch(all[at])
	if m == nil {
		return
	}
	d.partition, d.profile, d.slice, d.card = true, true, parsed(m[1]), 0
	if board, known := boards[all[model.to-1]]; known {
		d.form, d.card = or(board.form, d.form), board.memory
	}
}

// readBareMemory reads "A100-40": a number at the end of the name that is a memory the model has.
func (d *details) readBareMemory(all []string, model named) {
	last := len(all) - 1
	if d.card == 0 && !d.profile && last >= model.to && isNumber(all[last]) && fits(model.model, parsed(all[last])) {
		d.card = parsed(all[last])
	}
}

// settleForm drops a form that the name contradicts: a card with an NVLink bridge is still a PCIe card.
func (d *details) settleForm(all []string) {
	if d.partition && !d.profile && slices.Contains(all, "MIG") && d.slice == 0 {
		d.slice, d.card = d.card, 0
	}
	if slices.Contains(all, "VGPU") && d.slice == 0 {
		d.slice, d.card = d.card, 0
	}
}

func isNumber(w string) bool { return w != "" && strings.Trim(w, "0123456789") == "" }

func parsed(text string) float64 {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0
	}
	return n
}
