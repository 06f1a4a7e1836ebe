package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cgpkit/cgpkit/clisite/client"
	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/filestore"
)

// place is what a command line argument names: a directory, a base directory, or a server; and
// within the last two an account, or all accounts of a domain.
type place struct {
	text    string
	dir     string           // a directory
	base    *directory.Base  // or a base directory
	views   *filestore.Views // of base
	server  *client.Client   // or a server
	account string           // or the domain
}

// access is what one needs to reach a server.
type access struct {
	password    string
	ca          string
	clear       bool
	connections int
}

// places opens places. A base directory is opened once.
type places struct {
	bases map[string]*place
	close []func() error
}

func (p *places) closeAll() error {
	var err error
	for _, each := range slices.Backward(p.close) {
		err = errors.Join(err, each())
	}
	return err
}

// open reads an argument:
//
//	DIR                              a directory
//	base:DIR:ACCOUNT                 an account of a base directory
//	cgp://USER@HOST[:PORT]/ACCOUNT   an account of a server; cgps: with TLS, cgp+tls: with STLS
func (p *places) open(text string, a access) (*place, error) {
	if rest, ok := strings.CutPrefix(text, "base:"); ok {
		i := strings.LastIndexByte(rest, ':')
		if i <= 0 {
			return nil, fmt.Errorf("%s: want base:DIR:ACCOUNT", text)
		}
		return p.openBase(text, rest[:i], rest[i+1:])
	}
	if strings.Contains(text, "://") {
		return p.openServer(text, a)
	}
	i, err := os.Stat(text)
	if err == nil && !i.IsDir() {
		err = fmt.Errorf("%s: not a directory", text)
	}
	return &place{text: text, dir: text}, err
}

func (p *places) openBase(text, dir, account string) (*place, error) {
	clean, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	opened := p.bases[clean]
	if opened == nil {
		base, err := directory.Open(clean, nil)
		if err != nil {
			return nil, err
		}
		p.close = append(p.close, base.Close)
		if err := base.Claim(); err != nil {
			return nil, err
		}
		opened = &place{base: base, views: filestore.NewViews(base, base.Stores(), nil)}
		p.bases[clean] = opened
	}
	return &place{text: text, base: opened.base, views: opened.views, account: account}, nil
}

func (p *places) openServer(text string, a access) (*place, error) {
	u, err := url.Parse(text)
	if err != nil || u.User.Username() == "" || u.Host == "" {
		return nil, errors.New("want cgp://USER@HOST[:PORT]/ACCOUNT") // the text may have a password
	}
	if _, told := u.User.Password(); told {
		return nil, errors.New("a password does not belong into an address, where others see it")
	}
	c := &client.Client{Address: u.Host, User: u.User.Username(), Password: a.password, MaxConnections: a.connections, TLSConfig: &tls.Config{}}
	switch u.Scheme {
	case "cgp":
	case "cgps":
		c.Security = client.TLS
	case "cgp+tls":
		c.Security = client.StartTLS
	default:
		return nil, fmt.Errorf("%s: want cgp, cgps or cgp+tls", u.Scheme)
	}
	if a.clear {
		c.Login = client.LoginClear
	}
	if u.Port() == "" {
		c.Address = net.JoinHostPort(u.Hostname(), "106")
	}
	if a.ca != "" {
		pem, err := os.ReadFile(a.ca)
		if err != nil {
			return nil, err
		}
		c.TLSConfig.RootCAs = x509.NewCertPool()
		if !c.TLSConfig.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s: no certificate", a.ca)
		}
	}
	p.close = append(p.close, c.Close)
	return &place{text: text, server: c, account: strings.TrimPrefix(u.Path, "/")}, nil
}

// accounts returns the accounts of the domain that the place names, or the directories
// in the directory. Those that cannot be names of accounts are told of.
func (p *place) accounts(ctx context.Context, left func(error)) (all []string, err error) {
	switch {
	case p.server != nil:
		all, err = p.server.ListAccounts(ctx, p.account)
	case p.base != nil:
		for name, err := range p.base.Accounts(ctx, p.account) {
			if errors.Is(err, fs.ErrNotExist) {
				return nil, err
			}
			if err != nil {
				left(err)
				continue
			}
			all = append(all, name)
		}
	default:
		entries, err := os.ReadDir(p.dir)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if !e.IsDir() {
				left(fmt.Errorf("%q is no directory of an account", e.Name()))
				continue
			}
			all = append(all, e.Name())
		}
	}
	return slices.DeleteFunc(all, func(name string) bool {
		bad := name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\\@") || filestore.CheckName(name) != nil
		if bad {
			left(fmt.Errorf("%q is no name of an account", name))
		}
		return bad
	}), err
}

// side opens the storage that the place names, or that of one account in it. A
// directory is made if it may be.
func (p *place) side(ctx context.Context, account string, mayMake bool) (side, func() error, error) {
	nothing := func() error { return nil }
	address := p.account
	if account != "" {
		address = account + "@" + p.account
	}
	switch {
	case p.server != nil:
		storage := p.server.Storage(address)
		if _, err := storage.Usage(ctx, filestore.Root); err != nil {
			return nil, nothing, err
		}
		return &files{storage, storage}, nothing, nil
	case p.base != nil:
		found, err := p.base.Account(ctx, filestore.QualifyAccount(address, p.base.MainDomain()))
		if err != nil {
			return nil, nothing, fmt.Errorf("%s: %w", address, err)
		}
		_, err = p.base.Stores().Store(ctx, found.Address)
		if errors.Is(err, fs.ErrNotExist) {
			err = errors.New("the account has no storage")
		}
		if err != nil {
			return nil, nothing, fmt.Errorf("%s: %w", address, err)
		}
		return &files{p.views.View(filestore.Caller{Account: found.Address}, found.Address), nil}, nothing, nil
	}
	dir := filepath.Join(p.dir, account)
	if account != "" && mayMake {
		if err := os.Mkdir(dir, 0o750); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, nothing, err
		}
	}
	root, err := os.OpenRoot(dir)
	if account != "" && !mayMake && errors.Is(err, fs.ErrNotExist) {
		return empty{}, nothing, nil // a dry run
	}
	if err != nil {
		return nil, nothing, err
	}
	return &local{root}, root.Close, nil
}
