package market

// Gpu is one accelerator of the catalogue: a model in one form factor with one memory size.
// A nil figure is one that its maker has not published, or that is not trusted: never zero.
type Gpu struct {
	// ID is vendor/model-form-memory in lower case, as in "nvidia/h100-sxm-80gb".
	ID                 string
	Vendor             string
	Model              string
	FormFactor         string
	MemoryGB           *float64
	MemoryBandwidthGBs *float64
	// Fp16Tflops counts tensor cores, dense.
	Fp16Tflops *float64
	// Fp16SparseTflops is twice the dense figure, only where the chip has 2:4 sparsity.
	Fp16SparseTflops *float64
	Fp8Tflops        *float64
	Fp32Tflops       *float64
	TDPWatts         *int
	Architecture     string
	Year             *int
}

// GpuIdentity is what the catalogue makes of a name that a provider, a driver or an instance type uses.
// Empty and nil fields are what the name does not say.
type GpuIdentity struct {
	// Gpu is nil when the name does not settle which catalogue entry it is.
	Gpu        *Gpu
	Vendor     string
	Model      string
	FormFactor string
	// MemoryGB is the memory the name states; for a partition the slice's, not the card's.
	MemoryGB *float64
	// GpuCount is the number of cards the name implies; a fraction for a slice.
	GpuCount *float64
	// Partition is true for a slice of a card: MIG, vGPU, a fraction.
	Partition bool
}
