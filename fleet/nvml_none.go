//go:build !linux || !cgo

package fleet

// Supported says whether this program can ask NVML.
const Supported = false

func openLibrary(string) (library, error) { return nil, ErrNoNVML }
