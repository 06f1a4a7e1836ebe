package lending

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/dirstore"
	"github.com/cgpkit/cgpkit/internal/fresh"
	"github.com/cgpkit/cgpkit/internal/hostfile"
	"github.com/cgpkit/cgpkit/internal/lru"
)

// Places tells where storages are. It is asked for every request: it must be safe
// for concurrent use, and quick.
type Places interface {
	// Storage returns the place of the storage of the account with this real
	// address; fs.ErrNotExist: it can have none.
	Storage(ctx context.Context, account string) (Place, error)
	// Mount returns the place of what is mounted, as [filestore.Mounts] has it;
	// fs.ErrNotExist: nothing is.
	Mount(ctx context.Context, domain, name string) (Place, error)
}

// Place is where a storage is on this machine. Use field names.
type Place struct {
	// Dir is the absolute path of its directory. Links on the way are followed.
	Dir string
	// Create lets the directory be made, by the first file. Without it there is no
	// storage as long as the directory is missing.
	Create bool
	// Claim is the directory to lock before the storage is opened, so that no other
	// Stores, in whatever process, opens a storage with the same Claim. It stays
	// locked until Close. Empty: none. Where the system or the file system has no
	// locks, nothing is locked.
	Claim string
}

// Options are what New can do without. A nil *Options is the zero Options. Use field
// names: fields may be added.
type Options struct {
	// Open opens the storage whose directory is root. Unless create is set, a
	// directory that does not exist is not to be made. There is one Store for each
	// root at a time. One that is an [io.Closer] is closed when many others have been
	// used since and nobody uses it, when its account is gone, and by
	// [Stores.Close]; it is opened again when it is wanted. Another one stays as long
	// as the account exists. With it nothing is claimed.
	// nil: a [dirstore.Store] with the default options.
	Open func(root string, create bool) (filestore.Store, error)
	// Logger gets what cannot be opened or closed, and what the system refuses. nil:
	// nobody.
	Logger *slog.Logger
	// Now tells the time. nil: time.Now.
	Now func() time.Time
}

// keepOpen is how many storages are kept open, unless more are in use. One that is
// idle takes about 1 KiB and no open file.
const keepOpen = 8192

// keepFound is how many places are kept in mind, and twice as many at most.
const keepFound = 8192

// Stores lends the stores of local directories. Make one with [New]. It is safe for
// concurrent use.
type Stores struct {
	places Places
	loans  loans
	claims claims
	found  *lru.Map[Place, *fresh.Value[found]]
	log    *slog.Logger
	now    func() time.Time
}

var (
	_ filestore.Stores = (*Stores)(nil)
	_ filestore.Mounts = (*Stores)(nil)
)

// New returns the stores at places. Options may be nil.
func New(places Places, o *Options) *Stores {
	if o == nil {
		o = &Options{}
	}
	s := &Stores{
		places: places, found: lru.New[Place, *fresh.Value[found]](keepFound),
		log: o.Logger, now: o.Now,
		loans: loans{open: o.Open, room: keepOpen, byRoot: map[string]*storage{}},
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	if o.Open == nil {
		s.loans.open, s.loans.claim = openDirectory, s.claims.take
	}
	s.loans.log, s.loans.incidents.log, s.loans.incidents.now = s.log, s.log, s.now
	return s
}

func openDirectory(root string, create bool) (filestore.Store, error) {
	s, err := dirstore.Open(root, &dirstore.Options{NoCreate: !create})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Store implements [filestore.Stores]. A storage that cannot be opened is a fault,
// which is logged, once as long as it stays the same. What was found is taken as it
// is for a second. After Close a storage, or each call of it, gives fs.ErrClosed.
func (s *Stores) Store(ctx context.Context, account string) (filestore.Store, error) {
	at, err := s.places.Storage(ctx, account)
	if err != nil {
		return nil, err
	}
	store, err := s.at(ctx, at, account)
	switch {
	case err != nil: // opaque: a disk that is not there must not look like files that are not
		return nil, fmt.Errorf("open storage of %s: %w", account, err)
	case store == nil:
		return nil, fs.ErrNotExist
	}
	return store, nil
}

// Mount implements [filestore.Mounts].
func (s *Stores) Mount(ctx context.Context, domain, name string) (filestore.Store, error) {
	at, err := s.places.Mount(ctx, domain, name)
	if err != nil {
		return nil, err
	}
	f := s.look(ctx, at, found{}, s.log.With("name", name)) // few ask, so anew each time
	switch {
	case f.err != nil:
		return nil, fmt.Errorf("open mount: %w", f.err)
	case f.store == nil:
		return nil, fs.ErrNotExist
	}
	return f.store, nil
}

// found is a storage as it was found on disk.
type found struct {
	store filestore.Store // nil: no storage
	root  string
	err   error
}

// at returns the store at the place of an account; nil if there is no storage.
func (s *Stores) at(ctx context.Context, p Place, account string) (filestore.Store, error) {
	known, ok := s.found.Get(p)
	if !ok {
		known = s.found.Add(p, &fresh.Value[found]{})
	}
	now := s.now()
	f, ok := known.Load(now)
	if !ok {
		f = known.Renew(now, func(old found) found { return s.look(ctx, p, old, s.log.With("account", account)) })
	}
	return f.store, f.err
}

// look finds the storage of a place, and logs an error that is not the old one.
func (s *Stores) look(ctx context.Context, p Place, old found, log *slog.Logger) found {
	f := s.find(p)
	f.err = s.loans.incidents.report(p.Dir, filestore.HostError(f.err))
	again := old.err != nil && f.err != nil && old.err.Error() == f.err.Error()
	if f.err != nil && filestore.HostKind(f.err) == nil && !again {
		log.ErrorContext(ctx, "storage cannot be opened", "err", f.err)
	}
	return f
}

// find looks for the storage of a place. Links are followed, so that two accounts
// whose storages are links to one directory have one Store.
func (s *Stores) find(p Place) found {
	root, err := hostfile.Resolve(p.Dir)
	switch {
	case !p.Create && (errors.Is(err, fs.ErrNotExist) || err == nil && !isDirectory(root)):
		return found{}
	case err != nil:
		return found{err: hostfile.WithoutPath(err)}
	}
	store, err := s.loans.storeAt(root, p.Create, p.Claim)
	return found{store, root, err}
}

func isDirectory(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// Forget closes the store of a place whose account is gone: one of the same name may
// come, and what is known of the old storage would be wrong. Uploads into it end with
// an error. A directory that is still there belongs to another account as well, and
// stays open.
func (s *Stores) Forget(p Place) error {
	known, ok := s.found.Get(p)
	if !ok {
		return nil
	}
	return s.loans.forget(known.Last().root)
}

// Claim locks a directory now, as [Place].Claim tells. The error tells that somebody
// else has it, or that it cannot be opened; after Close it is fs.ErrClosed. With
// [Options].Open it does nothing.
func (s *Stores) Claim(dir string) error {
	if s.loans.claim == nil {
		return nil
	}
	return s.claims.take(dir)
}

// Close closes all stores, and unlocks what was claimed. Call it when nothing uses
// them any more, at the end of the program: what they hold then need not be counted
// again. The error names all that could not be closed; nothing that users stored is
// lost by that.
func (s *Stores) Close() error {
	err := s.loans.close()
	s.claims.release()
	return err
}
