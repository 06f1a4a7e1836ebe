package ftpsite

import (
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
)

// place is what a path stands for.
type place struct {
	view    *filestore.View
	account string // the address in the path, or the client's own
	name    string // in the storage
}

// empty reports whether p is the top of a stranger's own storage: he has none,
// so it is an empty directory.
func (p place) empty() bool { return p.account == "" && p.name == filestore.Root }

// locate finds the place of a path that the engine has joined with the current
// directory and folded. A first segment "~name" or "~name@domain" is another's
// storage (CommuniGate Pro Guide, File Storage, FTP).
func (s *session) locate(path string) (place, error) {
	p := place{account: s.caller.Account}
	path = strings.TrimPrefix(path, "/")
	if strings.HasPrefix(path, "~") {
		first, rest, _ := strings.Cut(path, "/")
		if err := filestore.CheckName(first); err != nil {
			return place{}, err
		}
		p.account = first[1:]
		if !strings.Contains(p.account, "@") {
			p.account += "@" + s.domain
		}
		path = rest
	}
	name, _, err := filestore.CleanName(path)
	if err != nil {
		return place{}, err
	}
	p.name = name
	caller := s.caller
	caller.Remote = s.remote
	p.view = filestore.NewView(s.server.Directory, caller, p.account)
	return p, nil
}
