package market

import "time"

// ReportSchema is the version of the contract between agents and servers.
const ReportSchema = 1

// The bounds of a report. A machine with more cards does not exist; one that says so is refused.
const (
	LargestReport = 256 << 10
	MostCards     = 64
	MostXids      = 256
)

// NVMLState says whether a host's cards can be asked at all.
type NVMLState string

// The states of NVML on a host.
const (
	NVMLReady          NVMLState = "READY"
	NVMLLibraryMissing NVMLState = "LIBRARY_MISSING"
	NVMLNotLoaded      NVMLState = "DRIVER_NOT_LOADED"
	NVMLMismatch       NVMLState = "DRIVER_LIBRARY_MISMATCH"
	NVMLNoPermission   NVMLState = "NO_PERMISSION"
	NVMLHung           NVMLState = "HUNG"
	NVMLProbeDied      NVMLState = "PROBE_DIED"
	NVMLFailed         NVMLState = "FAILED"
)

// Report is what an agent found in one sweep over all cards of its host. It is a whole snapshot: the latest one holds, and old ones are
// never sent again. What a driver does not say is nil, and never 0.
type Report struct {
	Schema int `json:"schema"`
	// Host is the id that the operator gave the host; its token is bound to it.
	Host string `json:"host"`
	// Epoch is the number that the server gave at hello; Seq counts the reports in it from 1.
	Epoch int64 `json:"epoch"`
	Seq   int64 `json:"seq"`
	// BootID tells one boot of the host from another.
	BootID       string `json:"bootId"`
	AgentVersion string `json:"agentVersion"`
	// SentAt is by the host's own clock, which is compared with nothing but shown where it is off.
	SentAt time.Time `json:"sentAt"`
	// SampleAgeMs is how long before sending the sweep was over, and IntervalMs how long to the next, both by a clock that cannot be set.
	SampleAgeMs int64             `json:"sampleAgeMs"`
	IntervalMs  int64             `json:"intervalMs"`
	Hostname    string            `json:"hostname"`
	Labels      map[string]string `json:"labels,omitempty"`
	NVML        ReportedNVML      `json:"nvml"`
	Cards       []ReportedCard    `json:"cards"`
	// Xids are the driver's errors since the boot that were seen, oldest first; each has an id of its own, so that it is counted once.
	Xids []ReportedXid `json:"xids,omitempty"`
	// Final says that the agent stops in good order.
	Final bool `json:"final,omitempty"`
	// Simulated marks a machine that does not exist.
	Simulated bool `json:"simulated,omitempty"`
}

// ReportedNVML is how NVML itself is.
type ReportedNVML struct {
	State NVMLState `json:"state"`
	// Code is NVML's own return code, and Problem says what it was in answer to; empty where all is well.
	Code    int    `json:"code,omitempty"`
	Problem string `json:"problem,omitempty"`
	Driver  string `json:"driver,omitempty"`
	Library string `json:"library,omitempty"`
	CUDA    string `json:"cuda,omitempty"`
}

// ReportedCard is one card as NVML tells of it. Of a card whose handle cannot be had, only Index and Code are known, and what the last sweep
// knew of it: UUID, BusID and Name.
type ReportedCard struct {
	UUID  string `json:"uuid"`
	Index int    `json:"index"`
	Name  string `json:"name"`
	BusID string `json:"busId,omitempty"`
	// Code is the return code of the first call that says that the card is unwell, and Call which one it was; 0 where none does.
	Code int    `json:"code,omitempty"`
	Call string `json:"call,omitempty"`
	// Hung says that a call about this card did not return in time.
	Hung bool `json:"hung,omitempty"`

	MemoryTotalMiB    *int `json:"memoryTotalMiB,omitempty"`
	MemoryReservedMiB *int `json:"memoryReservedMiB,omitempty"`
	// MemoryUsedMiB is without what is reserved, where the driver tells them apart; UsedIncludesReserved says that it does not.
	MemoryUsedMiB        *int   `json:"memoryUsedMiB,omitempty"`
	UsedIncludesReserved bool   `json:"usedIncludesReserved,omitempty"`
	UtilizationPercent   *int   `json:"utilizationPercent,omitempty"`
	TemperatureC         *int   `json:"temperatureC,omitempty"`
	PowerMilliwatts      *int64 `json:"powerMilliwatts,omitempty"`
	// ComputeProcesses, GraphicsProcesses and MPSProcesses are how many hold the card, MIG instances included.
	ComputeProcesses  *int `json:"computeProcesses,omitempty"`
	GraphicsProcesses *int `json:"graphicsProcesses,omitempty"`
	MPSProcesses      *int `json:"mpsProcesses,omitempty"`
	// RecoveryAction is field 230: 0 none, 1 reset, 2 reboot, 3 drain, 4 drain and reset, and others.
	RecoveryAction *int  `json:"recoveryAction,omitempty"`
	RemapPending   *bool `json:"remapPending,omitempty"`
	RemapFailed    *bool `json:"remapFailed,omitempty"`
	// UncorrectedECC is how many uncorrectable errors there were since the driver was loaded.
	UncorrectedECC *int64 `json:"uncorrectedEcc,omitempty"`
	// ClockReasons are the bits of why the clocks are held down.
	ClockReasons *uint64 `json:"clockReasons,omitempty"`
	PCIeWidth    *int    `json:"pcieWidth,omitempty"`
	PCIeWidthMax *int    `json:"pcieWidthMax,omitempty"`
	// FabricState is 3 where it is completed, FabricStatus NVML's code of it, FabricHealth the bits of what is wrong.
	FabricState  *int    `json:"fabricState,omitempty"`
	FabricStatus *int    `json:"fabricStatus,omitempty"`
	FabricHealth *uint32 `json:"fabricHealth,omitempty"`
	// MIGCurrent and MIGPending say whether MIG is on, and will be after the next reset.
	MIGCurrent *bool         `json:"migCurrent,omitempty"`
	MIGPending *bool         `json:"migPending,omitempty"`
	MIG        []ReportedMIG `json:"mig,omitempty"`
}

// ReportedMIG is one compute instance. Those of one GPU instance share its memory.
type ReportedMIG struct {
	UUID            string `json:"uuid"`
	GPUInstance     int    `json:"gpuInstance"`
	ComputeInstance int    `json:"computeInstance"`
	Profile         string `json:"profile"`
	MemoryMiB       int    `json:"memoryMiB"`
	MemoryUsedMiB   *int   `json:"memoryUsedMiB,omitempty"`
	Processes       *int   `json:"processes,omitempty"`
}

// ReportedXid is one error of the driver.
type ReportedXid struct {
	ID   string `json:"id"`
	UUID string `json:"uuid"`
	Xid  int    `json:"xid"`
}
