package market

import "strings"

// Identify says which accelerator a name stands for, as far as the name settles it. The provider may be empty;
// it decides what an instance type means where two clouds use the same one.
func Identify(provider, name string) GpuIdentity {
	provider = strings.ToLower(strings.TrimSpace(provider))
	if id, found := identifyType(provider, name); found {
		return id
	}
	return identifyName(provider, name)
}

func identifyName(provider, name string) GpuIdentity {
	r := newReader(provider, name)
	found, settled := r.theModel()
	if !settled {
		return r.withoutModel()
	}
	return r.withModel(found)
}

// withoutModel is what a name says that names no card: perhaps a maker, perhaps a slice's size.
func (r *reader) withoutModel() GpuIdentity {
	id := GpuIdentity{Vendor: r.soleVendor()}
	if slice := r.slice(len(r.atoms)); slice.found {
		id.Partition, id.MemoryGB = true, slice.memory()
	}
	if r.hasMIG() && id.Vendor == "" {
		id.Vendor = "NVIDIA"
	}
	return id
}

func (r *reader) withModel(m match) GpuIdentity {
	model, settled := r.edition(m)
	if !settled {
		return GpuIdentity{Vendor: m.vendor}
	}
	id := GpuIdentity{Vendor: m.vendor, Model: model, FormFactor: r.form(m), GpuCount: r.count(m)}
	id.Partition = id.GpuCount != nil && *id.GpuCount < 1
	card := cardOf{model: model, form: id.FormFactor, memoryGB: m.cardMemoryGB}
	if slice := r.slice(m.end); slice.found {
		id.Partition, id.MemoryGB = true, slice.memory()
	} else if id.MemoryGB = r.memory(m, model); !id.Partition {
		card.memoryGB = stated(id.MemoryGB, card.memoryGB)
		id.MemoryGB, card.doubtful = perCard(id, card)
	}
	id.Gpu = card.gpu()
	return id
}

func stated(memory *float64, otherwise float64) float64 {
	if memory == nil {
		return otherwise
	}
	return *memory
}

// perCard drops a memory that is the sum over the cards. Of two cards the sum may as well be one rebuilt card's.
func perCard(id GpuIdentity, card cardOf) (memory *float64, doubtful bool) {
	if id.MemoryGB == nil || id.GpuCount == nil || *id.GpuCount < 2 {
		return id.MemoryGB, false
	}
	if hasMemory(card.model, *id.MemoryGB) || !hasMemory(card.model, *id.MemoryGB / *id.GpuCount) {
		return id.MemoryGB, false
	}
	return nil, true
}
