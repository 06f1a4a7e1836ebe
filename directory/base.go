package directory

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/directory/passwords"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/dirstore/lending"
	"github.com/cgpkit/cgpkit/freebusy/publisher"
	"github.com/cgpkit/cgpkit/internal/hostfile"
	"github.com/cgpkit/cgpkit/internal/lru"
)

// Options are what the base directory itself does not tell. A nil *Options is
// the zero Options. Use field names: fields may be added.
type Options struct {
	// Routes give whole hosts to accounts. See [ParseRoute].
	Routes []Route
	// DomainAliases maps other names to names of domains. See [ParseDomainAlias].
	DomainAliases map[string]string
	// DomainIPs maps addresses of this machine to domains. See [ParseDomainIP].
	DomainIPs map[netip.Addr]string
	// TrustPages names the domains whose accounts are trusted with pages that
	// run scripts in the origin of the server. Their aliases count for nothing.
	TrustPages []string
	// UnmarkedClear takes a stored password that carries no mark for clear
	// text, even where PasswordEncryption names a method. It may be a hash of an
	// unknown form, which then is its own password.
	UnmarkedClear bool
	// Crypt checks crypt(3) hashes: set it to crypt.Match of the package
	// directory/passwords/crypt, which brings the libraries for them. Others may be
	// known as well, as those of extended DES; see [passwords.Options]. nil: nobody can
	// log in to accounts with such hashes, which is logged for each.
	Crypt func(stored string) (match func(password string) bool)
	// Verify checks stored passwords of forms that neither UnmarkedClear nor Crypt is
	// for; see [passwords.Options]. stored is the setting Password as it stands in the
	// file, marks included. nil: such accounts cannot log in.
	Verify func(ctx context.Context, account, stored, password string) (bool, error)
	// Calendars finds the mailbox with this name of a multi-mailbox account whose files
	// are in dir: set it to calendars.Find of the package directory/calendars, which
	// brings a library for messages. Of what it returns State, Changed and Read count.
	// It must be safe for concurrent use. nil: no file freebusy.vfb is made.
	Calendars func(dir, name string) (publisher.Calendar, error)
	// ClusterDir holds the directories WebSkins and PBXApp of a Cluster. Empty:
	// there is none. One Base at a time may have these open; see [Base.Claim].
	ClusterDir string
	// TimeZone is the time zone of the server, which HostOS means, and of owners of
	// calendars who have no preference TimeZone, for times without a zone and for whole
	// days. nil: time.Local.
	TimeZone *time.Location
	// OpenStore opens the storage of an account, or what is mounted into storages, in
	// its directory: see [lending.Options].Open. nil: a dirstore.Store with the
	// default options.
	OpenStore func(root string, create bool) (filestore.Store, error)
	// Stores are what keeps the files of the accounts, if these are not in the base
	// directory; OpenStore and ClusterDir count for nothing then. nil: the
	// directories of CommuniGate Pro, of which the Base lends the stores.
	Stores filestore.Stores
	// Logger gets what is wrong with files, and logins that fail. nil: nobody.
	Logger *slog.Logger
	// Now tells the time. nil: time.Now.
	Now func() time.Time
}

// How much is kept in memory, at least, and twice as much at most: accounts and
// domains, those looked for in vain included, and files of server settings.
const (
	keepAccounts = 8192
	keepDomains  = 1024
	keepModules  = 64
)

// Base is a base directory. It is safe for concurrent use. It lends the stores of the
// storages in it. A storage must have no second one, so one Base at a time may have the
// storages of a directory open; see [Base.Claim].
type Base struct {
	dir           string
	now           func() time.Time
	log           *slog.Logger
	unmarkedClear bool
	hosts         hosts

	main     *domain
	defaults *watched[settings] // Settings/DomainDefault.settings
	modules  *lru.Map[string, *watched[cgpdata.Value]]
	http     *watched[HTTPSettings]
	domains  *lru.Map[string, *domain] // by the names of their directories
	// domainNames are the names of domains in lower case, and of their
	// directories, where these are not in lower case.
	domainNames *watched[map[string]string]
	accounts    *lru.Map[accountKey, *account]
	lending     *lending.Stores      // nil: the files are elsewhere
	elsewhere   filestore.Stores     // nil: they are not
	publisher   *publisher.Publisher // nil: nothing reads calendars

	clusterDir string

	passwords *passwords.Verifier
}

var _ filestore.Directory = (*Base)(nil)

// Open opens the base directory dir. It reads the settings of the server and
// nothing of the domains and accounts.
//
// The error is one line for the administrator, with the path, and with line and column
// where a syntax is broken. dir does not exist or is not a directory;
// Settings/Main.settings is missing or has no DomainName; it or
// Settings/DomainDefault.settings cannot be read; or an option holds what is no name.
//
// The name of the Main Domain is read once.
func Open(dir string, o *Options) (*Base, error) {
	if o == nil {
		o = &Options{}
	}
	b, err := open(dir, o)
	if err != nil {
		return nil, fmt.Errorf("open base directory %s: %w", dir, err)
	}
	return b, nil
}

func open(dir string, o *Options) (*Base, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(dir); err != nil {
		return nil, hostfile.WithoutPath(err)
	} else if !info.IsDir() {
		return nil, filestore.ErrNotDirectory
	}
	cluster := o.ClusterDir
	if cluster != "" {
		if cluster, err = filepath.Abs(cluster); err != nil {
			return nil, err
		}
	}
	b := &Base{
		dir:           dir,
		now:           o.Now,
		log:           o.Logger,
		unmarkedClear: o.UnmarkedClear,
		clusterDir:    cluster,
		modules:       lru.New[string, *watched[cgpdata.Value]](keepModules),
		domains:       lru.New[string, *domain](keepDomains),
		accounts:      lru.New[accountKey, *account](keepAccounts),
		elsewhere:     o.Stores,
	}
	if b.now == nil {
		b.now = time.Now
	}
	if b.log == nil {
		b.log = slog.New(slog.DiscardHandler)
	}
	b.passwords = passwords.New(&passwords.Options{Crypt: o.Crypt, Verify: o.Verify, Logger: b.log, Now: b.now})
	if o.Stores == nil {
		b.lending = lending.New(b, &lending.Options{Open: o.OpenStore, Logger: b.log, Now: b.now})
	}
	zone := o.TimeZone
	if zone == nil {
		zone = time.Local
	}
	if o.Calendars != nil {
		b.publisher = publisher.New(calendars{b, zone, o.Calendars}, &publisher.Options{Logger: b.log, Now: b.now})
	}
	name, err := b.readMain()
	if err != nil {
		return nil, err
	}
	b.main = b.newDomain(name, "Accounts")
	b.domainNames = watch(b, readDomainNames, "Domains")
	b.http = watch(b, readHTTPSettings, "Settings", "HTTPU.settings")
	b.defaults = watch(b, readDomainSettings, "Settings", "DomainDefault.settings")
	if _, err := b.defaults.get(b.now()); err != nil {
		return nil, fileError("Settings/DomainDefault.settings", err)
	}
	if b.hosts, err = newHosts(o); err != nil {
		return nil, err
	}
	return b, nil
}

// readMain returns the name of the Main Domain.
func (b *Base) readMain() (string, error) {
	const file = "Settings/Main.settings"
	path := filepath.Join(b.dir, "Settings", "Main.settings")
	v, err := readDictionary(path, b.logFor(path))
	if err != nil {
		return "", fileError(file, err)
	}
	name, ok := v.Get("DomainName")
	if !ok {
		return "", errors.New(file + " has no DomainName")
	}
	domain := strings.ToLower(name.Text())
	if !validDomain(domain) {
		return "", fmt.Errorf("%s: %s is no name of a domain", file, clip(name.String()))
	}
	return domain, nil
}

// watch returns the file of the base directory whose path has these elements.
func watch[T any](b *Base, read func(string, *slog.Logger) (T, error), elem ...string) *watched[T] {
	path := filepath.Join(append([]string{b.dir}, elem...)...)
	return &watched[T]{path: path, log: b.logFor(path), read: read}
}

// logFor returns a logger for what is wrong with a file.
func (b *Base) logFor(path string) *slog.Logger { return b.log.With("file", b.relative(path)) }

// relative returns path as seen from the base directory.
func (b *Base) relative(path string) string {
	if rel, err := filepath.Rel(b.dir, path); err == nil {
		return filepath.ToSlash(rel)
	}
	return filepath.Base(path)
}

// MainDomain returns the name of the Main Domain, in lower case.
func (b *Base) MainDomain() string { return b.main.name }

// Domains yields the names of the domains in lower case, the Main Domain first,
// then those in the directory Domains, sorted as they stand there; one name comes
// once. A directory there whose name is no name of a domain yields an error, and
// so does a directory Domains that cannot be read; the walk goes on. It is for
// reports: nothing is kept in memory.
func (b *Base) Domains(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if !yield(b.main.name, nil) {
			return
		}
		dir := filepath.Join(b.dir, "Domains")
		entries, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !yield("", fileError("Domains", err)) {
			return
		}
		seen := map[string]struct{}{b.main.name: {}}
		for _, e := range entries {
			name, err := strings.ToLower(e.Name()), ctx.Err()
			_, again := seen[name]
			switch {
			case err != nil:
				yield("", err)
				return
			case again || !isDirectory(filepath.Join(dir, e.Name())):
				continue
			case !validDomain(name):
				name, err = "", fmt.Errorf("directory %q in Domains: no name of a domain", e.Name())
			default:
				seen[name] = struct{}{}
			}
			if !yield(name, err) {
				return
			}
		}
	}
}

// ServerSettings returns the settings of a module of the server, such as HTTPU:
// the content of HTTPU.settings in the directory Settings, or an empty Dictionary
// if there is none. A name that is not made of letters, digits, - and _ gives
// fs.ErrInvalid. A file that cannot be read gives an error with its name, and
// with line and column if it is its syntax that is broken.
func (b *Base) ServerSettings(name string) (cgpdata.Value, error) {
	if !validModule(name) {
		return cgpdata.Value{}, fmt.Errorf("read server settings: %w", fs.ErrInvalid)
	}
	w := b.serverSettings(name)
	v, err := w.get(b.now())
	if err != nil {
		return cgpdata.Value{}, fmt.Errorf("read server settings: %w", fileError(b.relative(w.path), err))
	}
	if v.Kind() != cgpdata.KindDictionary { // no such file
		return cgpdata.Dictionary(), nil
	}
	return v, nil
}

// serverSettings needs a valid name.
func (b *Base) serverSettings(name string) *watched[cgpdata.Value] {
	if w, ok := b.modules.Get(name); ok {
		return w
	}
	return b.modules.Add(name, watch(b, readDictionary, "Settings", name+".settings"))
}

// validModule reports whether name is a file name without surprises.
func validModule(name string) bool {
	if name == "" || len(name) > maxName-len(".settings") {
		return false
	}
	for i := range len(name) {
		switch c := name[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}
