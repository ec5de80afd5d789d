package market

// formWords are the words for a form factor. NVLink alone is none: PCIe cards are bridged too.
var formWords = map[string]string{
	"sxm": "SXM", "hgx": "SXM", "pcie": "PCIe", "fhhl": "PCIe", "oam": "OAM", "nvl": "NVL",
}

// form is the form factor that the name states, if it states just one.
func (r *reader) form(m match) string {
	forms := map[string]bool{}
	if m.form != "" {
		forms[m.form] = true
	}
	for i := range r.atoms {
		if form := r.formAt(i, m); form != "" {
			forms[form] = true
		}
	}
	if len(forms) == 0 && r.isSXMBoard(m) {
		return "SXM"
	}
	return only(forms)
}

func (r *reader) formAt(i int, m match) string {
	a := r.atoms[i]
	form := formWords[a.text]
	switch {
	case a.glued:
		return ""
	case a.text == "pci" && i+1 < len(r.atoms) && (r.atoms[i+1].text == "e" || r.atoms[i+1].text == "express"):
		return "PCIe"
	case form == "NVL" && (isSuperchip(m.model) || i+1 < len(r.atoms) && r.atoms[i+1].glued):
		return "" // NVL72 is a rack
	case a.text == "hgx" && isSuperchip(m.model):
		return ""
	}
	return form
}

func isSuperchip(model string) bool {
	return model == "GB200" || model == "GB300" || model == "GH200"
}

// isSXMBoard knows the one name that a driver gives to the SXM board only: "NVIDIA H100 80GB HBM3".
func (r *reader) isSXMBoard(m match) bool {
	return m.model == "H100" && m.end+4 <= len(r.atoms) &&
		atomsKey(r.atoms[m.end:m.end+4]) == "80 gb hbm 3" && (m.end+4 == len(r.atoms) || !r.atoms[m.end+4].glued)
}

// parseForm reads a form factor that is written by itself, as in a table's column.
func parseForm(text string) string {
	r := newReader("", text)
	return r.form(match{})
}
