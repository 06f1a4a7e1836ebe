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

// place is what a command line argument names: a storage, or all those of a domain. A kind
// of place is a type with these methods, and a case of [places.open].
type place interface {
	// accounts returns the names of the accounts that the place has storages of. It tells
	// left of those that it leaves out.
	accounts(ctx context.Context, left func(error)) ([]string, error)
	// side opens the storage that the place names, or that of one account in it. What is
	// not there is made if it may be. The function closes it.
	side(ctx context.Context, account string, mayMake bool) (side, func() error, error)
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
	bases map[string]*stored
	close []func() error
}

func (p *places) closeAll() error {
	var err error
	for _, each := range slices.Backward(p.close) {
		err = errors.Join(err, each())
	}
	return err
}

// open reads an argument, of a target or a source:
//
//	DIR                              a directory
//	base:DIR:ACCOUNT                 an account of a base directory
//	cgp://USER@HOST[:PORT]/ACCOUNT   an account of a server; cgps: with TLS, cgp+tls: with STLS
func (p *places) open(text string, a access, target bool) (place, error) {
	if rest, ok := strings.CutPrefix(text, "base:"); ok {
		i := strings.LastIndexByte(rest, ':')
		if i <= 0 {
			return nil, fmt.Errorf("%s: want base:DIR:ACCOUNT", text)
		}
		return p.openBase(rest[:i], rest[i+1:])
	}
	if strings.Contains(text, "://") {
		return p.openServer(text, a)
	}
	there := text
	if _, err := os.Stat(text); target && errors.Is(err, fs.ErrNotExist) {
		there = filepath.Dir(filepath.Clean(text)) // text is made in it
	}
	i, err := os.Stat(there)
	if err == nil && !i.IsDir() {
		err = fmt.Errorf("%s: not a directory", there)
	}
	return tree(text), err
}

func (p *places) openBase(dir, account string) (place, error) {
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
		opened = &stored{base: base, views: filestore.NewViews(base, base.Stores(), nil)}
		p.bases[clean] = opened
	}
	return &stored{opened.base, opened.views, account}, nil
}

func (p *places) openServer(text string, a access) (place, error) {
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
	return &server{c, strings.TrimPrefix(u.Path, "/")}, nil
}

// accountsOf returns the accounts of a place, without those that cannot be names of
// accounts.
func accountsOf(ctx context.Context, p place, left func(error)) ([]string, error) {
	all, err := p.accounts(ctx, left)
	return slices.DeleteFunc(all, func(name string) bool {
		bad := name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\\@") || filestore.CheckName(name) != nil
		if bad {
			left(fmt.Errorf("%q is no name of an account", name))
		}
		return bad
	}), err
}

// addressOf returns the address of an account in the domain of that name; "" is the
// account of that name.
func addressOf(account, name string) string {
	if account == "" {
		return name
	}
	return account + "@" + name
}

func closeNothing() error { return nil }

// server is an account of a server, or a domain.
type server struct {
	client *client.Client
	name   string
}

func (s *server) accounts(ctx context.Context, _ func(error)) ([]string, error) {
	all, err := s.client.ListAccounts(ctx, s.name)
	if err != nil {
		err = fmt.Errorf("domain %q of %s: %w", s.name, s.client.Address, err)
	}
	return all, err
}

func (s *server) side(ctx context.Context, account string, _ bool) (side, func() error, error) {
	address := addressOf(account, s.name)
	storage := s.client.Storage(address)
	if _, err := storage.Usage(ctx, filestore.Root); err != nil {
		var p *fs.PathError
		switch {
		case errors.Is(err, fs.ErrNotExist):
			err = errors.New("no such account, or none that " + s.client.User + " may see")
		case errors.As(err, &p):
			err = p.Err
		}
		return nil, nil, fmt.Errorf("account %q of %s: %w", address, s.client.Address, err)
	}
	return &files{func() filestore.FS { return storage }, storage}, closeNothing, nil
}

// stored is an account of a base directory, or a domain, with its storages, wherever these
// are kept.
type stored struct {
	base  *directory.Base
	views *filestore.Views
	name  string
}

func (s *stored) accounts(ctx context.Context, left func(error)) (all []string, err error) {
	for name, err := range s.base.Accounts(ctx, s.name) {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if err != nil {
			left(err)
			continue
		}
		all = append(all, name)
	}
	return all, nil
}

func (s *stored) side(ctx context.Context, account string, _ bool) (side, func() error, error) {
	address := addressOf(account, s.name)
	found, err := s.base.Account(ctx, filestore.QualifyAccount(address, s.base.MainDomain()))
	if err == nil {
		_, err = s.views.Stores().Store(ctx, found.Address)
		if errors.Is(err, fs.ErrNotExist) {
			err = errors.New("the account has no storage")
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = errors.New("no such account")
	}
	if err != nil {
		return nil, nil, fmt.Errorf("account %q: %w", address, err)
	}
	near := func() filestore.FS { return s.views.View(filestore.Caller{Account: found.Address}, found.Address) }
	return &files{near, nil}, closeNothing, nil
}

// tree is a directory of this machine, or one with a directory for each account.
type tree string

func (t tree) accounts(_ context.Context, left func(error)) (all []string, err error) {
	entries, err := os.ReadDir(string(t))
	for _, e := range entries {
		if !e.IsDir() {
			left(fmt.Errorf("%q is no directory of an account", e.Name()))
			continue
		}
		all = append(all, e.Name())
	}
	return all, err
}

func (t tree) side(_ context.Context, account string, mayMake bool) (side, func() error, error) {
	dir := filepath.Join(string(t), account)
	for _, each := range []string{string(t), dir} {
		if !mayMake {
			break
		}
		if err := os.Mkdir(each, 0o750); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, nil, err
		}
	}
	root, err := os.OpenRoot(dir)
	if !mayMake && errors.Is(err, fs.ErrNotExist) {
		return empty{}, closeNothing, nil // a dry run
	}
	if err != nil {
		return nil, nil, err
	}
	return &local{root}, root.Close, nil
}
