package market

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
)

// The bounds of a report's texts and counts.
const (
	longestText  = 256
	longestName  = 96 // as NVML has it
	mostLabels   = 64
	mostInstance = 64
	mostProcess  = 1_000_000
	mostReports  = 1 << 53 // a store's scripts count no further
	longestSweep = 24 * time.Hour
	oldestSample = 366 * 24 * time.Hour
	largestMiB   = 16 << 20
	// memoryRounding is how far the parts of a card's memory, each rounded to MiB, may be above their sum.
	memoryRounding = 3
)

var (
	hostName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)
	gpuUUID  = regexp.MustCompile(`^GPU-[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	// migUUID is opaque; before driver 470 it names the GPU and the two instances.
	migUUID = regexp.MustCompile(`^MIG-([0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|GPU-[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}/\d{1,3}/\d{1,3})$`)
)

var nvmlStates = []NVMLState{NVMLReady, NVMLLibraryMissing, NVMLNotLoaded, NVMLMismatch, NVMLNoPermission, NVMLHung, NVMLProbeDied, NVMLFailed}

// ReadReport reads one report and checks it. Fields that this version does not know are left aside: a newer agent may tell more under the same
// schema. An *InvalidError names what is wrong.
func ReadReport(data []byte) (Report, error) {
	if len(data) > LargestReport {
		return Report{}, &InvalidError{"report", fmt.Sprintf("%d bytes, and %d are the most", len(data), LargestReport)}
	}
	var r Report
	decoder := json.NewDecoder(bytes.NewReader(data))
	if err := decoder.Decode(&r); err != nil {
		return Report{}, unreadable(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Report{}, &InvalidError{"report", "something follows the JSON object"}
	}
	return r, r.Check()
}

// unreadable names the field where JSON has the wrong type.
func unreadable(err error) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrong.Field != "" {
		return &InvalidError{wrong.Field, fmt.Sprintf("expected %s, got %s", wrong.Type, wrong.Value)}
	}
	return &InvalidError{"report", "expected one JSON object: " + err.Error()}
}

// ValidHost says whether a text can be the id that an operator gives a host.
func ValidHost(id string) bool { return hostName.MatchString(id) }

// Check says what cannot be in a report; nil when it may be believed. An *InvalidError names the field.
func (r Report) Check() error {
	c := &checker{}
	c.head(r)
	c.nvml(r.NVML)
	c.labels(r.Labels)
	c.count("cards", len(r.Cards), MostCards)
	c.count("xids", len(r.Xids), MostXids)
	if c.err != nil {
		return c.err
	}
	uuids, indexes, instances := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for i, card := range r.Cards {
		at := fmt.Sprintf("cards[%d].", i)
		c.card(at, card)
		c.once(at+"index", fmt.Sprint(card.Index), indexes)
		c.once(at+"uuid", strings.ToLower(card.UUID), uuids)
		for j, m := range card.MIG {
			c.once(fmt.Sprintf("%smig[%d].uuid", at, j), strings.ToLower(m.UUID), instances)
		}
	}
	for i, x := range r.Xids {
		c.xid(fmt.Sprintf("xids[%d].", i), x)
	}
	return c.err
}

// checker keeps the first thing that is wrong.
type checker struct{ err error }

func (c *checker) fail(field, format string, values ...any) {
	if c.err == nil {
		c.err = &InvalidError{field, fmt.Sprintf(format, values...)}
	}
}

func (c *checker) head(r Report) {
	if r.Schema != ReportSchema {
		c.fail("schema", "expected %d, got %d: agent and server speak different versions", ReportSchema, r.Schema)
	}
	if !ValidHost(r.Host) {
		c.fail("host", "expected up to 64 letters, digits, dots, dashes and underscores, got %q", abbreviate(r.Host))
	}
	c.between("epoch", r.Epoch, 1, mostReports)
	c.between("seq", r.Seq, 1, mostReports)
	c.filled("bootId", r.BootID, longestText)
	c.text("agentVersion", r.AgentVersion, longestText)
	c.text("hostname", r.Hostname, longestText)
	c.between("sampleAgeMs", r.SampleAgeMs, 0, oldestSample.Milliseconds())
	c.between("intervalMs", r.IntervalMs, 0, longestSweep.Milliseconds())
}

func (c *checker) nvml(n ReportedNVML) {
	if !slices.Contains(nvmlStates, n.State) {
		c.fail("nvml.state", "expected one of %v, got %q", nvmlStates, abbreviate(string(n.State)))
	}
	c.between("nvml.code", int64(n.Code), 0, 1<<16)
	c.text("nvml.problem", n.Problem, 4*longestText)
	c.text("nvml.driver", n.Driver, longestName)
	c.text("nvml.library", n.Library, longestName)
	c.text("nvml.cuda", n.CUDA, longestName)
}

func (c *checker) labels(labels map[string]string) {
	c.count("labels", len(labels), mostLabels)
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		c.filled("labels", key, longestText)
		c.text("labels."+abbreviate(key), labels[key], longestText)
	}
}

func (c *checker) card(at string, card ReportedCard) {
	unwell := card.Code != 0 || card.Hung
	if !gpuUUID.MatchString(card.UUID) && (card.UUID != "" || !unwell) {
		c.fail(at+"uuid", "expected GPU- and a UUID, got %q", abbreviate(card.UUID))
	}
	if card.Name == "" && !unwell {
		c.fail(at+"name", "a card that answers has a name")
	}
	c.text(at+"name", card.Name, longestName)
	c.text(at+"busId", card.BusID, longestName)
	c.text(at+"call", card.Call, longestText)
	c.between(at+"index", int64(card.Index), 0, MostCards-1)
	c.between(at+"code", int64(card.Code), 0, 1<<16)
	c.memory(at, card)
	c.figures(at, card)
	c.instances(at, card)
}

func (c *checker) memory(at string, card ReportedCard) {
	total, used, reserved := int64(largestMiB), orZero(card.MemoryUsedMiB), orZero(card.MemoryReservedMiB)
	optional(c, at+"memoryTotalMiB", card.MemoryTotalMiB, 1, largestMiB)
	optional(c, at+"memoryUsedMiB", card.MemoryUsedMiB, 0, largestMiB)
	optional(c, at+"memoryReservedMiB", card.MemoryReservedMiB, 0, largestMiB)
	if card.MemoryTotalMiB != nil {
		total = int64(*card.MemoryTotalMiB)
	}
	if card.UsedIncludesReserved {
		reserved = 0
	}
	if used+reserved > total+memoryRounding {
		c.fail(at+"memoryUsedMiB", "%d MiB used and %d reserved are more than the %d there are", used, reserved, total)
	}
	entries := driverEntries(card.Name)
	shows := func(g *Gpu) bool { return showsMemory(g, *card.MemoryTotalMiB) }
	if card.MemoryTotalMiB != nil && len(entries) > 0 && !slices.ContainsFunc(entries, shows) {
		c.fail(at+"memoryTotalMiB", "%d MiB, and no %s of the catalogue has so many: %s is", total, entries[0].Model, entries[0].ID)
	}
}

func (c *checker) figures(at string, card ReportedCard) {
	optional(c, at+"utilizationPercent", card.UtilizationPercent, 0, 100)
	optional(c, at+"temperatureC", card.TemperatureC, -100, 300)
	optional(c, at+"powerMilliwatts", card.PowerMilliwatts, 0, 100_000_000)
	optional(c, at+"computeProcesses", card.ComputeProcesses, 0, mostProcess)
	optional(c, at+"graphicsProcesses", card.GraphicsProcesses, 0, mostProcess)
	optional(c, at+"mpsProcesses", card.MPSProcesses, 0, mostProcess)
	optional(c, at+"recoveryAction", card.RecoveryAction, 0, 1<<16)
	optional(c, at+"uncorrectedEcc", card.UncorrectedECC, 0, 1<<62)
	optional(c, at+"pcieWidth", card.PCIeWidth, 0, 64)
	optional(c, at+"pcieWidthMax", card.PCIeWidthMax, 0, 64)
	optional(c, at+"fabricState", card.FabricState, 0, 1<<16)
	optional(c, at+"fabricStatus", card.FabricStatus, 0, 1<<16)
}

// instances sums the memory of GPU instances up: compute instances of one GPU instance share it.
func (c *checker) instances(at string, card ReportedCard) {
	c.count(at+"mig", len(card.MIG), mostInstance)
	shared := map[int]int{}
	for j, m := range card.MIG {
		at := fmt.Sprintf("%smig[%d].", at, j)
		if !migUUID.MatchString(m.UUID) {
			c.fail(at+"uuid", "expected MIG- and a UUID, got %q", abbreviate(m.UUID))
		}
		c.between(at+"gpuInstance", int64(m.GPUInstance), 0, 1<<16)
		c.between(at+"computeInstance", int64(m.ComputeInstance), 0, 1<<16)
		c.text(at+"profile", m.Profile, longestName)
		c.between(at+"memoryMiB", int64(m.MemoryMiB), 0, largestMiB)
		optional(c, at+"memoryUsedMiB", m.MemoryUsedMiB, 0, m.MemoryMiB+memoryRounding)
		optional(c, at+"processes", m.Processes, 0, mostProcess)
		shared[m.GPUInstance] = max(shared[m.GPUInstance], m.MemoryMiB)
	}
	sum := 0
	for _, mib := range shared {
		sum += mib
	}
	if card.MemoryTotalMiB != nil && sum > *card.MemoryTotalMiB+memoryRounding {
		c.fail(at+"mig", "the GPU instances have %d MiB together, and the card %d", sum, *card.MemoryTotalMiB)
	}
}

func (c *checker) xid(at string, x ReportedXid) {
	c.filled(at+"id", x.ID, longestText)
	if !gpuUUID.MatchString(x.UUID) && !migUUID.MatchString(x.UUID) {
		c.fail(at+"uuid", "expected the UUID of a card or of an instance, got %q", abbreviate(x.UUID))
	}
	c.between(at+"xid", int64(x.Xid), 1, 1<<16)
}

func (c *checker) once(field, value string, seen map[string]bool) {
	if value != "" && seen[value] {
		c.fail(field, "%q is there twice", value)
	}
	seen[value] = true
}

func (c *checker) count(field string, n, most int) {
	if n > most {
		c.fail(field, "%d of them, and %d are the most", n, most)
	}
}

func (c *checker) filled(field, text string, longest int) {
	if text == "" {
		c.fail(field, "it is empty")
	}
	c.text(field, text, longest)
}

func (c *checker) text(field, text string, longest int) {
	if len(text) > longest {
		c.fail(field, "%d bytes, and %d are the most", len(text), longest)
	}
	if strings.ContainsFunc(text, unicode.IsControl) {
		c.fail(field, "a control character in %q", abbreviate(text))
	}
}

func (c *checker) between(field string, n, least, most int64) {
	if n < least || n > most {
		c.fail(field, "expected %d to %d, got %d", least, most, n)
	}
}

func optional[N int | int64](c *checker, field string, n *N, least, most N) {
	if n != nil {
		c.between(field, int64(*n), int64(least), int64(most))
	}
}

func orZero(n *int) int64 {
	if n == nil {
		return 0
	}
	return int64(*n)
}
