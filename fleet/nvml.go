package fleet

import "errors"

// ErrNoNVML is why a program cannot ask NVML.
var ErrNoNVML = errors.New("this gpuhour was built without cgo, or not for Linux, and cannot ask NVML: build it on Linux with a C compiler (make agent), or use --demo")

// NVML's return codes that something follows from. 0 is success.
const (
	codeInvalidArgument  = 2
	codeNotSupported     = 3
	codeNoPermission     = 4
	codeNotFound         = 6
	codeNotLoaded        = 9
	codeTimeout          = 10
	codeLibraryMissing   = 12
	codeFunctionNotFound = 13
	codeLost             = 15
	codeOperatingSystem  = 17
	codeMismatch         = 18
	codeArgumentVersion  = 25
	codeNotReady         = 27
	codeUnknown          = 999
	// codeHung is none of NVML's: the call has not returned in time.
	codeHung = -1
)

// library is what a probe asks of NVML. Every int beside a value is a return code. After an Init that failed nothing else may be called.
type library interface {
	Init() int
	// Versions are those of the driver, of NVML and of CUDA; empty where they are not said.
	Versions() (driver, nvml, cuda string)
	Count() (int, int)
	Card(index int) (device, int)
	// Watch listens for Xids on those of so many cards that can be listened to.
	Watch(cards int) (watch, int)
}

// device is one card, or one MIG instance of it.
type device interface {
	UUID() (string, int)
	Name() (string, int)
	BusID() (string, int)
	Memory() (memory, int)
	UtilizationPercent() (int, int)
	TemperatureC() (int, int)
	PowerMilliwatts() (int64, int)
	ComputeProcesses() (int, int)
	GraphicsProcesses() (int, int)
	MPSProcesses() (int, int)
	RecoveryAction() (int, int)
	Remapping() (remapping, int)
	UncorrectedECC() (int64, int)
	ClockReasons() (uint64, int)
	PCIeWidth() (int, int)
	PCIeWidthMax() (int, int)
	Fabric() (fabric, int)
	MIGMode() (migMode, int)
	// MostInstances is how many MIG instances there can be, and Instance one of them; not all numbers are taken.
	MostInstances() (int, int)
	Instance(number int) (device, int)
	// Shape is what a MIG instance consists of.
	Shape() (shape, int)
}

// memory is in MiB. Old drivers do not tell what is reserved from what is used.
type memory struct {
	total, used int
	reserved    *int
}

type remapping struct{ pending, failed bool }

// fabric is how a card stands in the NVLink fabric; health is nil where the driver is too old to say.
type fabric struct {
	state, status int
	health        *uint32
}

type migMode struct{ current, pending bool }

type shape struct {
	gpuInstance, computeInstance int
	// gpuSlices are those of the GPU instance, slices those of the compute instance in it.
	gpuSlices, slices int
	memoryMiB         int
	ofa               int
}

// watch is a set of events. Wait returns NVML's code for a timeout where nothing happened.
type watch interface {
	Wait(milliseconds int) (uuid string, xid int, code int)
}
