//go:build linux && cgo

package fleet

import (
	"encoding/binary"
	"fmt"

	"github.com/NVIDIA/go-nvml/pkg/nvml"
)

// Supported says whether this program can ask NVML.
const Supported = true

// linked is NVML through go-nvml. A process has one library for ever: what was bound once stays bound.
//
// A symbol that the driver's library lacks ends the process when it is called, and nothing can catch that. So every call that is younger than
// driver 470 stands behind has; TestYoungSymbolsAreGuarded holds it.
type linked struct{ nvml.Interface }

func openLibrary(path string) (library, error) {
	if path == "" {
		return linked{nvml.New()}, nil
	}
	return linked{nvml.New(nvml.WithLibraryPath(path))}, nil
}

func (l linked) has(symbol string) bool { return l.Extensions().LookupSymbol(symbol) == nil }

// Init loads the library and opens the driver.
func (l linked) Init() int { return int(l.Interface.Init()) }

// Versions asks for the three versions; CUDA's is 13010 for 13.1.
func (l linked) Versions() (driver, library, cuda string) {
	driver, _ = l.SystemGetDriverVersion()
	library, _ = l.SystemGetNVMLVersion()
	if v, code := l.SystemGetCudaDriverVersion(); code == nvml.SUCCESS {
		cuda = fmt.Sprintf("%d.%d", v/1000, v%1000/10)
	}
	return driver, library, cuda
}

// Count counts the cards that the driver knows, those included whose handle cannot be had.
func (l linked) Count() (int, int) {
	n, code := l.DeviceGetCount()
	return n, int(code)
}

// Card is the handle of a card.
func (l linked) Card(index int) (device, int) {
	d, code := l.DeviceGetHandleByIndex(index)
	return handle{l, d}, int(code)
}

// Watch registers all cards that can be registered.
func (l linked) Watch(cards int) (watch, int) {
	set, code := l.EventSetCreate()
	if code != nvml.SUCCESS {
		return nil, int(code)
	}
	w := events{set, map[nvml.Device]string{}}
	for i := range cards {
		l.register(w, i)
	}
	return w, 0
}

func (l linked) register(w events, index int) {
	d, code := l.DeviceGetHandleByIndex(index)
	if code != nvml.SUCCESS {
		return
	}
	types, code := d.GetSupportedEventTypes()
	if code != nvml.SUCCESS || types&nvml.EventTypeXidCriticalError == 0 {
		return
	}
	if uuid, code := d.GetUUID(); code == nvml.SUCCESS && d.RegisterEvents(nvml.EventTypeXidCriticalError, w.set) == nvml.SUCCESS {
		w.cards[d] = uuid
	}
}

// events is a set of events, with the UUIDs of the handles in it: a lost card could not be asked any more.
type events struct {
	set   nvml.EventSet
	cards map[nvml.Device]string
}

// Wait waits for the next Xid.
func (w events) Wait(milliseconds int) (string, int, int) {
	e, code := w.set.Wait(uint32(milliseconds))
	if code != nvml.SUCCESS || e.EventType&nvml.EventTypeXidCriticalError == 0 {
		return "", 0, int(code)
	}
	return w.cards[e.Device], int(e.EventData), 0
}

// handle is a card or a MIG instance.
type handle struct {
	linked
	nvml.Device
}

// value is what a call returned, in another type.
func value[T, V any](v V, code nvml.Return, as func(V) T) (T, int) {
	if code != nvml.SUCCESS {
		return *new(T), int(code)
	}
	return as(v), 0
}

func same[T any](v T) T { return v }

func number[V uint32 | int](v V) int { return int(v) }

func (h handle) UUID() (string, int) {
	v, code := h.GetUUID()
	return value(v, code, same)
}

func (h handle) Name() (string, int) {
	v, code := h.GetName()
	return value(v, code, same)
}

func (h handle) BusID() (string, int) {
	v, code := h.GetPciInfo()
	return value(v, code, func(p nvml.PciInfo) string { return cString(p.BusId[:]) })
}

// cString ends at the first zero.
func cString[B int8 | uint8](b []B) string {
	var out []byte
	for _, c := range b {
		if c == 0 {
			break
		}
		out = append(out, byte(c))
	}
	return string(out)
}

// Memory asks the call that tells what is reserved, where the driver has it.
func (h handle) Memory() (memory, int) {
	if h.has("nvmlDeviceGetMemoryInfo_v2") {
		if m, code := h.GetMemoryInfo_v2(); code == nvml.SUCCESS {
			reserved := mib(m.Reserved)
			return memory{mib(m.Total), mib(m.Used), &reserved}, 0
		} else if !harmless(int(code)) {
			return memory{}, int(code)
		}
	}
	m, code := h.GetMemoryInfo()
	return value(m, code, func(m nvml.Memory) memory { return memory{mib(m.Total), mib(m.Used), nil} })
}

func mib(bytes uint64) int { return int(bytes >> 20) }

func (h handle) UtilizationPercent() (int, int) {
	v, code := h.GetUtilizationRates()
	return value(v, code, func(u nvml.Utilization) int { return int(u.Gpu) })
}

func (h handle) TemperatureC() (int, int) {
	v, code := h.GetTemperature(nvml.TEMPERATURE_GPU)
	return value(v, code, number)
}

func (h handle) PowerMilliwatts() (int64, int) {
	v, code := h.GetPowerUsage()
	return value(v, code, func(v uint32) int64 { return int64(v) })
}

func (h handle) ComputeProcesses() (int, int) {
	v, code := h.GetComputeRunningProcesses()
	return value(v, code, processes)
}

func (h handle) GraphicsProcesses() (int, int) {
	v, code := h.GetGraphicsRunningProcesses()
	return value(v, code, processes)
}

func (h handle) MPSProcesses() (int, int) {
	if !h.has("nvmlDeviceGetMPSComputeRunningProcesses") {
		return 0, codeFunctionNotFound
	}
	v, code := h.GetMPSComputeRunningProcesses()
	return value(v, code, processes)
}

func processes(p []nvml.ProcessInfo) int { return len(p) }

// RecoveryAction is a field, which needs no symbol: a driver that does not know it says so.
func (h handle) RecoveryAction() (int, int) {
	fields := []nvml.FieldValue{{FieldId: nvml.FI_DEV_GET_GPU_RECOVERY_ACTION}}
	code := h.GetFieldValues(fields)
	if code == nvml.SUCCESS {
		code = nvml.Return(fields[0].NvmlReturn)
	}
	return value(fields[0], code, func(f nvml.FieldValue) int { return int(binary.NativeEndian.Uint32(f.Value[:4])) })
}

func (h handle) Remapping() (remapping, int) {
	_, _, pending, failed, code := h.GetRemappedRows()
	return value(remapping{pending, failed}, code, same)
}

func (h handle) UncorrectedECC() (int64, int) {
	v, code := h.GetTotalEccErrors(nvml.MEMORY_ERROR_TYPE_UNCORRECTED, nvml.VOLATILE_ECC)
	return value(v, code, func(v uint64) int64 { return int64(v) })
}

func (h handle) ClockReasons() (uint64, int) {
	if h.has("nvmlDeviceGetCurrentClocksEventReasons") {
		v, code := h.GetCurrentClocksEventReasons()
		return value(v, code, same)
	}
	v, code := h.GetCurrentClocksThrottleReasons()
	return value(v, code, same)
}

func (h handle) PCIeWidth() (int, int) {
	v, code := h.GetCurrPcieLinkWidth()
	return value(v, code, number)
}

func (h handle) PCIeWidthMax() (int, int) {
	v, code := h.GetMaxPcieLinkWidth()
	return value(v, code, number)
}

// Fabric asks the call that tells of health too, where the driver has it.
func (h handle) Fabric() (fabric, int) {
	if h.has("nvmlDeviceGetGpuFabricInfoV") {
		v, code := h.GetGpuFabricInfoV().V2()
		return value(v, code, func(f nvml.GpuFabricInfo_v2) fabric {
			wrong := fabricTrouble(f.HealthMask)
			return fabric{int(f.State), int(f.Status), &wrong}
		})
	}
	if !h.has("nvmlDeviceGetGpuFabricInfo") {
		return fabric{}, codeFunctionNotFound
	}
	v, code := h.GetGpuFabricInfo()
	return value(v, code, func(f nvml.GpuFabricInfo) fabric { return fabric{int(f.State), int(f.Status), nil} })
}

func (h handle) MIGMode() (migMode, int) {
	current, pending, code := h.GetMigMode()
	return value(migMode{current == nvml.DEVICE_MIG_ENABLE, pending == nvml.DEVICE_MIG_ENABLE}, code, same)
}

func (h handle) MostInstances() (int, int) {
	v, code := h.GetMaxMigDeviceCount()
	return value(v, code, number)
}

func (h handle) Instance(number int) (device, int) {
	v, code := h.GetMigDeviceHandleByIndex(number)
	return handle{h.linked, v}, int(code)
}

func (h handle) Shape() (shape, int) {
	gpu, code := h.GetGpuInstanceId()
	if code != nvml.SUCCESS {
		return shape{}, int(code)
	}
	compute, code := h.GetComputeInstanceId()
	if code != nvml.SUCCESS {
		return shape{}, int(code)
	}
	a, code := h.GetAttributes()
	return value(a, code, func(a nvml.DeviceAttributes) shape {
		return shape{gpu, compute, int(a.GpuInstanceSliceCount), int(a.ComputeInstanceSliceCount), int(a.MemorySizeMB), int(a.SharedOfaCount)}
	})
}
