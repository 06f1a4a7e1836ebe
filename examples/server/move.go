package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/mirror"
	"github.com/cgpkit/cgpkit/filestore/pgstore"
)

// mover moves storages between a base directory and a store that servers share.
type mover struct {
	base    *directory.Base
	shared  *pgstore.Stores
	export  bool // from the store to the base directory
	inUse   bool // a server has the base directory: it is only read
	options mirror.Options
	stderr  io.Writer

	mu       sync.Mutex // guards what follows, and stderr
	total    mirror.Result
	storages int
	failed   int // storages that could not be moved at all
}

// mountNames are the names of storages that belong to no account.
var mountNames = []string{"$DomainSkins", "$DomainPBXApp", "$ServerSkins", "$ServerPBXApp", "$ClusterSkins", "$ClusterPBXApp"}

// notes are what servers note for accounts.
var notes = []string{"subscription"}

// move is "store import" and "store export". It returns how many entries and storages could
// not be moved.
func move(ctx context.Context, word string, args []string, stdout, stderr io.Writer) (failed int, err error) {
	m := &mover{export: word == "export", stderr: stderr}
	transfers := 4
	c, accounts, err := parseAccounts(args, stderr, func(flags *flag.FlagSet) {
		flags.BoolVar(&m.options.Delete, "delete", false, "remove from the target what is not in the source any more")
		flags.BoolVar(&m.options.Verify, "verify", false, "read all files of both sides, and not only those that are copied")
		flags.Func("transfers", "move `N` storages at a time (default 4)", func(s string) (err error) {
			transfers, err = parseCount(s, 100)
			return err
		})
	})
	if err != nil {
		return 0, err
	}
	if c.base == "" || c.store == "" {
		return 0, usageError{fmt.Errorf("store %s needs -base and -store", word)}
	}
	if m.shared, err = c.openStores(ctx, nil); err != nil {
		return 0, usageError{err}
	}
	defer func() { err = errors.Join(err, m.shared.Close()) }()
	if m.base, err = c.open(nil); err != nil {
		return 0, usageError{err}
	}
	defer func() { err = errors.Join(err, m.base.Close()) }()
	if err := m.base.Claim(); err != nil {
		if m.export {
			return 0, usageError{fmt.Errorf("nothing can be put into a base directory that a server uses: %w", err)}
		}
		m.inUse = true
		fmt.Fprintln(stderr, "a server uses the base directory: what it changes meanwhile, and subscriptions, are for another run without it")
	}
	m.options.Notes = notes
	m.run(ctx, accounts, transfers)
	r := m.total
	fmt.Fprintf(stdout, "%d storages: %d entries, %d bytes; %d files copied, %d the same, %d verified; %d sidecars set, %d removed; %d failed\n",
		m.storages, r.Files, r.Bytes, r.Copied, r.Same, r.Verified, r.Sidecars, r.Removed, r.Failed+int64(m.failed))
	return int(r.Failed) + m.failed, ctx.Err()
}

// run moves some storages at a time, and tells now and then how far it is.
func (m *mover) run(ctx context.Context, accounts []string, transfers int) {
	ended := make(chan struct{})
	var telling, moving sync.WaitGroup
	telling.Go(func() {
		ticker := time.NewTicker(5 * time.Second)
		defer ticker.Stop()
		for {
			select {
			case <-ended:
				return
			case <-ticker.C:
				m.mu.Lock()
				fmt.Fprintf(m.stderr, "%d storages, %d entries, %d bytes, %d files copied\n", m.storages, m.total.Files, m.total.Bytes, m.total.Copied)
				m.mu.Unlock()
			}
		}
	})
	jobs := make(chan storage)
	for range transfers {
		moving.Go(func() {
			for s := range jobs {
				m.one(ctx, s)
			}
		})
	}
	for s, err := range m.all(ctx, accounts) {
		if err != nil {
			m.left(s.String(), err)
		} else if ctx.Err() == nil {
			jobs <- s
		}
	}
	close(jobs)
	moving.Wait()
	close(ended)
	telling.Wait()
}

// storage is that of an account, or a mount of a domain or of the server.
type storage struct{ account, domain, mount string }

func (s storage) String() string {
	return cmp.Or(s.account, s.mount+" of "+cmp.Or(s.domain, "the server"))
}

// all yields the storages of these accounts, or all that there are.
func (m *mover) all(ctx context.Context, accounts []string) iter.Seq2[storage, error] {
	return func(yield func(storage, error) bool) {
		for _, account := range accounts {
			a, err := m.base.Account(ctx, filestore.QualifyAccount(account, m.base.MainDomain()))
			if err == nil {
				account = a.Address
			}
			if !yield(storage{account: account}, err) {
				return
			}
		}
		if len(accounts) > 0 {
			return
		}
		for _, name := range mountNames[2:] {
			if !yield(storage{mount: name}, nil) {
				return
			}
		}
		for domain, err := range m.base.Domains(ctx) {
			for _, name := range mountNames[:2] {
				if !yield(storage{domain: domain, mount: name}, err) {
					return
				}
			}
			if err != nil {
				continue
			}
			for name, err := range m.base.Accounts(ctx, domain) {
				if !yield(storage{account: name + "@" + domain}, err) {
					return
				}
			}
		}
	}
}

// left tells of a storage that could not be moved.
func (m *mover) left(name string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.failed++
	fmt.Fprintf(m.stderr, "server: %s: %v\n", name, err)
}

// one moves one storage, if there is one.
func (m *mover) one(ctx context.Context, s storage) {
	shared, err := m.in(ctx, m.shared, s)
	if err != nil {
		m.left(s.String(), err)
		return
	}
	if m.export && isUnused(ctx, shared) {
		return
	}
	var from mirror.Source
	to := shared
	if m.inUse {
		var root *os.Root
		if root, err = m.root(ctx, s); err == nil {
			defer root.Close()
			from = mirror.NewDir(root)
		}
	} else {
		var local filestore.Store
		if local, err = m.in(ctx, m.base.Stores(), s); err == nil {
			if from = local; m.export {
				from, to = shared, local
			}
		}
	}
	if errors.Is(err, fs.ErrNotExist) && !m.export {
		return // nothing has been stored
	}
	if err != nil {
		m.left(s.String(), err)
		return
	}
	o := m.options
	o.Failed = func(name string, err error) {
		m.mu.Lock()
		defer m.mu.Unlock()
		fmt.Fprintf(m.stderr, "server: %s: %v\n", s, err)
	}
	before, err := to.Usage(ctx, filestore.Root)
	var result mirror.Result
	if err == nil {
		result, err = mirror.Run(ctx, from, to, &o)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if fresh := before == (filestore.Usage{}); err == nil && (o.Delete || fresh) && result.Failed == 0 && !m.inUse {
		err = agree(ctx, to, result)
	}
	if err != nil && ctx.Err() == nil {
		m.left(s.String(), err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.storages++
	m.total.Add(result)
}

// isUnused reports whether nothing has been stored, and nothing noted.
func isUnused(ctx context.Context, store filestore.Store) bool {
	for _, name := range notes {
		if text, err := store.(filestore.Notebook).Note(ctx, name); err != nil || len(text) > 0 {
			return false
		}
	}
	top, err := store.Stat(ctx, filestore.Root)
	return err == nil && top.ModTime().IsZero()
}

// agree checks that a target counts what was found in its source, and nothing else.
func agree(ctx context.Context, to filestore.Store, r mirror.Result) error {
	used, err := to.Usage(ctx, filestore.Root)
	if want := (filestore.Usage{Files: r.Files, Bytes: r.Bytes}); err == nil && used != want {
		err = fmt.Errorf("has %s, and should have %s", holds(used), holds(want))
	}
	return err
}

// in returns a storage that stores have.
func (m *mover) in(ctx context.Context, stores filestore.Stores, s storage) (filestore.Store, error) {
	if s.mount == "" {
		return stores.Store(ctx, s.account)
	}
	return stores.(filestore.Mounts).Mount(ctx, s.domain, s.mount)
}

// root opens the directory of a storage for reading.
func (m *mover) root(ctx context.Context, s storage) (*os.Root, error) {
	place, err := m.base.Mount(ctx, s.domain, s.mount)
	if s.mount == "" {
		place, err = m.base.Storage(ctx, s.account)
	}
	if err != nil {
		return nil, err
	}
	dir, err := filepath.EvalSymlinks(place.Dir)
	if err != nil {
		return nil, err
	}
	return os.OpenRoot(dir)
}
