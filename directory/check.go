package directory

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"log/slog"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/internal/hostfile"
)

// Finding is one thing that [Base.Check] found.
type Finding struct {
	// Path is the file, relative to the base directory, with slashes; or the
	// option, such as Routes[www.client1.com]. It may hold any bytes.
	Path string
	// Text tells what is wrong. Names of files in it are quoted.
	Text string
}

// String returns the finding as one line, PATH: text. What cannot be printed is
// escaped as in Go, and so is a backslash in a path.
func (f Finding) String() string {
	return inPath.Replace(quoted(f.Path)) + ": " + inText.Replace(quoted(f.Text))
}

func quoted(s string) string {
	s = strconv.Quote(s)
	return s[1 : len(s)-1]
}

// What strconv.Quote escapes without need.
var (
	inPath = strings.NewReplacer(`\\`, `\\`, `\"`, `"`)
	inText = strings.NewReplacer(`\\`, `\`, `\"`, `"`)
)

// Storage is where the files of an account stand, for [Base.Check].
type Storage struct {
	Dir    string           // on the host; it may be missing
	Path   string           // the same as in a [Finding]
	Create bool             // a missing one is made for the first file
	Limits filestore.Limits // of the account
}

// Check goes through the whole base directory and yields what an administrator
// ought to know, in the same order whenever the same is found:
//
//   - settings, rights and aliases that cannot be read, as files or in parts;
//   - names of domains and accounts that are none, or hidden by others;
//   - aliases and rights of accounts that do not exist; options that lead nowhere;
//   - accounts that nobody can log in to, since nothing can check their passwords,
//     and at the end how many there are and what can be done;
//   - storages without an account, and what storage finds in the others: it is for
//     check.Storage of the package below this one, which looks for faults in them. With
//     nil nobody looks.
//
// It changes nothing: it opens files for reading only, and no Store. A server may
// run meanwhile; what comes and goes while Check looks at it may be missed.
// Links are followed as everywhere. When ctx ends so does the walk.
//
// Source: our choice.
func (b *Base) Check(ctx context.Context, storage func(context.Context, Storage) iter.Seq[Finding]) iter.Seq[Finding] {
	return func(yield func(Finding) bool) {
		c := &checker{Base: b, now: b.now(), yield: yield, storage: storage}
		c.server(ctx)
		c.options(ctx)
		c.domain(ctx, b.main)
		c.domainDirs(ctx)
		if c.unchecked > 0 && !c.done(ctx) {
			c.report(".", "%d accounts whose passwords cannot be checked: set them anew while PasswordEncryption is clear or U-crpt, "+
				"or, if they are clear text without a mark, use UnmarkedClear (-unmarked-clear), or Verify in a program of your own", c.unchecked)
		}
	}
}

// checker is one run of Check.
type checker struct {
	*Base
	now     time.Time
	yield   func(Finding) bool
	stopped bool // yield wants no more
	// unchecked is how many accounts have passwords that nothing can check.
	unchecked int
	storage   func(context.Context, Storage) iter.Seq[Finding] // nil: nobody looks into them
}

func (c *checker) report(path, format string, args ...any) {
	if !c.stopped {
		c.stopped = !c.yield(Finding{path, fmt.Sprintf(format, args...)})
	}
}

// done reports whether the walk is to end.
func (c *checker) done(ctx context.Context) bool { return c.stopped || ctx.Err() != nil }

// checkFile reads a file as the Base does, and reports what that would log. The
// error is nil for a file that does not exist.
func checkFile[T any](c *checker, read func(string, *slog.Logger) (T, error), path string) (T, error) {
	file := c.relative(path)
	v, err := read(path, slog.New(findings{c, file}))
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Lstat(path); err != nil {
			return v, nil
		}
		err = errDangling
	}
	if err != nil {
		c.report(file, "cannot be read: %v", withoutKeys(hostfile.WithoutPath(err)))
	}
	return v, err
}

// findings is a log whose records are findings about a file.
type findings struct {
	c    *checker
	file string
}

func (f findings) Enabled(context.Context, slog.Level) bool { return true }
func (f findings) WithAttrs([]slog.Attr) slog.Handler       { return f }
func (f findings) WithGroup(string) slog.Handler            { return f }

func (f findings) Handle(_ context.Context, r slog.Record) error {
	text, between := r.Message, ": "
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "err" {
			text, between = text+": "+a.Value.String(), ", "
			return true
		}
		text, between = text+between+a.Key+" "+a.Value.String(), ", "
		return true
	})
	f.c.report(f.file, "%s", text)
	return nil
}

// entries returns what is in a directory, sorted; nothing if it does not exist.
func (c *checker) entries(dir string) []fs.DirEntry {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		c.report(c.relative(dir), "cannot be read: %v", hostfile.WithoutPath(err))
	}
	return entries
}

// server looks at the settings of the server.
func (c *checker) server(ctx context.Context) {
	for _, e := range c.entries(filepath.Join(c.dir, "Settings")) {
		path := filepath.Join(c.dir, "Settings", e.Name())
		switch {
		case c.done(ctx):
			return
		case e.Name() == "DomainDefault.settings":
			_, _ = checkFile(c, readDomainSettings, path)
		case e.Name() == "HTTPU.settings":
			_, _ = checkFile(c, readHTTPSettings, path)
		case strings.HasSuffix(e.Name(), ".settings"):
			_, _ = checkFile(c, readPreferences, path)
		}
	}
}

// readPreferences reads a file that holds settings of no special kind.
func readPreferences(path string, log *slog.Logger) (map[string]cgpdata.Value, error) {
	v, err := readDictionary(path, log)
	if err != nil {
		return nil, err
	}
	return readable(v, log), nil
}

// options looks at what the Options lead to.
func (c *checker) options(ctx context.Context) {
	for _, host := range slices.Sorted(maps.Keys(c.hosts.routes.exact)) {
		path, account := "Routes["+host+"]", c.hosts.routes.exact[host]
		if c.domainNamed(host, c.now) != nil {
			c.report(path, "there is a domain of this name: the route does nothing")
		}
		if _, _, err := c.find(ctx, account); errors.Is(err, fs.ErrNotExist) {
			c.report(path, "account %q does not exist", account)
		}
	}
	for _, r := range c.hosts.routes.patterns {
		path := "Routes[" + r.Host + "]"
		name, domain, _ := strings.Cut(r.Account, "@")
		if _, _, err := c.find(ctx, r.Account); !strings.Contains(r.Account, "*") && errors.Is(err, fs.ErrNotExist) {
			c.report(path, "account %q does not exist", r.Account)
		} else if strings.Contains(name, "*") && c.domainNamed(domain, c.now) == nil {
			c.report(path, "domain %q does not exist", domain)
		}
	}
	for _, alias := range slices.Sorted(maps.Keys(c.hosts.aliases)) {
		path, domain := "DomainAliases["+alias+"]", c.hosts.aliases[alias]
		if c.realDomain(alias, c.now) != nil {
			c.report(path, "there is a domain of this name: the alias does nothing")
		}
		if c.realDomain(domain, c.now) == nil {
			c.report(path, "domain %q does not exist", domain)
		}
	}
	for _, ip := range slices.SortedFunc(maps.Keys(c.hosts.ips), netip.Addr.Compare) {
		if domain := c.hosts.ips[ip]; c.domainNamed(domain, c.now) == nil {
			c.report("DomainIPs["+ip.String()+"]", "domain %q does not exist", domain)
		}
	}
	for _, domain := range slices.Sorted(maps.Keys(c.hosts.trusted)) {
		if c.realDomain(domain, c.now) == nil { // the other names of a domain do nothing
			c.report("TrustPages["+domain+"]", "domain does not exist")
		}
	}
}

// domainDirs looks at all domains but the Main Domain.
func (c *checker) domainDirs(ctx context.Context) {
	dir := filepath.Join(c.dir, "Domains")
	for _, e := range c.entries(dir) {
		path := filepath.Join(dir, e.Name())
		if c.done(ctx) {
			return
		}
		if !isDirectory(path) {
			continue
		}
		name := strings.ToLower(e.Name())
		if !validDomain(name) {
			c.report(c.relative(path), "no name of a domain: it cannot be found")
			continue
		}
		switch d := c.realDomain(name, c.now); {
		case d == nil: // gone meanwhile
		case !samePlace(d.dir, path):
			c.report(c.relative(path), "hidden by %q, which has the same name", c.relative(d.dir))
		default:
			c.domain(ctx, d)
		}
	}
}

// samePlace reports whether two paths are of one thing: where letter case does not
// matter to the file system they may differ in it.
func samePlace(a, b string) bool {
	if a == b {
		return true
	}
	x, err := os.Stat(a)
	y, errB := os.Stat(b)
	return err == nil && errB == nil && os.SameFile(x, y)
}

// domain looks at a domain and its accounts.
func (c *checker) domain(ctx context.Context, d *domain) {
	s, err := checkFile(c, readDomainSettings, d.settings.path)
	aliases, _ := checkFile(c, readAliases, d.aliases.path)
	for _, alias := range slices.Sorted(maps.Keys(aliases)) {
		if c.locate(d, alias, c.now) != nil {
			c.report(c.relative(d.aliases.path), "alias %q: there is an account of this name", alias)
		} else if account := aliases[alias]; c.locate(d, account, c.now) == nil {
			c.report(c.relative(d.aliases.path), "alias %q: account %q does not exist", alias, account)
		}
	}
	rights, _ := checkFile(c, d.rights.read, d.rights.path)
	for _, account := range slices.Sorted(maps.Keys(rights)) {
		if c.locate(d, account, c.now) == nil {
			c.report(c.relative(d.rights.path), "rights of %q: the account does not exist", account)
		}
	}
	var folders []string
	for dir := range d.folders.walk(c.now) {
		folders = append(folders, dir)
	}
	defaults := level{s.accounts, err}
	for _, dir := range folders {
		for _, e := range c.entries(dir) {
			if c.done(ctx) {
				return
			}
			c.entry(ctx, d, defaults, folders, filepath.Join(dir, e.Name()))
		}
	}
}

// entry looks at something in a directory where accounts stand: the domain's own
// or one of folders.
func (c *checker) entry(ctx context.Context, d *domain, defaults level, folders []string, path string) {
	dir, last := filepath.Split(path)
	if stored, ok := accountOf(last); ok {
		name := strings.ToLower(stored)
		found, here := c.locate(d, name, c.now), c.placeIn(dir, stored)
		switch {
		case here == nil:
			c.report(c.relative(path), "not what its name says: it is no account")
		case here.proof != path: // another file of the same account
		case !validAccount(name):
			c.report(c.relative(path), "no name of an account: it cannot be found")
		case found != nil && !samePlace(found.proof, path):
			c.report(c.relative(path), "hidden by %q, which has the same name", c.relative(found.proof))
		default:
			c.account(ctx, defaults, here)
		}
		return
	}
	name, web := strings.CutSuffix(last, ".web")
	switch ext := filepath.Ext(last); {
	case web && name != "" && isDirectory(path) && c.placeIn(dir, name) == nil:
		c.report(c.relative(path), "storage without an account")
	case (ext == ".sub" || ext == ".mnt") && isDirectory(path) && !slices.Contains(folders, path):
		c.report(c.relative(path), "accounts are not looked for in here")
	}
}

// account looks at an account, and has its storage looked at.
func (c *checker) account(ctx context.Context, defaults level, p *place) {
	own, err := checkFile(c, readAccountSettings, p.settings.path)
	_, _ = checkFile(c, readPreferences, p.prefs.path)
	server, serverErr := c.defaults.get(c.now)
	levels := []level{{own.own, err}, defaults, {server.accounts, serverErr}}
	if reason := c.passwords.Unchecked(c.passwordOf(levels)); reason != "" {
		c.report(c.relative(p.settings.path), "nobody can log in: %s", reason)
		c.unchecked++
	}
	if c.storage == nil {
		return
	}
	at := Storage{Dir: p.web, Path: c.relative(p.web), Create: p.create, Limits: limitsOf(levels)}
	for finding := range c.storage(ctx, at) {
		if c.stopped = c.stopped || !c.yield(finding); c.stopped {
			return
		}
	}
}
