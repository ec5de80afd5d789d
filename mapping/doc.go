// Package mapping reads price histories that others have recorded as CSV, by a file that says what their columns mean.
package mapping
