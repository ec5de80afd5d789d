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

// largestArgument bounds one argument, as Redis itself does.
const largestArgument = 512 << 20

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

// readCommand reads one command and says how many bytes it took. io.EOF is the end, also in the middle of a command.
func readCommand(r *bufio.Reader) (command []any, length int64, err error) {
	count, n, err := readLength(r, '*')
	length = n
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
	size, n, err := readLength(r, '$')
	if err != nil {
		return "", n, err
	}
	if size > largestArgument {
		return "", n, fmt.Errorf("an argument of %d bytes", size)
	}
	var text bytes.Buffer // grows with what is there, not with what the length claims
	if _, err := io.CopyN(&text, r, size+2); err != nil {
		return "", n, torn(err)
	}
	value, ended := strings.CutSuffix(text.String(), "\r\n")
	if !ended {
		return "", n, errors.New("an argument that does not end where it should")
	}
	return value, n + size + 2, nil
}

func readLength(r *bufio.Reader, mark byte) (int64, int64, error) {
	line, err := r.ReadString('\n')
	if err != nil {
		return 0, int64(len(line)), torn(err)
	}
	digits, ok := strings.CutSuffix(line, "\r\n")
	if !ok || digits == "" || digits[0] != mark {
		return 0, int64(len(line)), fmt.Errorf("%q where %q and a length should stand", line[:min(len(line), 40)], mark)
	}
	n, err := strconv.ParseInt(digits[1:], 10, 64)
	if err != nil || n < 0 {
		return 0, int64(len(line)), fmt.Errorf("length %q", digits[1:])
	}
	return n, int64(len(line)), nil
}

func torn(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return io.EOF
	}
	return err
}
