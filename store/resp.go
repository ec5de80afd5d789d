package store

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

const (
	// largestArgument bounds one argument, as Redis itself does.
	largestArgument = 512 << 20
	// mostArguments bounds one command, as Redis itself does.
	mostArguments = 1 << 20
	// trusted is how much is set aside on the word of a length; more only as the bytes come.
	trusted = 1 << 20
)

// writeCommand spells a command as RESP does: an array of bulk strings.
func writeCommand(w io.Writer, args []any) error {
	if _, err := fmt.Fprintf(w, "*%d\r\n", len(args)); err != nil {
		return err
	}
	for _, a := range args {
		text, err := argument(a)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(w, "$%d\r\n%s\r\n", len(text), text); err != nil {
			return err
		}
	}
	return nil
}

// argument spells a value as go-redis does. Kinds that the store does not send are refused rather than spelled otherwise.
func argument(a any) (string, error) {
	switch v := a.(type) {
	case string:
		return v, nil
	case []byte:
		return string(v), nil
	case int:
		return strconv.Itoa(v), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	}
	return "", fmt.Errorf("argument of type %T cannot be journaled", a)
}

// readCommand reads one command and says how many bytes it took. io.EOF says that the text ended, also in the middle of a
// command that was right as far as it went.
func readCommand(r *bufio.Reader) (command []any, length int64, err error) {
	count, length, err := readLength(r, '*', mostArguments)
	if err != nil {
		return nil, length, err
	}
	for range count {
		text, n, err := readBulk(r)
		length += n
		if err != nil {
			return nil, length, err
		}
		command = append(command, text)
	}
	if len(command) == 0 {
		return nil, length, errors.New("an empty command")
	}
	return command, length, nil
}

func readBulk(r *bufio.Reader) (string, int64, error) {
	size, n, err := readLength(r, '$', largestArgument)
	if err != nil {
		return "", n, err
	}
	text := bytes.NewBuffer(make([]byte, 0, min(size+2, trusted)))
	if _, err := io.CopyN(text, r, size+2); err != nil && !errors.Is(err, io.EOF) {
		return "", n, err
	}
	body, end := text.Bytes(), []byte(nil)
	if int64(len(body)) > size {
		body, end = body[:size], body[size:]
	}
	switch {
	case !strings.HasPrefix("\r\n", string(end)):
		return "", n, errors.New("an argument that does not end where it should")
	case len(end) < 2:
		return "", n, io.EOF
	}
	return string(body), n + size + 2, nil
}

// longestLength is how long a line with a length can be: a mark, nine digits, the line end.
const longestLength = 12

func readLength(r *bufio.Reader, mark byte, most int64) (value, length int64, err error) {
	line, _ := r.Peek(longestLength)
	line, rest, whole := bytes.Cut(line, []byte("\n"))
	digits, ends := strings.CutSuffix(string(line), "\r")
	switch {
	case len(line) == 0 && len(rest) == 0 && !whole:
		return 0, 0, io.EOF
	case digits == "" || digits[0] != mark || whole && !ends || !whole && len(line) == longestLength || !decimalDigits(digits[1:]):
		return 0, 0, fmt.Errorf("%q where %q and a length should stand", line, mark)
	case !whole:
		return 0, 0, io.EOF
	}
	value, err = strconv.ParseInt(digits[1:], 10, 64)
	if err != nil || value > most {
		return 0, 0, fmt.Errorf("length %q", digits[1:])
	}
	n, err := r.Discard(len(line) + 1)
	return value, int64(n), err
}

func decimalDigits(text string) bool {
	return strings.Trim(text, "0123456789") == ""
}
