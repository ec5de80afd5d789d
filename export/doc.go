// Package export writes the changes of prices as files that spreadsheets and databases open as they are.
package export
