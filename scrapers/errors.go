package scrapers

import (
	"errors"
	"fmt"
	"time"
)

// ErrNotRecorded says that the recorded answers hold none for a request. It is no failure: the source is listed as not recorded.
var ErrNotRecorded = errors.New("not recorded")

// ErrElsewhere says that another process reads the provider, or has made this scheduled run. It is no failure.
var ErrElsewhere = errors.New("left to another process")

// ErrBlocked says that the answer is not the page but a challenge, a captcha or a login.
var ErrBlocked = errors.New("blocked")

// ErrRobots says that the host's robots.txt forbids the address.
var ErrRobots = errors.New("forbidden by robots.txt; set ignore_robots for pages of your own")

// ErrTooLarge says that an answer is larger than the client reads.
var ErrTooLarge = errors.New("answer is larger than 32 MiB")

// StatusError is an answer with a status that is no success.
type StatusError struct {
	Code int
	URL  string
	// RetryAfter is how long the host asks to be left alone; zero when it does not say.
	RetryAfter time.Duration
}

// Error names the status and the address.
func (e *StatusError) Error() string {
	if e.RetryAfter > 0 {
		return fmt.Sprintf("%s answered %d and asks to wait %s", e.URL, e.Code, e.RetryAfter)
	}
	return fmt.Sprintf("%s answered %d", e.URL, e.Code)
}
