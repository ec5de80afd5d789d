package alerts

import "time"

// The schedule of attempts.
const (
	firstDelay  = 5 * time.Second
	growth      = 4
	longest     = 6 * time.Hour
	mostDelays  = 9
	longestWish = 24 * time.Hour
)

// Backoff is how long to wait after the attempt-th failure of a delivery, attempts counted from 1; false after the last one. The delays
// are 5 s, 20 s, 80 s, 320 s, about 21 min, 85 min, 5 h 41 min, 6 h and 6 h, which is ten attempts within about 20 hours, each made
// longer or shorter by up to a fifth. spread gives numbers from 0 up to 1 and decides by how much.
func Backoff(attempt int, spread func() float64) (time.Duration, bool) {
	if attempt < 1 || attempt > mostDelays {
		return 0, false
	}
	delay := firstDelay
	for range attempt - 1 {
		delay = min(delay*growth, longest)
	}
	return time.Duration(float64(delay) * (0.8 + 0.4*spread())), true
}
