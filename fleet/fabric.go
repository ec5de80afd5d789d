package fleet

// fabricTrouble keeps of NVML's health mask what is wrong: 0 is a fabric that is well. In the mask itself, well is not 0: each of the four lowest
// pairs of bits is 1 for trouble and 2 for none, and the four bits above them are 1 for a right configuration and more for a wrong one.
func fabricTrouble(mask uint32) uint32 {
	var wrong uint32
	for shift := 0; shift < 8; shift += 2 {
		if mask>>shift&3 == 1 {
			wrong |= 1 << shift
		}
	}
	if configuration := mask >> 8 & 0xf; configuration > 1 {
		wrong |= configuration << 8
	}
	return wrong
}
