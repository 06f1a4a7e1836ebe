package directory

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/cgpdata"
)

// place is where an account stands on disk.
type place struct {
	proof     string // is there as long as the account is
	web       string // the directory of its storage
	create    bool   // whether that may be made
	mailboxes string // the directory of its mailboxes; "" if it has but one
	settings  *watched[settings]
	info      *watched[map[string]cgpdata.Value] // the preferences in it
	prefs     *watched[map[string]cgpdata.Value]
}

// placeIn returns the place of an account whose files are directly in dir; nil
// if they are not (CommuniGate Pro Guide, Account Data). A multi-mailbox account
// is a directory; a single-mailbox account is a mailbox file or a settings file,
// with a storage only if somebody has made one.
func (b *Base) placeIn(dir, name string) *place {
	path := filepath.Join(dir, name)
	account := func(proof, prefix string, create bool) *place {
		file := prefix + ".settings"
		return &place{
			proof: proof, web: prefix + ".web", create: create,
			settings: &watched[settings]{path: file, log: b.logFor(file), read: readAccountSettings},
			info:     &watched[map[string]cgpdata.Value]{path: prefix + ".info", log: b.logFor(prefix + ".info"), read: readViewer},
			prefs:    &watched[map[string]cgpdata.Value]{path: prefix + ".prefs", log: b.logFor(prefix + ".prefs"), read: readPrefs},
		}
	}
	switch {
	case len(name)+len(".settings") > maxName: // no file system has such a name
		return nil
	case isDirectory(path + ".macnt"):
		p := account(path+".macnt", filepath.Join(path+".macnt", "account"), true)
		p.mailboxes = path + ".macnt"
		return p
	case isFile(path + ".settings"):
		return account(path+".settings", path, false)
	}
	for _, suffix := range mailboxes {
		if isMailbox(path + suffix) {
			return account(path+suffix, path, false)
		}
	}
	return nil
}

// mailboxes are the forms of the one mailbox of a single-mailbox account: a text
// file, a directory of messages, a sliced one.
var mailboxes = [...]string{".mbox", ".mdir", ".mslc"}

func isMailbox(path string) bool {
	switch filepath.Ext(path) {
	case ".mbox":
		return isFile(path)
	case ".mdir":
		return isDirectory(path)
	}
	return isFile(path) || isDirectory(path)
}

// locate looks for an account of d on disk: in the directory of the domain, in
// the two directories where a hashed layout puts it, then in all others, and in
// all of them by its name in other letter case.
func (b *Base) locate(d *domain, name string, now time.Time) *place {
	if p := b.placeIn(d.dir, name); p != nil {
		return p
	}
	if len(name) >= 2 && name[0] < 0x80 && name[1] < 0x80 {
		first := filepath.Join(d.dir, name[:1]+".sub")
		for _, dir := range []string{first, filepath.Join(first, name[1:2]+".sub")} {
			if p := b.placeIn(dir, name); p != nil {
				return p
			}
		}
	}
	for dir, names := range d.folders.walk(now) {
		if stored, ok := names[name]; ok {
			if p := b.placeIn(dir, stored); p != nil {
				return p
			}
		}
	}
	return nil
}

// A folder is a directory below that of a domain where accounts may stand as
// well: *.sub, *.sub/*.sub and *.mnt. Its listing is kept in memory, so that
// looking for an account that does not exist costs little. The top folder is
// the directory of the domain itself; of its accounts only those are listed
// whose names are not in lower case, as the server writes them.
type folder struct {
	path string
	list *watched[listing]
}

type listing struct {
	names  map[string]string // of the accounts in lower case -> as it stands on disk
	subs   []*folder
	mounts []*folder
}

type depth uint8

const (
	top depth = iota
	outer
	inner
)

func (b *Base) newFolder(path string, at depth) *folder {
	read := func(path string, _ *slog.Logger) (listing, error) {
		entries, err := os.ReadDir(path)
		l := listing{names: map[string]string{}}
		for _, e := range entries {
			name := e.Name()
			sub, mount := strings.HasSuffix(name, ".sub"), strings.HasSuffix(name, ".mnt")
			switch account, ok := accountOf(name); {
			case ok && (at != top || account != strings.ToLower(account)):
				addFolded(l.names, account)
			case !isDirectory(filepath.Join(path, name)):
			case sub && at == top:
				l.subs = append(l.subs, b.newFolder(filepath.Join(path, name), outer))
			case sub && at == outer:
				l.subs = append(l.subs, b.newFolder(filepath.Join(path, name), inner))
			case mount && at == top:
				l.mounts = append(l.mounts, b.newFolder(filepath.Join(path, name), inner))
			}
		}
		return l, err
	}
	return &folder{path: path, list: &watched[listing]{path: path, log: b.logFor(path), read: read}}
}

// addFolded adds a name under its form in lower case. Of several names the one
// that is in lower case counts, else the first.
func addFolded(names map[string]string, name string) {
	lower := strings.ToLower(name)
	if _, ok := names[lower]; !ok || lower == name {
		names[lower] = name
	}
}

// walk yields the paths of f and of the folders below it, and the accounts in
// each: first *.sub, then *.sub/*.sub, then *.mnt.
func (f *folder) walk(now time.Time) iter.Seq2[string, map[string]string] {
	return func(yield func(string, map[string]string) bool) {
		list, _ := f.list.get(now) // the error has been logged
		if !yield(f.path, list.names) {
			return
		}
		folders := slices.Clone(list.subs)
		for _, sub := range list.subs {
			inside, _ := sub.list.get(now)
			folders = append(folders, inside.subs...)
		}
		for _, next := range append(folders, list.mounts...) {
			if inside, _ := next.list.get(now); !yield(next.path, inside.names) {
				return
			}
		}
	}
}

// accountOf returns the account that an entry of a directory belongs to.
func accountOf(entry string) (name string, ok bool) {
	for _, suffix := range append([]string{".macnt", ".settings"}, mailboxes[:]...) {
		if name, ok := strings.CutSuffix(entry, suffix); ok && name != "" {
			return name, true
		}
	}
	return "", false
}

// Accounts yields the names of the accounts of a domain, without the domain, in
// lower case; "" is the Main Domain. They come folder by folder, sorted as they
// stand on disk within each; one name comes once. An account that can never be
// found, since its name is none, yields an error, and so does a folder that
// cannot be read; the walk goes on. A domain that does not exist yields
// fs.ErrNotExist. It is for reports: it reads all folders, and nothing is kept in
// memory.
func (b *Base) Accounts(ctx context.Context, domain string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for at, err := range b.walkAccounts(ctx, domain) {
			name := ""
			if err == nil {
				name = strings.ToLower(at.stored)
			}
			if !yield(name, err) {
				return
			}
		}
	}
}

// storedAccount is an account as it stands on disk.
type storedAccount struct{ dir, stored string }

// walkAccounts yields the accounts of a domain, each once.
func (b *Base) walkAccounts(ctx context.Context, domain string) iter.Seq2[storedAccount, error] {
	return func(yield func(storedAccount, error) bool) {
		d, now, err := b.findDomain(ctx, domain)
		if err != nil {
			yield(storedAccount{}, err)
			return
		}
		seen := map[string]struct{}{}
		for dir := range d.folders.walk(now) {
			for stored, err := range b.accountsIn(dir) {
				name := strings.ToLower(stored)
				if err == nil && !validAccount(name) {
					name, err = "", fmt.Errorf("%s: %q is no name of an account", b.relative(dir), stored)
				}
				if _, ok := seen[name]; ok && err == nil {
					continue
				}
				if ctx.Err() != nil {
					yield(storedAccount{}, ctx.Err())
					return
				}
				seen[name] = struct{}{}
				if !yield(storedAccount{dir, stored}, err) {
					return
				}
			}
		}
	}
}

// accountsIn yields the accounts directly in dir, some of them twice, by their
// names on disk.
func (b *Base) accountsIn(dir string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		entries, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !yield("", fileError(b.relative(dir), err)) {
			return
		}
		for _, e := range entries {
			name, ok := accountOf(e.Name())
			if ok && b.placeIn(dir, name) != nil && !yield(name, nil) {
				return
			}
		}
	}
}
