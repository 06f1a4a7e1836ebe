package tftpsite

import (
	"io/fs"
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
)

// place is a file that a request names, before any look at whether it exists.
type place struct {
	address string // account@domain
	path    string // in the storage, as the client wrote it
}

// locate finds out whose file a name means (CommuniGate Pro Guide, TFTP).
// Accounts without a domain are in the main domain. storage is the account
// whose files have plain names; it may be empty. A name that means no file
// anywhere gives fs.ErrNotExist.
func locate(name, storage, domain string) (place, error) {
	rest, slash := strings.CutPrefix(name, "/")
	rest = strings.TrimLeft(rest, "/") // silent on repetitions; we take them as one
	account, path, below := strings.Cut(rest, "/")
	switch {
	case slash && below:
	case !slash && strings.HasPrefix(rest, "~"):
		account = account[1:]
		if !below {
			return place{}, fs.ErrNotExist
		}
	default:
		account, path = storage, rest
	}
	address := filestore.QualifyAccount(account, domain)
	if local, host, _ := strings.Cut(address, "@"); local == "" || host == "" || path == "" {
		return place{}, fs.ErrNotExist
	}
	return place{address, path}, nil
}
