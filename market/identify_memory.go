package market

import "strconv"

// memoryUnits are the ways a card's memory is given its unit.
var memoryUnits = wordSet("g gb gib")

// hostMemoryWords after a size make it something else's: the host's memory, a disk.
var hostMemoryWords = wordSet("ram ssd nvme disk system host hdd 内")

// skippedBeforeMemory may stand between a model and its memory.
var skippedBeforeMemory = wordSet(`nvidia tesla gpu hbm gddr sxm pcie nvl oam fhhl nvlink tensor core generation blackwell
	edition server workstation laptop mobile dgxs ls pci e express 显 存 版`)

func (r *reader) isUnit(i int) bool { return i < len(r.atoms) && memoryUnits[r.atoms[i].text] }

// memory is the card's memory that the name states right after the model, or right before it.
func (r *reader) memory(m match, model string) *float64 {
	n, found := r.memoryAfter(m.end)
	if !found {
		n, found = r.bareMemory(m.end, model)
	}
	if !found {
		n, found = r.memoryBefore(m.start, model)
	}
	if !found || isGraceMemory(model, n) {
		return nil
	}
	return &n
}

// isGraceMemory is true for the processor's memory that GH200 names carry: "GH200 480GB".
func isGraceMemory(model string, n float64) bool {
	return model == "GH200" && n != 96 && n != 141 && n != 144
}

func (r *reader) memoryAfter(from int) (float64, bool) {
	i := r.skip(from)
	if !r.isUnit(i+1) || r.atoms[i].kind != digitAtom || r.isHostMemory(i+2) {
		return 0, false
	}
	return parsePositive(r.atoms[i].text)
}

func (r *reader) isHostMemory(i int) bool {
	return i < len(r.atoms) && (hostMemoryWords[r.atoms[i].text] || r.atoms[i].glued)
}

// skip passes the words that may stand before a memory, with the digits written against them: SXM4, HBM3e.
func (r *reader) skip(i int) int {
	for i < len(r.atoms) {
		switch {
		case skippedBeforeMemory[r.atoms[i].text]:
			i++
			for i < len(r.atoms) && r.atoms[i].glued {
				i++
			}
		default:
			return i
		}
	}
	return i
}

// bareMemory reads the last number of "a100-sxm-80" when a card of the model has just that memory.
func (r *reader) bareMemory(from int, model string) (float64, bool) {
	i := r.skip(from)
	if i != len(r.atoms)-1 || r.atoms[i].kind != digitAtom {
		return 0, false
	}
	return r.knownMemory(i, model)
}

func (r *reader) memoryBefore(start int, model string) (float64, bool) {
	for start > 0 && vendorWords[r.atoms[start-1].text] != "" {
		start--
	}
	if start < 2 || !r.isUnit(start-1) || r.atoms[start-2].kind != digitAtom {
		return 0, false
	}
	return r.knownMemory(start-2, model)
}

func (r *reader) knownMemory(i int, model string) (float64, bool) {
	n, ok := parsePositive(r.atoms[i].text)
	return n, ok && hasMemory(model, n)
}

func parsePositive(text string) (float64, bool) {
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil && n > 0 && n <= 4096
}
