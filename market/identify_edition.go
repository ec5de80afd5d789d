package market

import "regexp"

// editions are the words that make a laptop, Max-Q or embedded part of a desktop card's name: models of their own.
var editions = map[string]string{
	"laptop": "Laptop", "mobile": "Laptop", "notebook": "Laptop", "笔 记 本": "Laptop", "移 动 版": "Laptop",
	"max q": "Max-Q", "maxq": "Max-Q", "embedded": "Embedded",
}

// withEditions matches the lines that have laptop and embedded parts.
var withEditions = regexp.MustCompile(`^(RTX|GTX|Quadro|MX\d|T\d{3,4}$|Radeon RX|Arc )`)

var geForce = regexp.MustCompile(`^(RTX \d{4}( Ti| SUPER| D)*|GTX .*)$`)

func isGeForce(model string) bool { return geForce.MatchString(model) }

// edition completes the model with the edition that the name states; two editions settle nothing.
func (r *reader) edition(m match) (model string, settled bool) {
	if !withEditions.MatchString(m.model) {
		return m.model, true
	}
	stated := map[string]bool{}
	for i := m.end; i < len(r.atoms); i++ {
		if edition := r.editionAt(i); edition != "" {
			stated[edition] = true
		}
	}
	if m.model == "RTX PRO 6000 Blackwell" {
		delete(stated, "Max-Q") // its Max-Q edition is a workstation card, and the catalogue's row
	}
	if len(stated) == 0 {
		return m.model, true
	}
	return m.model + " " + only(stated), len(stated) == 1
}

func (r *reader) editionAt(i int) string {
	word := r.atoms[i].text
	for length := 1; length <= 3 && i+length <= len(r.atoms); length++ {
		if length > 1 {
			word += " " + r.atoms[i+length-1].text
		}
		if edition := editions[word]; edition != "" {
			return edition
		}
	}
	return ""
}
