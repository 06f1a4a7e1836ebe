package main

import (
	"context"
	"io/fs"
	"net/netip"
	"strings"

	"github.com/cgpkit/cgpkit/directory/passwords"
	"github.com/cgpkit/cgpkit/filestore"
)

// users are the users of the mail server.
type users struct {
	byAddress map[string]user
	verifier  *passwords.Verifier // checks passwords, and limits guessing
}

type user struct {
	password string // as it is stored: a hash
	files    filestore.Store
}

// Account finds a user: what they have, and how much they may store.
func (u users) Account(_ context.Context, address string) (filestore.Account, error) {
	address = strings.ToLower(address)
	if _, ok := u.byAddress[address]; !ok {
		return filestore.Account{}, fs.ErrNotExist
	}
	limits := filestore.Limits{Files: 1000, Bytes: 100 << 20, FileSize: filestore.Unlimited}
	return filestore.Account{Address: address, Limits: limits, WebSite: true}, nil
}

// Store finds what keeps the files of a user.
func (u users) Store(_ context.Context, address string) (filestore.Store, error) {
	found, ok := u.byAddress[address]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return found.files, nil
}

// Role makes users the owners of their own storages. There is no administrator.
func (u users) Role(_ context.Context, c filestore.Caller, address string) (filestore.Role, error) {
	switch {
	case c.IsStranger():
		return filestore.Stranger, nil
	case c.Account == address && !c.Limited:
		return filestore.Owner, nil
	}
	return filestore.Other, nil
}

// Login checks a password. Names without a user are checked as well, so that nobody
// can tell which there are.
func (u users) Login(ctx context.Context, c filestore.Credentials) (filestore.Caller, error) {
	address := strings.ToLower(c.Login)
	found, ok := u.byAddress[address]
	return u.verifier.Login(ctx, c, passwords.Account{Address: address, Missing: !ok, Password: found.password})
}

// Site has one domain, whatever a client calls the server.
func (u users) Site(context.Context, string, netip.Addr) (filestore.Site, error) {
	return filestore.Site{Domain: "example.com"}, nil
}
