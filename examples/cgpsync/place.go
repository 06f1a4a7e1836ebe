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
	"github.com/cgpkit/cgpkit/filestore/pgstore"
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

// places opens places. A base directory is opened once, and so is the database.
type places struct {
	database string      // of what stands in one
	bucket   *pgstore.S3 // nil: none
	bases    map[string]*stored
	shared   *pgstore.Stores // nil: not opened yet
	close    []func() error
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
//	store:DIR:ACCOUNT                likewise, whose storage is in the database
//	cgp://USER@HOST[:PORT]/ACCOUNT   an account of a server; cgps: with TLS, cgp+tls: with STLS
func (p *places) open(ctx context.Context, text string, a access, target bool) (place, error) {
	for prefix, open := range map[string]func(ctx context.Context, dir string) (*stored, error){"base:": p.openBase, "store:": p.openShared} {
		rest, ok := strings.CutPrefix(text, prefix)
		if !ok {
			continue
		}
		i := strings.LastIndexByte(rest, ':')
		if i <= 0 {
			return nil, fmt.Errorf("%s: want %sDIR:ACCOUNT", text, prefix)
		}
		dir, err := filepath.Abs(rest[:i])
		if err != nil {
			return nil, err
		}
		if p.bases[prefix+dir] == nil {
			if p.bases[prefix+dir], err = open(ctx, dir); err != nil {
				return nil, err
			}
		}
		opened := p.bases[prefix+dir]
		return &stored{opened.base, opened.views, rest[i+1:]}, nil
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

func (p *places) openBase(_ context.Context, dir string) (*stored, error) {
	base, err := directory.Open(dir, nil)
	if err != nil {
		return nil, err
	}
	p.close = append(p.close, base.Close)
	if err := base.Claim(); err != nil {
		return nil, err
	}
	return &stored{base: base, views: filestore.NewViews(base, base.Stores(), nil)}, nil
}

// openShared opens a base directory whose storages are in the database. Servers may use them
// meanwhile.
func (p *places) openShared(ctx context.Context, dir string) (*stored, error) {
	if p.database == "" {
		return nil, errors.New("name the database with -store")
	}
	base, err := directory.Open(dir, nil)
	if err != nil {
		return nil, err
	}
	p.close = append(p.close, base.Close)
	if p.shared == nil {
		if p.shared, err = pgstore.Open(ctx, pgstore.Config{Database: p.database, S3: p.bucket}); err != nil {
			return nil, fmt.Errorf("-store: %w", err)
		}
		p.close = append(p.close, p.shared.Close)
	}
	return &stored{base: base, views: filestore.NewViews(base, p.shared, nil)}, nil
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
