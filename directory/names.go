package directory

import (
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/cgpkit/cgpkit/filestore"
)

// maxName bounds account and domain names, in bytes. Our choice.
const maxName = 255

// splitAddress takes account@domain apart, in lower case. ok is false for
// anything that could not be the address of an account: such a name never
// reaches the file system.
func splitAddress(address string) (name, domain string, ok bool) {
	if len(address) > 2*maxName+1 || !utf8.ValidString(address) {
		return "", "", false
	}
	name, domain, ok = strings.Cut(strings.ToLower(address), "@")
	return name, domain, ok && validAccount(name) && validDomain(domain)
}

// validAccount reports whether name may be the name of an account (our choice):
// 1-255 bytes of UTF-8 without a leading dot, and without what separates names
// in paths, URLs and addresses.
func validAccount(name string) bool {
	if name == "" || len(name) > maxName || name[0] == '.' || !utf8.ValidString(name) {
		return false
	}
	for i := range len(name) {
		switch c := name[i]; {
		case c < 0x20, c == 0x7F, c == '/', c == '\\', c == '@', c == '%':
			return false
		}
	}
	return filepath.IsLocal(name) // on Windows: no device, no drive, no alternate stream
}

// validDomain reports whether name, in lower case, may be the name of a domain:
// what a clean host may be. So it is never a path, nor "..".
func validDomain(name string) bool {
	clean, err := filestore.CleanHost(name)
	return err == nil && clean == name && clean != "" && filepath.IsLocal(name)
}
