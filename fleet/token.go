package fleet

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// CredentialName is the credential of systemd that holds the token where no file is named.
const CredentialName = "gpuhour-token"

// ErrNoToken says that no token is named anywhere.
var ErrNoToken = errors.New("there is no token: name its file with --token-file, or give the service the credential " + CredentialName)

// ReadToken reads a host's token. Without a path it is the credential that systemd gave the service, whose folder only the service may read;
// any other file must be closed to everybody but its owner.
func ReadToken(path string) (string, error) {
	credentials := os.Getenv("CREDENTIALS_DIRECTORY")
	if path == "" {
		if credentials == "" {
			return "", ErrNoToken
		}
		path = filepath.Join(credentials, CredentialName)
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("token: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 && (credentials == "" || filepath.Dir(path) != filepath.Clean(credentials)) {
		return "", fmt.Errorf("token: %s may be read by others (%04o): chmod 600 it", path, mode)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("token: %w", err)
	}
	token := strings.TrimSpace(string(text))
	if token == "" || strings.ContainsAny(token, " \t\r\n") {
		return "", fmt.Errorf("token: %s must hold one word", path)
	}
	return token, nil
}
