package filestore_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/dirstore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/internal/fixture"
	"github.com/cgpkit/cgpkit/meta"
)

const (
	owner   = "john@client1.com"
	missing = "nobody@client1.com"
	off     = "off@client1.com"
)

// callers, by the names that the expectations use.
var callers = map[string]filestore.Caller{
	"stranger":      {},
	"other":         {Account: "mary@client1.com"},
	"other domain":  {Account: "ann@client2.com"},
	"foreign admin": {Account: "boss@client2.com"},
	"owner":         {Account: owner},
	"admin":         {Account: "admin@client1.com"},
	"limited":       {Account: "mary@client1.com", Limited: true},
	"limited owner": {Account: owner, Limited: true},
	"limited admin": {Account: "admin@client1.com", Limited: true},
}

// house is the fixture with what every test here expects in john's storage.
func house(t *testing.T) *fixture.Directory {
	t.Helper()
	d := fixture.New(func() filestore.Store { return memstore.New() })
	for name, content := range map[string]string{
		"public.txt":              "public",
		"public.txt.meta":         "<meta><note>n</note></meta>",
		"dir/page.html":           "page",
		"dir/private/open.txt":    "only the top-level name protects",
		"private2/open.txt":       "a prefix protects nothing",
		"private/secret.txt":      "secret",
		"private/secret.txt.meta": "<meta><accessPwd><key>filekey</key></accessPwd></meta>",
		"private/dir/deep.txt":    "deep",
		"private/dir.meta":        "<meta><accessPwd><key>dirkey</key></accessPwd></meta>",
		"private.meta":            "<meta><accessPwd><key>rootkey</key></accessPwd></meta>",
		"public.meta":             "<meta><accessPwd><key>outside</key></accessPwd></meta>",
		"PRIVATE/found.txt":       "found on disk",
		"old.META":                "found on disk",
		"index.wssp":              "found on disk",
		"~tmp":                    "found on disk",
		"$DomainSkins/x":          "found on disk",
		"protected/real.txt":      "a real directory of this name",
	} {
		d.Write(t, owner, name, content)
	}
	d.Write(t, off, "public.txt", "public")
	d.Write(t, off, "private/secret.txt", "secret")
	return d
}

// outcome names what came out of an operation, as the tables below do.
func outcome(err error) string {
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, filestore.ErrReserved):
		return "reserved"
	case errors.Is(err, fs.ErrPermission):
		return "refused"
	case errors.Is(err, fs.ErrNotExist):
		return "not there"
	}
	return err.Error()
}

// operations on one name; those that change undo nothing, so that each runs on
// a house of its own.
var operations = map[string]func(ctx context.Context, v *filestore.View, name string) error{
	"stat": func(ctx context.Context, v *filestore.View, name string) error {
		_, err := v.Stat(ctx, name)
		return err
	},
	"read": func(ctx context.Context, v *filestore.View, name string) error {
		f, err := v.Open(ctx, name)
		if err != nil {
			return err
		}
		return f.Close()
	},
	"create": func(ctx context.Context, v *filestore.View, name string) error {
		u, err := v.Create(ctx, name, filestore.CreateOptions{})
		if err != nil {
			return err
		}
		_, err = u.Commit()
		return err
	},
	"mkdir": func(ctx context.Context, v *filestore.View, name string) error { return v.Mkdir(ctx, name) },
	"remove": func(ctx context.Context, v *filestore.View, name string) error {
		return v.Remove(ctx, name, filestore.RemoveOptions{Recursive: true})
	},
	"rename": func(ctx context.Context, v *filestore.View, name string) error {
		return v.Rename(ctx, name, "renamed", filestore.RenameOptions{})
	},
	"rename to": func(ctx context.Context, v *filestore.View, name string) error {
		return v.Rename(ctx, "dir/page.html", name, filestore.RenameOptions{Replace: true})
	},
	"copy": func(ctx context.Context, v *filestore.View, name string) error {
		return v.Copy(ctx, name, "copied", filestore.CopyOptions{})
	},
	"copy to": func(ctx context.Context, v *filestore.View, name string) error {
		return v.Copy(ctx, "dir/page.html", name, filestore.CopyOptions{Replace: true})
	},
	"manage": func(ctx context.Context, v *filestore.View, name string) error { return v.Manage(ctx, name) },
	"usage": func(ctx context.Context, v *filestore.View, name string) error {
		_, err := v.Usage(ctx, name)
		return err
	},
}

var changing = []string{"create", "mkdir", "remove", "rename", "rename to", "copy", "copy to", "manage", "usage"}

// Whoever is neither owner nor administrator changes nothing, whatever the
// name and whether or not anything is there.
func TestViewChangesAreRefusedByShape(t *testing.T) {
	t.Parallel()
	d := house(t)
	names := []string{
		"public.txt", "public.txt.meta", "missing.txt", "missing/x", "new.meta", "dir", "private", "private/secret.txt", "private/new",
		"index.wssp", "freebusy.wssp", "freebusy.vfb", "$DomainSkins", "$ServerSkins/x", "~x", filestore.Root,
		"protected/pwd/rootkey/secret.txt", "protected/pwd/wrong/secret.txt", "PRIVATE/found.txt",
	}
	for _, who := range []string{"stranger", "other", "other domain", "foreign admin", "limited", "limited owner"} {
		for _, account := range []string{owner, off, missing} {
			for _, op := range changing {
				for _, name := range names {
					err := operations[op](t.Context(), fixture.Views(d).View(callers[who], account), name)
					require.Equal(t, "refused", outcome(err), "%s: %s %s of %s", who, op, name, account)
				}
			}
		}
	}
}

func TestViewReading(t *testing.T) {
	t.Parallel()
	everybody := "stranger, other, other domain, foreign admin, owner, admin, limited, limited owner, limited admin"
	for _, tt := range []struct {
		name    string
		ok      string // the callers that read it
		refused string // those that are refused; to all others it is not there
	}{
		{name: "public.txt", ok: everybody},
		{name: "dir/page.html", ok: everybody},
		{name: "dir/private/open.txt", ok: everybody},
		{name: "private2/open.txt", ok: everybody},
		{name: "protected/real.txt", ok: everybody},
		{name: "missing.txt"},
		{name: "freebusy.wssp"},
		{name: "~tmp"},
		{name: "private/secret.txt", ok: "owner, admin, limited admin", refused: "stranger, other, other domain, foreign admin, limited, limited owner"},
		{name: "PRIVATE/found.txt", ok: "owner, admin, limited admin", refused: "stranger, other, other domain, foreign admin, limited, limited owner"},
		{name: "private/missing", refused: "stranger, other, other domain, foreign admin, limited, limited owner"},
		{name: "public.txt.meta", ok: "owner, admin"},
		{name: "old.META", ok: "owner, admin"},
		{name: "private/secret.txt.meta", ok: "owner, admin", refused: "stranger, other, other domain, foreign admin, limited, limited owner"},
		{name: "index.wssp", refused: "stranger, other, other domain, foreign admin, limited, limited owner"},
		{name: "dir/Index.w\u017fsp", refused: "stranger, other, other domain, foreign admin, limited, limited owner"},
		{name: "$DomainSkins/x", refused: "stranger, other, other domain, foreign admin, owner, limited, limited owner, limited admin"},
		{name: "$serverskins", refused: "stranger, other, other domain, foreign admin, owner, limited, limited owner, limited admin"},
		{name: "protected/pwd/rootkey/secret.txt", ok: everybody},
		{name: "protected/pwd/rootkey/dir/deep.txt", ok: everybody},
		{name: "protected/dir/pwd/dirkey/deep.txt", ok: everybody},
		{name: "protected/pwd/filekey/secret.txt", ok: everybody},
		{name: "protected/dir/pwd/rootkey/deep.txt", ok: everybody},
		{name: "protected/pwd/dirkey/secret.txt"},
		{name: "protected/pwd/filekey/dir/deep.txt"},
		{name: "protected/pwd/wrong/secret.txt"},
		{name: "protected/pwd/outside/secret.txt"},
		{name: "protected/pwd/rootkey/missing"},
		{name: "protected/pwd/rootkey/secret.txt.meta"},
		{name: "protected/pwd/rootkey/index.wssp"},
		{name: "protected/PWD/rootkey/secret.txt"},
		{name: "Protected/pwd/rootkey/secret.txt"},
		{name: "protected/pwd"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := house(t)
			for who, caller := range callers {
				want := "not there"
				if contains(tt.ok, who) {
					want = "ok"
				} else if contains(tt.refused, who) {
					want = "refused"
				}
				v := fixture.Views(d).View(caller, owner)
				require.Equal(t, want, outcome(operations["read"](t.Context(), v, tt.name)), "read by %s", who)
				require.Equal(t, want, outcome(operations["stat"](t.Context(), v, tt.name)), "stat by %s", who)
			}
		})
	}
}

func contains(list, who string) bool { return slices.Contains(strings.Split(list, ", "), who) }

// With the WebSite service off, and for an account that does not exist, what
// is public looks alike to those who have no rights of their own.
func TestViewWithoutWebSite(t *testing.T) {
	t.Parallel()
	d := house(t)
	read := func(who, account, name string) string {
		return outcome(operations["read"](t.Context(), fixture.Views(d).View(callers[who], account), name))
	}
	for _, who := range []string{"stranger", "other", "limited"} {
		require.Equal(t, "not there", read(who, off, "public.txt"), who)
		require.Equal(t, "not there", read(who, missing, "public.txt"), who)
		require.Equal(t, "refused", read(who, off, "private/secret.txt"), who)
		require.Equal(t, "refused", read(who, missing, "private/secret.txt"), who)
	}
	require.Equal(t, "ok", read("admin", off, "private/secret.txt"))
	require.Equal(t, "not there", read("limited admin", off, "private/secret.txt"))
	require.Equal(t, "not there", read("admin", missing, "private/secret.txt"), "an administrator of the server learns the truth")
	self := fixture.Views(d).View(filestore.Caller{Account: off}, off)
	require.NoError(t, operations["read"](t.Context(), self, "public.txt"), "the owner needs no service")
	d.Update(owner, func(a *fixture.Account) { a.WebSite = false })
	require.Equal(t, "not there", read("owner", owner, "protected/pwd/rootkey/secret.txt"), "share paths need WebSite, for everybody")
	d.Update(owner, func(a *fixture.Account) { a.WebSite = true })
	require.Equal(t, "ok", read("stranger", owner, "public.txt"), "a change counts for the next view")
}

func TestViewReservedNames(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ op, name, want string }{
		{"create", "index.wssp", "reserved"},
		{"create", "dir/INDEX.wssp", "reserved"},
		{"create", "dir/index.w\u017fsp", "reserved"},
		{"mkdir", "dir/index.wssp", "reserved"},
		{"copy to", "dir/index.wssp", "reserved"},
		{"rename to", "index.wssp", "reserved"},
		{"create", "x.Meta", "reserved"},
		{"create", "dir/x.META", "reserved"},
		{"mkdir", "x.meta", "reserved"},
		{"mkdir", "dir/x.meta", "reserved"},
		{"create", "new.meta", "ok"},
		{"create", ".meta", "ok"},
		{"create", ".meta.meta", "ok"},            // of .meta, which is none
		{"create", "index.wssp.meta", "reserved"}, // of what cannot be there
		{"create", "dir/INDEX.wssp.meta", "reserved"},
		{"copy to", "dir/index.wssp.meta", "reserved"},
		{"rename to", "index.wssp.meta", "reserved"},
		{"create", "FREEBUSY.wssp.meta", "reserved"},
		{"create", "$ServerSkins.meta", "reserved"},
		{"create", "~x.meta", "reserved"},
		{"create", "freebusy.vfb.meta", "ok"},
		{"create", "private.meta", "ok"},
		{"create", "dir/freebusy.wssp.meta", "ok"},
		{"create", "dir/.meta", "ok"},
		{"create", "freebusy.wssp", "reserved"},
		{"create", "FreeBusy.wssp", "reserved"},
		{"create", "dir/freebusy.wssp", "ok"},
		{"mkdir", "freebusy.vfb", "reserved"},
		{"mkdir", "Freebusy.vfb", "reserved"},
		{"create", "freebusy.vfb", "ok"},
		{"create", "~x", "reserved"},
		{"create", "dir/~x", "ok"},
		{"create", "$x", "ok"},
		{"create", "private", "reserved"},
		{"create", "PRIVATE", "reserved"},
		{"mkdir", "Private", "reserved"},
		{"create", "private/new", "ok"},
		{"create", "private2/new", "ok"},
		{"create", "dir/private/new", "ok"},
		{"rename to", "private", "reserved"},
		{"copy to", "private", "reserved"},
		{"rename", "private", "reserved"},
		{"copy", "private", "reserved"},
		{"rename", "PRIVATE", "reserved"},
		{"rename", "private/secret.txt", "ok"},
		{"remove", "private", "ok"},
		{"remove", ".", "reserved"},
		{"rename", ".", "reserved"},
		{"copy", ".", "reserved"},
		{"rename to", ".", "reserved"},
		{"create", ".", "reserved"},
		{"mkdir", ".", "reserved"},
		{"rename to", "dir/page.html", "reserved"},
		{"rename to", "dir/page.html/x", "reserved"},
		{"rename to", "dir", "reserved"},
		{"remove", "index.wssp", "not there"},
		{"remove", "~tmp", "not there"},
		{"rename", "~tmp", "not there"},
		{"copy", "missing", "not there"},
		{"remove", "missing", "not there"},
		{"create", "missing/x", "not there"},
	} {
		t.Run(tt.op+" "+tt.name, func(t *testing.T) {
			t.Parallel()
			d := house(t)
			for _, who := range []string{"owner", "admin"} {
				if tt.want == "ok" {
					d = house(t)
				}
				v := fixture.Views(d).View(callers[who], owner)
				require.Equal(t, tt.want, outcome(operations[tt.op](t.Context(), v, tt.name)), who)
			}
		})
	}
}

// Nothing makes a sidecar of a sidecar, whatever letters either is in. What stands
// on disk stays hidden from all but owner and administrators, who can move it
// away or remove it.
func TestViewSidecarOfSidecar(t *testing.T) {
	t.Parallel()
	d := house(t)
	d.Write(t, owner, "dir/page.html.meta", "<meta/>")
	for _, name := range []string{"x.meta.meta", "x.META.meta", "x.meta.META", "x.Meta.meta.meta", "dir/page.html.meta.meta", "private/x.meta.meta", "old.META.meta", "\u00fc.meta.meta"} {
		for _, who := range []string{"owner", "admin"} {
			v := fixture.Views(d).View(callers[who], owner)
			for _, op := range []string{"create", "mkdir", "rename to", "copy to"} {
				require.Equal(t, "reserved", outcome(operations[op](t.Context(), v, name)), "%s %s", op, name)
			}
			for _, of := range []string{"dir/page.html", "dir/page.html.meta"} {
				require.ErrorIs(t, v.Rename(t.Context(), of, name, filestore.RenameOptions{}), filestore.ErrReserved)
				require.ErrorIs(t, v.Copy(t.Context(), of, name, filestore.CopyOptions{}), filestore.ErrReserved)
			}
		}
	}
	v := fixture.Views(d).View(callers["owner"], owner)
	for _, name := range []string{"dir/page.html.meta", "old.META"} {
		err := v.SetAttributes(t.Context(), name, changeTo(t, "<title>x</title>"))
		require.ErrorIs(t, err, filestore.ErrConflict, name)
		err = v.SetAttributes(t.Context(), name, meta.RemoveACL())
		require.ErrorIs(t, err, filestore.ErrConflict, "%s: nor what changes nothing", name)
		_, ok := d.Read(t, owner, name+".meta")
		require.False(t, ok, name)
	}

	root, disk := onDisk(t, "dir/page.html", "dir/page.html.meta", "dir/page.html.meta.meta", "dir/x.META.meta")
	d.Update(owner, func(a *fixture.Account) { a.Store = disk })
	for _, who := range []string{"stranger", "other", "limited", "limited owner"} {
		v := fixture.Views(d).View(callers[who], owner)
		require.Equal(t, "not there", outcome(operations["read"](t.Context(), v, "dir/page.html.meta.meta")), who)
		require.NotContains(t, names(t, v, "dir"), "meta", who)
	}
	v = fixture.Views(d).View(callers["owner"], owner)
	require.Equal(t, "page.html page.html.meta page.html.meta.meta x.META.meta", names(t, v, "dir"))
	require.Equal(t, "reserved", outcome(operations["create"](t.Context(), v, "dir/page.html.meta.meta")), "nor is one written over")
	require.NoError(t, operations["copy"](t.Context(), v, "dir/page.html.meta.meta"))
	require.NoError(t, operations["rename"](t.Context(), v, "dir/page.html.meta.meta"))
	require.FileExists(t, filepath.Join(root, "renamed"))
	require.NoError(t, operations["remove"](t.Context(), v, "dir/x.META.meta"))
	require.Equal(t, "page.html page.html.meta", names(t, v, "dir"))
}

// onDisk returns a storage in a directory in which somebody else has stored files. A
// final slash makes a directory.
func onDisk(t *testing.T, files ...string) (root string, s filestore.Store) {
	t.Helper()
	root = filepath.Join(t.TempDir(), "john.web")
	for _, name := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		if strings.HasSuffix(name, "/") {
			require.NoError(t, os.MkdirAll(path, 0o700))
			continue
		}
		require.NoError(t, os.WriteFile(path, []byte("<meta/>"), 0o600))
	}
	open, err := dirstore.Open(root, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, open.Close()) })
	return root, open
}

// A copy of a tree holds nothing that could not be stored: what somebody has put
// there past the server is left out, with all below it. A rename moves it along.
func TestViewCopyLeavesOutReservedNames(t *testing.T) {
	t.Parallel()
	for _, where := range []string{"tree", "$DomainPBXApp/tree"} {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			kept := []string{"file", "file.meta", "sub/freebusy.wssp", "sub/PRIVATE/x", "$DomainSkins/x", "~x", "sub/.meta", "orphan.meta"}
			left := []string{"index.wssp", "index.wssp.meta", "index.w\u017f\u017fp", "sub/Index.wssp/x", "x.META/x", "sub/y.Meta", "file.meta.meta", "y.META.meta", "gone.meta.meta", "z.meta/x"}
			var files []string
			for _, name := range slices.Concat(kept, left) {
				files = append(files, "tree/"+name)
			}
			root, store := onDisk(t, files...)
			d, _ := withMounts(t)
			if d.stores["$DomainPBXApp"] = store; where == "tree" {
				d.Update(owner, func(a *fixture.Account) { a.Store = store })
			}
			v := fixture.Views(d).View(callers["admin"], owner)
			require.NoError(t, v.Copy(t.Context(), where, where+" copied", filestore.CopyOptions{}))
			there := func(tree, name string) bool {
				_, err := os.Lstat(filepath.Join(root, tree, filepath.FromSlash(name)))
				return err == nil
			}
			for _, name := range kept {
				require.True(t, there("tree copied", name), name)
			}
			for _, name := range left {
				require.True(t, there("tree", name), name)
				require.False(t, there("tree copied", name), name)
			}
			require.NoError(t, v.Rename(t.Context(), where, where+" moved", filestore.RenameOptions{}))
			require.True(t, there("tree moved", "index.wssp"))
			require.NoError(t, v.Remove(t.Context(), where+" moved", filestore.RemoveOptions{Recursive: true}))
		})
	}
}

// All six mounts, for those who may see them: nothing is mounted.
func TestViewMounts(t *testing.T) {
	t.Parallel()
	d := house(t)
	for _, name := range []string{"$DomainSkins", "$DomainPBXApp", "$ServerSkins", "$ServerPBXApp", "$ClusterSkins", "$ClusterPBXApp", "$DOMAINSKINS"} {
		for op := range operations {
			if op == "rename to" || op == "copy to" {
				continue
			}
			err := operations[op](t.Context(), fixture.Views(d).View(callers["admin"], owner), name)
			require.Equal(t, "not there", outcome(err), "%s %s", op, name)
		}
	}
	boss := fixture.Views(d).View(callers["foreign admin"], "ann@client2.com")
	require.Equal(t, "not there", outcome(operations["stat"](t.Context(), boss, "$DomainSkins")))
	require.Equal(t, "refused", outcome(operations["stat"](t.Context(), boss, "$ServerSkins")))
}

func TestViewListing(t *testing.T) {
	t.Parallel()
	d := house(t)
	list := func(who, dir string) []string {
		var names []string
		for info, err := range fixture.Views(d).View(callers[who], owner).List(t.Context(), dir, "") {
			if err != nil {
				return []string{outcome(err)}
			}
			require.Equal(t, filestore.Join(dir, info.Name()), info.Path())
			names = append(names, info.Name())
		}
		slices.Sort(names)
		return names
	}
	public := []string{"dir", "private2", "protected", "public.txt"}
	for _, who := range []string{"stranger", "other", "limited", "limited owner"} {
		require.Equal(t, public, list(who, filestore.Root), who)
		require.Equal(t, []string{"refused"}, list(who, "private"), who)
	}
	all := []string{"PRIVATE", "dir", "old.META", "private", "private.meta", "private2", "protected", "public.meta", "public.txt", "public.txt.meta"}
	require.Equal(t, all, list("owner", filestore.Root))
	require.Equal(t, all, list("admin", filestore.Root))
	require.Equal(t, []string{"PRIVATE", "dir", "private", "private2", "protected", "public.txt"}, list("limited admin", filestore.Root))
	require.Equal(t, []string{"dir", "dir.meta", "secret.txt", "secret.txt.meta"}, list("owner", "private"))
	require.Equal(t, []string{"not there"}, list("owner", "missing"))
	require.Equal(t, []string{"dir", "secret.txt"}, list("stranger", "protected/pwd/rootkey"), "a share shows no sidecars")
	require.Equal(t, []string{"deep.txt"}, list("stranger", "protected/dir/pwd/dirkey"))
	require.Equal(t, []string{"not there"}, list("stranger", "protected/pwd/filekey"), "the key of a file does not list its directory")
}

// Errors about share paths never tell the key, nor the real name.
func TestViewShareErrorsHideTheKey(t *testing.T) {
	t.Parallel()
	d := house(t)
	v := fixture.Views(d).View(filestore.Caller{}, owner)
	for _, name := range []string{"protected/pwd/rootkey/gone.txt", "protected/pwd/wrongkey/secret.txt", "protected/pwd/rootkey/secret.txt/x"} {
		for _, op := range []string{"stat", "read", "create", "remove"} {
			err := operations[op](t.Context(), v, name)
			require.Error(t, err)
			require.NotContains(t, err.Error(), "rootkey", op)
			require.NotContains(t, err.Error(), "wrongkey", op)
			require.NotContains(t, err.Error(), "private/", op)
		}
	}
}

// Revoking a key works at once.
func TestViewShareRevoked(t *testing.T) {
	t.Parallel()
	d := house(t)
	stranger, john := fixture.Views(d).View(filestore.Caller{}, owner), fixture.Views(d).View(callers["owner"], owner)
	const name = "protected/pwd/rootkey/secret.txt"
	require.NoError(t, operations["read"](t.Context(), stranger, name))
	require.NoError(t, john.Remove(t.Context(), "private.meta", filestore.RemoveOptions{}))
	require.Equal(t, "not there", outcome(operations["read"](t.Context(), stranger, name)))
}

func TestViewCopyLeavesGrantsBehind(t *testing.T) {
	t.Parallel()
	d := house(t)
	john := fixture.Views(d).View(callers["owner"], owner)
	require.NoError(t, john.Copy(t.Context(), "private/secret.txt", "copy.txt", filestore.CopyOptions{}))
	got, ok := d.Read(t, owner, "copy.txt.meta")
	require.True(t, ok)
	require.Equal(t, "<meta></meta>", got)
	require.NoError(t, john.Rename(t.Context(), "private/secret.txt", "private/moved.txt", filestore.RenameOptions{}))
	got, ok = d.Read(t, owner, "private/moved.txt.meta")
	require.True(t, ok)
	require.Contains(t, got, "filekey", "a rename takes everything along")
}

// A sidecar larger than any that is read is refused like a file over its limit.
func TestViewSidecarSize(t *testing.T) {
	t.Parallel()
	d := house(t)
	john := fixture.Views(d).View(callers["owner"], owner)
	for name, fits := range map[string]bool{"new.meta": false, "new": true} {
		_, err := john.Create(t.Context(), name, filestore.CreateOptions{Size: filestore.MaxSidecarBytes + 1})
		require.Equal(t, fits, err == nil, name)
		if !fits {
			require.ErrorIs(t, err, filestore.ErrLimit)
		}
	}
}

// It does not become one by another way either.
func TestViewSidecarSizeByRenameAndCopy(t *testing.T) {
	t.Parallel()
	d := house(t)
	d.Write(t, owner, "big", strings.Repeat("x", filestore.MaxSidecarBytes+1))
	john := fixture.Views(d).View(callers["owner"], owner)
	require.ErrorIs(t, john.Rename(t.Context(), "big", "new.meta", filestore.RenameOptions{}), filestore.ErrLimit)
	require.ErrorIs(t, john.Copy(t.Context(), "big", "new.meta", filestore.CopyOptions{}), filestore.ErrLimit)
	require.NoError(t, john.Rename(t.Context(), "big", "new", filestore.RenameOptions{}))
}

// faulty is a directory that finds the account and cannot open its storage.
type faulty struct{ *fixture.Directory }

func (f faulty) Account(ctx context.Context, address string) (filestore.Account, error) {
	a, err := f.Directory.Account(ctx, address)
	if err != nil {
		return a, err
	}
	return filestore.Account{Address: a.Address}, errors.New("disk is gone")
}

// A fault tells nobody more than an absence would, but its owner and
// administrators, who must not be told that files are gone or forbidden.
func TestViewFaults(t *testing.T) {
	t.Parallel()
	d := faulty{house(t)}
	for who, caller := range callers {
		privileged := who == "owner" || who == "admin" || who == "limited admin"
		for _, name := range []string{"private/secret.txt", "index.wssp"} {
			err := operations["read"](t.Context(), fixture.Views(d).View(caller, owner), name)
			if privileged {
				require.ErrorContains(t, err, "disk is gone", who)
			} else {
				require.Equal(t, "refused", outcome(err), who)
			}
		}
		for _, op := range changing {
			err := operations[op](t.Context(), fixture.Views(d).View(caller, owner), "public.txt")
			require.Equal(t, privileged, outcome(err) != "refused", "%s %s", who, op)
		}
	}
}

func TestViewDefaultPage(t *testing.T) {
	t.Parallel()
	d := house(t)
	for setting, want := range map[string]string{
		"": "default.html", "home.htm": "home.htm", "a/b": "default.html", "..": "default.html", ".": "default.html",
		"index.wssp": "default.html", "private": "default.html", "x.meta": "default.html", "~x": "default.html", "a\x00": "default.html",
	} {
		d.Update(owner, func(a *fixture.Account) { a.DefaultPage = setting })
		page, err := fixture.Views(d).View(filestore.Caller{}, owner).DefaultPage(t.Context(), "dir")
		require.NoError(t, err)
		require.Equal(t, "dir/"+want, page, setting)
	}
}

func TestViewNamesAreCheckedFirst(t *testing.T) {
	t.Parallel()
	d := house(t)
	for who, caller := range callers {
		for op, do := range operations {
			err := do(t.Context(), fixture.Views(d).View(caller, owner), "a/../private/secret.txt")
			require.ErrorIs(t, err, fs.ErrInvalid, "%s by %s", op, who)
		}
	}
}

func sortedWords(words []string) string {
	slices.Sort(words)
	return strings.Join(words, " ")
}

// brokenStores are stores with a fault.
type brokenStores struct{ *fixture.Directory }

func (b brokenStores) Stores() filestore.Stores { return b }

func (brokenStores) Store(context.Context, string) (filestore.Store, error) {
	return nil, filestore.HostError(fs.ErrNotExist)
}

// A storage that cannot be had is a fault, to whoever may know that the account is
// there. To others a service that is off tells as little as always.
func TestViewOfABrokenStorage(t *testing.T) {
	t.Parallel()
	d := house(t)
	for _, address := range []string{owner, off, missing} {
		for who, caller := range callers {
			for _, name := range []string{"public.txt", "private/secret.txt", "public.txt.meta", "protected/pwd/rootkey/secret.txt", "$DomainSkins/x"} {
				whole := outcome(operations["read"](t.Context(), fixture.Views(d).View(caller, address), name))
				broken := outcome(operations["read"](t.Context(), fixture.Views(brokenStores{d}).View(caller, address), name))
				role, err := d.Role(t.Context(), caller, address)
				require.NoError(t, err)
				if caller.Limited && role == filestore.Owner {
					role = filestore.Other
				}
				knows := address != missing && (role >= filestore.Owner || address == owner && whole != "refused")
				knows = knows && name[0] != '$' // what is mounted is kept elsewhere
				if knows {
					require.NotContains(t, []string{"ok", "not there", "refused"}, broken, "%s %s %s", who, address, name)
				} else {
					require.Equal(t, whole, broken, "%s %s %s", who, address, name)
				}
			}
		}
	}
}
