package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// lockName is the file that keeps a second process out of a data folder.
const lockName = "gpuhour.lock"

// InUseError says that another process has the embedded store open.
type InUseError struct {
	Dir string `json:"-"`
	PID int    `json:"pid"`
	// Address is where that process serves; empty when it does not.
	Address string `json:"address"`
}

// Error names the folder and the process.
func (e *InUseError) Error() string {
	return fmt.Sprintf("the data folder %s is in use by process %d at %q", e.Dir, e.PID, e.Address)
}

// dirLock is the right to a data folder. The system takes it back when the process ends, however it ends.
type dirLock struct{ file *os.File }

func lockDir(dir, address string) (*dirLock, error) {
	path := filepath.Join(dir, lockName)
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("lock file: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(inUse(dir, path, err), file.Close())
	}
	l := &dirLock{file}
	if err := l.describe(address); err != nil {
		return nil, errors.Join(fmt.Errorf("lock file: %w", err), l.release())
	}
	return l, nil
}

func inUse(dir, path string, err error) error {
	if !errors.Is(err, syscall.EWOULDBLOCK) {
		return fmt.Errorf("lock file: %w", err)
	}
	holder := &InUseError{Dir: dir}
	if file, openErr := os.Open(path); openErr == nil {
		_ = json.NewDecoder(file).Decode(holder) // an unreadable description leaves the holder unnamed
		_ = file.Close()
	}
	return holder
}

func (l *dirLock) describe(address string) error {
	text, err := json.Marshal(InUseError{PID: os.Getpid(), Address: address})
	if err != nil {
		return err
	}
	// Written before it is shortened, so that whoever reads meanwhile finds a whole description first.
	if _, err := l.file.WriteAt(text, 0); err != nil {
		return err
	}
	return l.file.Truncate(int64(len(text)))
}

func (l *dirLock) release() error { return l.file.Close() }
