package filestore_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// list is a sidecar with an access control list: "mary=lr #staff=d".
func list(entries string) string {
	var b strings.Builder
	b.WriteString("<meta><ACL>")
	for e := range strings.FieldsSeq(entries) {
		subject, letters, _ := strings.Cut(e, "=")
		b.WriteString(`<subKey key="` + subject + `">` + letters + `</subKey>`)
	}
	b.WriteString("</ACL></meta>")
	return b.String()
}

// shared is john's storage with a directory that others have rights in, and
// WebSite on or off.
func shared(t *testing.T, files map[string]string) *fixture.Directory {
	t.Helper()
	d := fixture.New(func() filestore.Store { return memstore.New() })
	for name, content := range files {
		d.Write(t, owner, name, content)
	}
	return d
}

// Each operation needs its letters, and no other gives them.
func TestViewListLetters(t *testing.T) {
	t.Parallel()
	names := map[string]string{"rename to": "private/box/new", "copy to": "private/box/new", "mkdir": "private/box/new"}
	do := map[string]func(ctx context.Context, v *filestore.View, name string) error{
		"stat": operations["stat"], "read": operations["read"], "mkdir": operations["mkdir"], "overwrite": operations["create"],
		"list": func(ctx context.Context, v *filestore.View, _ string) error {
			for _, err := range v.List(ctx, "private/box", "") {
				if err != nil {
					return err
				}
			}
			return nil
		},
		"create": func(ctx context.Context, v *filestore.View, _ string) error {
			return operations["create"](ctx, v, "private/box/new")
		},
		"append": func(ctx context.Context, v *filestore.View, name string) error {
			u, err := v.Create(ctx, name, filestore.CreateOptions{Offset: filestore.End})
			if err == nil {
				_, err = u.Commit()
			}
			return err
		},
		"remove": func(ctx context.Context, v *filestore.View, name string) error {
			return v.Remove(ctx, name, filestore.RemoveOptions{})
		},
		"remove tree": func(ctx context.Context, v *filestore.View, _ string) error {
			return v.Remove(ctx, "private/box/sub", filestore.RemoveOptions{Recursive: true})
		},
		"rename": func(ctx context.Context, v *filestore.View, name string) error {
			return v.Rename(ctx, name, "private/box/new", filestore.RenameOptions{})
		},
		"rename over": func(ctx context.Context, v *filestore.View, name string) error {
			return v.Rename(ctx, name, "private/box/other", filestore.RenameOptions{Replace: true})
		},
		"copy": func(ctx context.Context, v *filestore.View, name string) error {
			return v.Copy(ctx, name, "private/box/new", filestore.CopyOptions{})
		},
		"copy over": func(ctx context.Context, v *filestore.View, name string) error {
			return v.Copy(ctx, name, "private/box/other", filestore.CopyOptions{Replace: true})
		},
		"copy tree": func(ctx context.Context, v *filestore.View, _ string) error {
			return v.Copy(ctx, "private/box/sub", "private/box/new", filestore.CopyOptions{})
		},
		"target": func(ctx context.Context, v *filestore.View, name string) error {
			_, err := v.Target(ctx, name)
			return err
		},
		"manage": operations["manage"], "usage": operations["usage"],
	}
	for op, letters := range map[string]string{
		"list": "l", "stat": "r", "read": "r", "create": "w", "mkdir": "w", "overwrite": "w", "append": "w",
		"remove": "d", "remove tree": "d", "rename": "rdw", "rename over": "rdw", "copy": "rw", "copy over": "rw", "copy tree": "rw",
		"target": "w|d", "manage": "-", "usage": "-",
	} {
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			for bits := range 1 << 5 {
				given := ""
				for i, letter := range "lrwda" {
					if bits&(1<<i) != 0 {
						given += string(letter)
					}
				}
				want := "refused"
				for alternative := range strings.SplitSeq(letters, "|") {
					if !strings.ContainsFunc(alternative, func(r rune) bool { return !strings.ContainsRune(given, r) }) {
						want = "ok"
					}
				}
				acl := list("mary=" + given)
				d := shared(t, map[string]string{
					"private/box.meta": acl, "private/box/file": "x", "private/box/other": "x",
					"private/box/sub.meta": acl, "private/box/sub/deep/file": "x", "private/box/sub/deep.meta": acl,
				})
				name := "private/box/file"
				if n, ok := names[op]; ok {
					name = n
				}
				v := fixture.Views(d).View(callers["other"], owner)
				require.Equal(t, want, outcome(do[op](t.Context(), v, name)), "with %q", given)
			}
		})
	}
}

// Which list counts, and for whom.
func TestViewListThatCounts(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		files map[string]string
		read  string // read by mary
		want  string
	}{
		{"own list of a file", map[string]string{"private/f": "", "private/f.meta": list("mary=r")}, "private/f", "ok"},
		{"list of its directory", map[string]string{"private/d/f": "", "private/d.meta": list("mary=r")}, "private/d/f", "ok"},
		{"list of private", map[string]string{"private/f": "", "private.meta": list("mary=r")}, "private/f", "ok"},
		{"own list before that of the directory", map[string]string{"private/d/f": "", "private/d.meta": list("mary=r"), "private/d/f.meta": list("")}, "private/d/f", "refused"},
		{"own attributes without a list", map[string]string{"private/d/f": "", "private/d.meta": list("mary=r"), "private/d/f.meta": "<meta><x/></meta>"}, "private/d/f", "ok"},
		{"no list further up", map[string]string{"private/d/e/f": "", "private/d.meta": list("mary=r")}, "private/d/e/f", "refused"},
		{"a directory has its own only", map[string]string{"private/d/e/f": "", "private/d.meta": list("mary=r")}, "private/d/e", "refused"},
		{"missing file, right in its directory", map[string]string{"private/d/f": "", "private/d.meta": list("mary=r")}, "private/d/gone", "not there"},
		{"missing file, no right", map[string]string{"private/d/f": "", "private/d.meta": list("mary=lwda")}, "private/d/gone", "refused"},
		{"missing directory", map[string]string{"private/f": "", "private.meta": list("mary=r")}, "private/d/gone", "refused"},
		{"list of a file that is not there", map[string]string{"private/f": "", "private/gone.meta": list("mary=r")}, "private/gone", "refused"},
		{"broken list", map[string]string{"private/d/f": "", "private/d.meta": list("mary=r"), "private/d/f.meta": "<meta>"}, "private/d/f", "refused"},
		{"broken list of the directory", map[string]string{"private/d/f": "", "private/d.meta": "<meta>", "private/d/f.meta": list("mary=r")}, "private/d/f", "ok"},
		{"sidecar in other letters", map[string]string{"private/f": "", "private/f.META": list("mary=r")}, "private/f", "refused"},
		{"private in other letters", map[string]string{"PRIVATE/f": "", "PRIVATE/f.meta": list("mary=r")}, "PRIVATE/f", "refused"},
		{"private itself in other letters", map[string]string{"PRIVATE/f": "", "PRIVATE.meta": list("mary=r")}, "PRIVATE/f", "refused"},
		{"sidecars are out of reach", map[string]string{"private/f": "", "private.meta": list("mary=lrwda"), "private/f.meta": list("mary=lrwda")}, "private/f.meta", "refused"},
		{"public sidecars too", map[string]string{"d/f": "", "d.meta": list("mary=lrwda"), "d/f.meta": list("mary=lrwda")}, "d/f.meta", "not there"},
		{"what is public needs no list", map[string]string{"f": "", "f.meta": list("")}, "f", "ok"},
		{"no list for the page", map[string]string{"private/f": "", "private.meta": list("mary=lrwda")}, "private/index.wssp", "refused"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := shared(t, tt.files)
			v := fixture.Views(d).View(callers["other"], owner)
			require.Equal(t, tt.want, outcome(operations["read"](t.Context(), v, tt.read)), "read")
			require.Equal(t, "refused", outcome(operations["read"](t.Context(), fixture.Views(d).View(filestore.Caller{Account: "ann@client2.com"}, owner), "private/x")))
		})
	}
}

// grouped knows one group.
type grouped struct {
	*fixture.Directory
	fault error
}

func (g grouped) InGroup(_ context.Context, caller filestore.Caller, group, domain string) (bool, error) {
	return caller.Account == "mary@client1.com" && group == "staff" && domain == "client1.com", g.fault
}

func TestViewListSubjects(t *testing.T) {
	t.Parallel()
	for subject, who := range map[string]string{
		"anyone":             "other, other domain, foreign admin",
		"anyone@":            "other",
		"anyone@CLIENT2.com": "other domain, foreign admin",
		"Mary":               "other, limited",
		"mary@client1.com":   "other, limited",
		"mary@client2.com":   "",
		"ann":                "",
		"ann@client2.com":    "other domain",
		"#staff":             "other, limited",
		"#staff@client1.com": "other, limited",
		"#staff@client2.com": "",
		"john":               "limited owner",
	} {
		t.Run(subject, func(t *testing.T) {
			t.Parallel()
			d := shared(t, map[string]string{"private/f": "", "private/f.meta": list(subject + "=r")})
			for name, caller := range callers {
				want := "refused"
				if contains(who, name) || contains("owner, admin, limited admin", name) {
					want = "ok"
				}
				read := func(d fixture.Server) string {
					return outcome(operations["read"](t.Context(), fixture.Views(d).View(caller, owner), "private/f"))
				}
				require.Equal(t, want, read(grouped{Directory: d}), name)
				if strings.HasPrefix(subject, "#") && !contains("owner, admin, limited admin", name) {
					require.Equal(t, "refused", read(d), "%s, without groups", name)
					require.Equal(t, "refused", read(grouped{d, errors.New("database is gone")}), "%s, with a fault", name)
				}
			}
		})
	}
}

// A list needs no WebSite service, except for callers that stand for a service.
func TestViewListWithoutWebSite(t *testing.T) {
	t.Parallel()
	d := shared(t, map[string]string{"f": "", "f.meta": list("anyone=r"), "g": "", "private/f": "", "private/f.meta": list("anyone=r")})
	d.Update(owner, func(a *fixture.Account) { a.WebSite = false })
	read := func(who, name string) string {
		return outcome(operations["read"](t.Context(), fixture.Views(d).View(callers[who], owner), name))
	}
	require.Equal(t, "ok", read("other", "f"))
	require.Equal(t, "ok", read("other", "private/f"))
	require.Equal(t, "not there", read("other", "g"))
	require.Equal(t, "not there", read("limited", "f"))
	require.Equal(t, "refused", read("limited", "private/f"))
	require.Equal(t, "not there", read("stranger", "f"))
}

// A tree is changed as a whole or not at all.
func TestViewListOfATree(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, extra, content, want string }{
		{"all of it", "private/box/d/x", "", "ok"},
		{"a directory without a list", "private/box/d/e/x", "", "refused"},
		{"a file with a list of its own", "private/box/d/x.meta", list("mary=lwa"), "refused"},
		{"a broken list", "private/box/d/x.meta", "<meta", "refused"},
		{"a sidecar that is none", "private/box/d/x.META", "", "refused"},
		{"a sidecar of something that is missing", "private/box/d/gone.meta", "<meta/>", "ok"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			acl := list("mary=lrwd")
			d := shared(t, map[string]string{"private/box.meta": acl, "private/box/d/x": "", "private/box/d.meta": acl, "private/box/to/y": "", tt.extra: tt.content})
			mary := fixture.Views(d).View(callers["other"], owner)
			require.Equal(t, "refused", outcome(mary.Copy(t.Context(), "private/box/d", "private/box/to", filestore.CopyOptions{Replace: true})), "the target has no list")
			require.Equal(t, "refused", outcome(mary.Rename(t.Context(), "private/box/d", "private/box/to", filestore.RenameOptions{Replace: true})), "the target has no list")
			require.Equal(t, tt.want, outcome(mary.Copy(t.Context(), "private/box/d", "private/box/copy", filestore.CopyOptions{})))
			_, copied := d.Read(t, owner, "private/box/copy/x")
			require.Equal(t, tt.want == "ok", copied)
			require.Equal(t, tt.want, outcome(mary.Remove(t.Context(), "private/box/d", filestore.RemoveOptions{Recursive: true})))
			_, kept := d.Read(t, owner, "private/box/d/x")
			require.Equal(t, tt.want != "ok", kept)
		})
	}
}

// Whatever a list says, top-level private stays, grants go by no other way, and
// attributes that one may not read are not copied.
func TestViewListHasBounds(t *testing.T) {
	t.Parallel()
	all := list("mary=lrwda")
	d := shared(t, map[string]string{
		"private.meta": all, "private/f": "new", "private/kept": "old", "private/kept.meta": "<meta><accessPwd><key>k</key></accessPwd></meta>",
		"private/own": "x", "private/own.meta": list("mary=w"), "public/f": "x", "public/f.meta": "<meta><secret/></meta>", "box/x": "", "box.meta": list("mary=w"),
	})
	mary := fixture.Views(d).View(callers["other"], owner)
	require.Equal(t, "refused", outcome(mary.Remove(t.Context(), "private", filestore.RemoveOptions{Recursive: true})))
	require.Equal(t, "reserved", outcome(mary.Rename(t.Context(), "private", "private/x", filestore.RenameOptions{})))
	require.Equal(t, "refused", outcome(mary.Rename(t.Context(), "private/f", "f", filestore.RenameOptions{})), "the top has no list")
	require.Equal(t, "refused", outcome(mary.Rename(t.Context(), "private/f", "private/f2.meta", filestore.RenameOptions{})))
	require.Equal(t, "refused", outcome(mary.Copy(t.Context(), "private/f", "private/own", filestore.CopyOptions{Replace: true})), "the list of own would go")
	require.Equal(t, "ok", outcome(mary.Copy(t.Context(), "private/f", "private/kept", filestore.CopyOptions{Replace: true})))
	require.Equal(t, "ok", outcome(mary.Copy(t.Context(), "public/f", "box/f", filestore.CopyOptions{})))
	_, ok := d.Read(t, owner, "box/f.meta")
	require.False(t, ok)
}

// A listing shows what may be opened.
func TestViewListListing(t *testing.T) {
	t.Parallel()
	d := shared(t, map[string]string{
		"f": "", "private.meta": list("mary=r"), "private/box.meta": list("mary=lr ann@client2.com=l"), "private/box/a": "", "private/box/a.meta": list(""),
		"private/box/b": "", "private/box/sub/x": "", "private/box/open/x": "", "private/box/open.meta": list("mary=r"), "private/box/c.META": "",
	})
	names := func(who, dir string) string {
		var names []string
		for info, err := range fixture.Views(d).View(callers[who], owner).List(t.Context(), dir, "") {
			if err != nil {
				return outcome(err)
			}
			names = append(names, info.Name())
		}
		return sortedWords(names)
	}
	require.Equal(t, "f private", names("other", filestore.Root))
	require.Equal(t, "f", names("stranger", filestore.Root))
	require.Equal(t, "f", names("other domain", filestore.Root))
	require.Equal(t, "refused", names("other", "private"), "r is not l")
	require.Equal(t, "b open", names("other", "private/box"))
	require.Equal(t, "", names("other domain", "private/box"))
	d.Update(owner, func(a *fixture.Account) { a.WebSite = false })
	require.Equal(t, "not there", names("other", filestore.Root))
	require.Equal(t, "b open", names("other", "private/box"))
}

// Reading what is public asks no list.
func TestViewPublicReadsAskNoList(t *testing.T) {
	t.Parallel()
	d := shared(t, map[string]string{"dir/f": "", "dir/f.meta": list("mary=r"), "dir.meta": list("mary=r")})
	var opened []string
	d.Update(owner, func(a *fixture.Account) { a.Store = watchedStore{a.Store, &opened} })
	for _, who := range []string{"stranger", "other", "limited", "owner"} {
		opened = nil
		require.NoError(t, operations["read"](t.Context(), fixture.Views(d).View(callers[who], owner), "dir/f"), who)
		require.Equal(t, []string{"open dir/f"}, opened, who)
	}
}

// watchedStore notes what is opened and looked at.
type watchedStore struct {
	filestore.Store
	calls *[]string
}

func (w watchedStore) Open(ctx context.Context, name string) (filestore.File, error) {
	*w.calls = append(*w.calls, "open "+name)
	return w.Store.Open(ctx, name)
}

func (w watchedStore) Sidecar(ctx context.Context, name, known string) (filestore.Sidecar, error) {
	*w.calls = append(*w.calls, "sidecar "+name)
	return w.Store.Sidecar(ctx, name, known)
}

func (w watchedStore) Stat(ctx context.Context, name string) (filestore.FileInfo, error) {
	*w.calls = append(*w.calls, "stat "+name)
	return w.Store.Stat(ctx, name)
}
