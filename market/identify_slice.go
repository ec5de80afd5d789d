package market

import "strings"

// sliceOf is a part of a card, with the part's memory where the name states it.
type sliceOf struct {
	found    bool
	memoryGB float64
}

func (s sliceOf) memory() *float64 {
	if s.memoryGB == 0 {
		return nil
	}
	return &s.memoryGB
}

// sliceWords mark a part of a card whatever else is said.
var sliceWords = wordSet("vgpu mig mxgpu vf")

// slice finds a vGPU profile after the model, a MIG profile or one of the words for a part.
func (r *reader) slice(end int) sliceOf {
	if profile := r.profile(end); profile.found {
		return profile
	}
	for i := range r.atoms {
		if memory, found := r.migAt(i); found {
			return sliceOf{true, memory}
		}
	}
	for i, a := range r.atoms {
		if sliceWords[a.text] && !a.glued {
			return sliceOf{true, r.sliceMemory(i+1, end)}
		}
	}
	return sliceOf{}
}

// sliceMemory is the memory right after the word for a part ("vGPU-32GB") or right after the model.
func (r *reader) sliceMemory(from, end int) float64 {
	for _, i := range []int{from, end} {
		if n, found := r.memoryAfter(i); found {
			return n
		}
	}
	return 0
}

func (r *reader) hasMIG() bool {
	for i := range r.atoms {
		if _, found := r.migAt(i); found {
			return true
		}
	}
	return false
}

// migAt reads a MIG profile such as 1g.10gb.
func (r *reader) migAt(i int) (float64, bool) {
	if i+3 >= len(r.atoms) || r.atoms[i].glued || len(r.atoms[i].text) != 1 || r.atoms[i].kind != digitAtom {
		return 0, false
	}
	if r.atoms[i+1].text != "g" || r.atoms[i+2].gap != "." || r.atoms[i+3].text != "gb" {
		return 0, false
	}
	return parsePositive(r.atoms[i+2].text)
}

// profile reads a vGPU profile after a model: "-24Q", "-1-5CME".
func (r *reader) profile(i int) sliceOf {
	i = r.skip(i)
	if i < len(r.atoms) && r.atoms[i].text == "dc" {
		i++
	}
	for range 2 {
		if memory, found := r.profileSize(i); found {
			return sliceOf{true, memory}
		}
		if i >= len(r.atoms) || r.atoms[i].kind != digitAtom || len(r.atoms[i].text) > 1 {
			break
		}
		i++
	}
	return sliceOf{}
}

func (r *reader) profileSize(i int) (float64, bool) {
	if i+1 >= len(r.atoms) || r.atoms[i].kind != digitAtom || r.atoms[i].gap != "-" || !r.atoms[i+1].glued {
		return 0, false
	}
	series, options := r.atoms[i+1].text[:1], r.atoms[i+1].text[1:]
	if !strings.Contains("abcq", series) || options != "" && !profileOptions[options] {
		return 0, false
	}
	if i+2 < len(r.atoms) && r.atoms[i+2].kind == digitAtom && !r.atoms[i+2].glued {
		return 0, false
	}
	n, _ := parsePositive(r.atoms[i].text)
	return n, true
}

// profileOptions follow the licence series of a MIG-backed profile: media engines, graphics.
var profileOptions = wordSet("me nome gfx megfx meall")
