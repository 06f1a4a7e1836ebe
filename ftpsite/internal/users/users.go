// Package users finds out who a client of FTP is, and what its paths stand for,
// for whatever speaks FTP with it.
package users

import (
	"context"
	"errors"
	"io/fs"
	"net/netip"
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
)

// Service is the name of the service that a login here needs.
const Service = "FTP"

// User is somebody who has logged in. The zero value is nobody.
type User struct {
	Caller filestore.Caller // with Remote
	Domain string           // completes account names in paths
}

// Login is what a client said to log in.
type Login struct {
	Name, Password string
	Host           string // of HOST, clean; empty: none
	Local, Remote  netip.Addr
	Anonymous      bool // whether "anonymous" and "ftp" are strangers
}

// LogIn returns who the client is, or filestore.ErrLogin. An account that has the
// name of a stranger logs in as itself.
func LogIn(ctx context.Context, directory filestore.Directory, l Login) (User, error) {
	site, err := directory.Site(ctx, l.Host, l.Local)
	if err != nil {
		return User{}, err
	}
	address := filestore.QualifyAccount(l.Name, site.Domain)
	if l.Anonymous && isAnonymous(l.Name) { // before a login that would be refused, and logged
		if _, err := directory.Account(ctx, address); errors.Is(err, fs.ErrNotExist) {
			return User{Caller: filestore.Caller{Remote: l.Remote}, Domain: site.Domain}, nil
		}
	}
	caller, err := directory.Login(ctx, filestore.Credentials{
		Login: address, Password: l.Password, Service: Service, Remote: l.Remote,
	})
	if err != nil {
		return User{}, err
	}
	caller.Remote = l.Remote
	_, domain, _ := strings.Cut(caller.Account, "@")
	return User{Caller: caller, Domain: domain}, nil
}

func isAnonymous(name string) bool {
	return strings.EqualFold(name, "anonymous") || strings.EqualFold(name, "ftp")
}

// Place is what a path stands for.
type Place struct {
	View    *filestore.View
	Account string // the address in the path, or the user's own
	Name    string // in the storage

	stranger bool // the user is one
}

// Command is one command that a user has given: paths in the same storage share a view.
type Command struct {
	User  User
	Views *filestore.Views

	last Place // that has been located
}

// Locate finds the place of a path that is folded and begins with a slash. A first
// segment "~name" is another's storage, with or without a domain (CommuniGate Pro
// Guide, File Storage, FTP). A path that can be none gives fs.ErrInvalid, and a Place
// without a View.
func (c *Command) Locate(path string) (Place, error) {
	u := c.User
	p := Place{Account: u.Caller.Account, stranger: u.Caller.IsStranger()}
	path = strings.TrimPrefix(path, "/")
	if strings.HasPrefix(path, "~") {
		first, rest, _ := strings.Cut(path, "/")
		if err := filestore.CheckName(first); err != nil {
			return Place{}, err
		}
		p.Account = filestore.QualifyAccount(first[1:], u.Domain)
		path = rest
	}
	p.Name = path // as a log has it, if it is none
	name, _, err := filestore.CleanName(path)
	if err != nil {
		return p, err
	}
	p.Name = name
	if p.View = c.last.View; p.View == nil || p.Account != c.last.Account {
		p.View = c.Views.View(u.Caller, p.Account)
	}
	c.last = p
	return p, nil
}

// Clients go step by step: CWD protected, CWD dir, CWD pwd, CWD KEY, and RETR then.
// So they may enter whatever can lead to something, without learning what is there:
// what is behind it is decided as if they had named it by its whole path. Keys are
// compared, and guesses counted, when content is asked for.

// LeadsOn reports whether p, which the view does not show because of err, may be
// entered on the way to something.
func (p Place) LeadsOn(ctx context.Context, err error) bool {
	switch {
	case p.sharing():
		return true
	case p.stranger || errors.Is(err, filestore.ErrSidecars): // there is more to see than can be shown
		return false
	}
	// An access control list opens something to those that have logged in: below
	// private, or anywhere in a storage whose WebSite service is off. There may be no
	// such account: that is told as little.
	first, _, _ := strings.Cut(p.Name, "/")
	return strings.EqualFold(first, "private") && errors.Is(err, fs.ErrPermission) ||
		errors.Is(err, fs.ErrNotExist) && p.hidden(ctx)
}

// hidden reports whether not even the top of the storage is shown.
func (p Place) hidden(ctx context.Context) bool {
	_, err := p.View.Stat(ctx, filestore.Root)
	return errors.Is(err, fs.ErrNotExist)
}

// sharing reports whether p is "protected" or something behind it, a real
// directory of that name included.
func (p Place) sharing() bool {
	first, _, _ := strings.Cut(p.Name, "/")
	return first == "protected"
}

// BeforeKey reports whether p is on the way to a share, and names no key yet.
func (p Place) BeforeKey() bool {
	_, key, _ := strings.Cut(p.Name, "/pwd/")
	return p.sharing() && key == ""
}

// Empty reports whether p is the top of a stranger's own storage: they have none,
// so it is an empty directory.
func (p Place) Empty() bool { return p.Account == "" && p.Name == filestore.Root }

// Remove removes the file, or the empty directory, at p.
func (p Place) Remove(ctx context.Context, directory bool) error {
	switch info, err := p.View.Target(ctx, p.Name); {
	case err != nil:
		return err
	case info == nil: // Remove tells
	case directory && !info.IsDir():
		return filestore.ErrNotDirectory
	case !directory && info.IsDir():
		return filestore.ErrIsDirectory
	}
	return p.View.Remove(ctx, p.Name, filestore.RemoveOptions{})
}

// Rename puts what is at p to another place of the same storage. A file takes the
// place of a file, in one step: clients upload aside and rename. A directory is never
// replaced. Each storage is a world of its own.
func (p Place) Rename(ctx context.Context, to Place) error {
	same, err := p.View.SameAccount(ctx, to.Account)
	if err == nil && !same {
		err = fs.ErrPermission
	}
	if err != nil {
		return err
	}
	return p.View.Rename(ctx, p.Name, to.Name, filestore.RenameOptions{ReplaceFile: true})
}
