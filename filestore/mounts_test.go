package filestore_test

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/dirstore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// mounted is a directory with mounts.
type mounted struct {
	*fixture.Directory
	stores map[string]filestore.Store
}

func (m mounted) Mount(_ context.Context, _, name string) (filestore.Store, error) {
	if s, ok := m.stores[name]; ok {
		return s, nil
	}
	return nil, fs.ErrNotExist
}

var boundless = filestore.Limits{Files: filestore.Unlimited, Bytes: filestore.Unlimited, FileSize: filestore.Unlimited}

// withMounts returns john's house with skins and applications.
func withMounts(t *testing.T) (mounted, filestore.Store) {
	t.Helper()
	skins, apps := memstore.New(), memstore.New()
	for _, dir := range []string{"gold", "gold/img", "$unnamed$"} {
		require.NoError(t, skins.Mkdir(t.Context(), dir, nil, boundless))
	}
	for _, name := range []string{"login.wssp", "style.css", "gold/style.css", "gold/img/a.gif", "bronze.meta", "$unnamed$/hidden"} {
		require.NoError(t, put(t.Context(), skins, name, name))
	}
	require.NoError(t, apps.Mkdir(t.Context(), "en", nil, boundless))
	require.NoError(t, put(t.Context(), apps, "start.sppr", "start"))
	return mounted{house(t), map[string]filestore.Store{"$DomainSkins": skins, "$DomainPBXApp": apps}}, skins
}

func put(ctx context.Context, s filestore.Store, name, content string) error {
	u, err := s.Create(ctx, name, filestore.CreateOptions{}, boundless)
	if err != nil {
		return err
	}
	defer u.Abort()
	if _, err := u.Write([]byte(content)); err != nil {
		return err
	}
	_, err = u.Commit()
	return err
}

func names(t *testing.T, v *filestore.View, dir string) string {
	t.Helper()
	var names []string
	for info, err := range v.List(t.Context(), dir) {
		if err != nil {
			return outcome(err)
		}
		require.Equal(t, filestore.Join(dir, info.Name()), info.Path())
		names = append(names, info.Name())
	}
	return sortedWords(names)
}

// The plain files of a directory of skins are the skin without a name.
func TestViewSkins(t *testing.T) {
	t.Parallel()
	d, _ := withMounts(t)
	admin := filestore.NewViews(d, nil).View(callers["admin"], owner)
	require.Equal(t, "$unnamed$ gold", names(t, admin, "$DomainSkins"))
	require.Equal(t, "bronze.meta login.wssp style.css", names(t, admin, "$DomainSkins/$unnamed$"))
	require.Equal(t, "img style.css", names(t, admin, "$DomainSkins/gold"))
	require.Equal(t, "en start.sppr", names(t, admin, "$DomainPBXApp"))
	for name, want := range map[string]string{
		"$DomainSkins": "ok", "$DomainSkins/gold": "ok", "$DomainSkins/gold/style.css": "ok", "$DomainSkins/$unnamed$": "ok", "$DomainSkins/$unnamed$/style.css": "ok",
		"$DomainSkins/style.css": "not there", "$DomainSkins/$unnamed$/gold": "not there", "$DomainSkins/$unnamed$/gold/style.css": "not there", "$DomainSkins/$unnamed$/hidden": "not there",
		"$DomainSkins/$UNNAMED$": "not there", "$domainskins/gold": "not there", "$DomainPBXApp/start.sppr": "ok", "$DomainPBXApp/$unnamed$": "not there",
		"$DomainSkins/private": "not there", "$DomainSkins/gold/index.wssp": "not there", "$ServerSkins": "not there",
	} {
		require.Equal(t, want, outcome(operations["stat"](t.Context(), admin, name)), name)
	}
	info, err := admin.Stat(t.Context(), "$DomainSkins/$unnamed$")
	require.NoError(t, err)
	require.Equal(t, "$unnamed$", info.Name())
	require.Equal(t, "$DomainSkins/$unnamed$", info.Path())
	require.True(t, info.IsDir())
}

func TestViewChangesInMounts(t *testing.T) {
	t.Parallel()
	create, mkdir, remove := operations["create"], operations["mkdir"], operations["remove"]
	move := func(from, to string) func(context.Context, *filestore.View, string) error {
		return func(ctx context.Context, v *filestore.View, _ string) error {
			return v.Rename(ctx, from, to, filestore.RenameOptions{})
		}
	}
	copyTo := func(from, to string) func(context.Context, *filestore.View, string) error {
		return func(ctx context.Context, v *filestore.View, _ string) error {
			return v.Copy(ctx, from, to, filestore.CopyOptions{})
		}
	}
	const skins = "$DomainSkins/"
	for _, tt := range []struct {
		name   string
		do     func(context.Context, *filestore.View, string) error
		target string
		want   string
		path   string // of the error; else the target
		made   string // in the store of skins
	}{
		{name: "file in a skin", do: create, target: skins + "gold/new", want: "ok", made: "gold/new"},
		{name: "file in the nameless skin", do: create, target: skins + "$unnamed$/new", want: "ok", made: "new"},
		{name: "file beside the skins", do: create, target: skins + "new", want: "reserved"},
		{name: "file in no skin", do: create, target: skins + "silver/new", want: "not there"},
		{name: "skin", do: mkdir, target: skins + "silver", want: "ok", made: "silver"},
		{name: "directory in a skin", do: mkdir, target: skins + "gold/new", want: "ok", made: "gold/new"},
		{name: "directory in the nameless skin", do: mkdir, target: skins + "$unnamed$/new", want: "reserved"},
		{name: "the nameless skin", do: mkdir, target: skins + "$unnamed$", want: "reserved"},
		{name: "the mount", do: mkdir, target: "$DomainSkins", want: "reserved"},
		{name: "page", do: create, target: skins + "gold/index.wssp", want: "reserved"},
		{name: "private is no special name", do: create, target: "$DomainPBXApp/private", want: "ok"},
		{name: "nor is one with a tilde", do: create, target: "$DomainPBXApp/~x", want: "ok"},
		{name: "remove a skin", do: remove, target: skins + "gold", want: "ok"},
		{name: "remove from the nameless skin", do: remove, target: skins + "$unnamed$/style.css", want: "ok"},
		{name: "remove the nameless skin", do: remove, target: skins + "$unnamed$", want: "reserved"},
		{name: "remove a file by the wrong name", do: remove, target: skins + "style.css", want: "not there"},
		{name: "remove the mount", do: remove, target: "$DomainSkins", want: "reserved"},
		{name: "rename a skin", do: move(skins+"gold", skins+"silver"), want: "ok", made: "silver/img/a.gif"},
		{name: "rename into the nameless skin", do: move(skins+"gold/style.css", skins+"$unnamed$/new"), want: "ok", made: "new"},
		{name: "rename out of the nameless skin", do: move(skins+"$unnamed$/style.css", skins+"gold/new"), want: "ok", made: "gold/new"},
		{name: "rename a file beside the skins", do: move(skins+"gold/style.css", skins+"new"), want: "reserved", path: skins + "new"},
		{name: "rename a directory into the nameless skin", do: move(skins+"gold/img", skins+"$unnamed$/img"), want: "reserved", path: skins + "$unnamed$/img"},
		{name: "rename the nameless skin", do: move(skins+"$unnamed$", skins+"silver"), want: "reserved", path: skins + "$unnamed$"},
		{name: "rename onto something", do: move(skins+"gold/img/a.gif", skins+"$unnamed$/style.css"), want: "file already exists", path: skins + "$unnamed$/style.css"},
		{name: "rename something missing", do: move(skins+"$unnamed$/gone", skins+"gold/new"), want: "not there", path: skins + "$unnamed$/gone"},
		{name: "rename the mount", do: move("$DomainSkins", "x"), want: "reserved", path: "$DomainSkins"},
		{name: "rename out", do: move(skins+"gold/style.css", "x"), want: "reserved", path: "x"},
		{name: "rename in", do: move("public.txt", skins+"gold/x"), want: "reserved", path: skins + "gold/x"},
		{name: "rename into another mount", do: move(skins+"gold/style.css", "$DomainPBXApp/x"), want: "reserved", path: "$DomainPBXApp/x"},
		{name: "copy in", do: copyTo("public.txt", skins+"gold/x"), want: "reserved", path: skins + "gold/x"},
		{name: "copy out", do: copyTo(skins+"gold/style.css", "x"), want: "reserved", path: "x"},
		{name: "copy a skin", do: copyTo(skins+"gold", skins+"silver"), want: "ok", made: "silver/img/a.gif"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d, store := withMounts(t)
			err := tt.do(t.Context(), filestore.NewViews(d, nil).View(callers["admin"], owner), tt.target)
			if tt.want == "file already exists" {
				require.ErrorIs(t, err, fs.ErrExist)
			} else {
				require.Equal(t, tt.want, outcome(err))
			}
			if tt.want != "ok" {
				if tt.path == "" {
					tt.path = tt.target
				}
				var p *fs.PathError
				require.ErrorAs(t, err, &p)
				require.Equal(t, tt.path, p.Path)
			}
			if tt.made != "" {
				_, err := store.Stat(t.Context(), tt.made)
				require.NoError(t, err)
			}
		})
	}
}

// In a mount X.meta is a file like others, of another skin perhaps: nothing that
// is done to X moves, copies or removes it.
func TestViewNothingIsLostInMounts(t *testing.T) {
	t.Parallel()
	const skins = "$DomainSkins/"
	d, store := withMounts(t)
	for _, dir := range []string{"bronze", "gold/dir"} {
		require.NoError(t, store.Mkdir(t.Context(), dir, nil, boundless))
	}
	for _, name := range []string{"gold/a", "gold/a.meta", "gold/b.meta", "style.css.meta", "gold/dir/x", "gold/dir/x.meta"} {
		require.NoError(t, put(t.Context(), store, name, name))
	}
	admin := filestore.NewViews(d, nil).View(callers["admin"], owner)
	for what, do := range map[string]func() error{
		"remove a file": func() error { return admin.Remove(t.Context(), skins+"gold/a", filestore.RemoveOptions{}) },
		"remove a skin": func() error {
			return admin.Remove(t.Context(), skins+"bronze", filestore.RemoveOptions{Recursive: true})
		},
		"remove unnamed": func() error { return admin.Remove(t.Context(), skins+"$unnamed$/style.css", filestore.RemoveOptions{}) },
		"rename a file": func() error {
			return admin.Rename(t.Context(), skins+"gold/a", skins+"gold/c", filestore.RenameOptions{})
		},
		"rename a skin": func() error {
			return admin.Rename(t.Context(), skins+"bronze", skins+"silver", filestore.RenameOptions{})
		},
		"rename onto": func() error {
			return admin.Rename(t.Context(), skins+"gold/style.css", skins+"gold/a", filestore.RenameOptions{Replace: true})
		},
		"rename to": func() error {
			return admin.Rename(t.Context(), skins+"gold/style.css", skins+"gold/b", filestore.RenameOptions{})
		},
		"copy a file": func() error {
			return admin.Copy(t.Context(), skins+"gold/a", skins+"gold/c", filestore.CopyOptions{})
		},
		"copy a skin": func() error {
			return admin.Copy(t.Context(), skins+"bronze", skins+"silver", filestore.CopyOptions{})
		},
		"copy to": func() error {
			return admin.Copy(t.Context(), skins+"gold/style.css", skins+"gold/b", filestore.CopyOptions{})
		},
		"copy onto": func() error {
			return admin.Copy(t.Context(), skins+"gold/style.css", skins+"gold/a", filestore.CopyOptions{Replace: true})
		},
		"copy to a skin": func() error {
			return admin.Copy(t.Context(), skins+"gold", skins+"bronze", filestore.CopyOptions{Replace: true})
		},
	} {
		err := do()
		require.ErrorIs(t, err, filestore.ErrConflict, what)
		var p *fs.PathError
		require.ErrorAs(t, err, &p)
		require.Contains(t, p.Path, skins, what)
	}
	require.NoError(t, admin.Copy(t.Context(), skins+"gold/dir", skins+"gold/copy", filestore.CopyOptions{}))
	require.NoError(t, admin.Rename(t.Context(), skins+"gold/dir", skins+"gold/moved", filestore.RenameOptions{}))
	require.NoError(t, admin.Rename(t.Context(), skins+"gold/b.meta", skins+"gold/b", filestore.RenameOptions{}), "asked for by its name")
	require.NoError(t, admin.Remove(t.Context(), skins+"gold/a.meta", filestore.RemoveOptions{}))
	require.NoError(t, admin.Remove(t.Context(), skins+"gold/a", filestore.RemoveOptions{}))
	for _, name := range []string{"bronze.meta", "style.css.meta", "gold/copy/x.meta", "gold/moved/x.meta", "gold/b"} {
		_, err := store.Stat(t.Context(), name)
		require.NoError(t, err, name)
	}
}

// What is mounted is in no listing, does not count, has no limits, attributes or default pages, and grants nothing.
func TestViewMountsStandApart(t *testing.T) {
	t.Parallel()
	d, store := withMounts(t)
	require.NoError(t, put(t.Context(), store, "gold/default.html", ""))
	require.NoError(t, put(t.Context(), store, "gold.meta", list("mary=lrwda")))
	admin, boss := filestore.NewViews(d, nil).View(callers["admin"], owner), filestore.NewViews(d, nil).View(callers["foreign admin"], owner)
	require.Equal(t, []string{"$DomainSkins", "$DomainPBXApp"}, admin.Mounts(t.Context()))
	for who, caller := range callers {
		v := filestore.NewViews(d, nil).View(caller, owner)
		require.NotContains(t, names(t, v, filestore.Root), "$", who)
		if who != "admin" {
			require.Empty(t, v.Mounts(t.Context()), who)
		}
	}
	require.Equal(t, "refused", outcome(operations["read"](t.Context(), filestore.NewViews(d, nil).View(callers["other"], owner), "$DomainSkins/gold/style.css")))
	require.Equal(t, "refused", outcome(operations["read"](t.Context(), boss, "$DomainSkins/gold/style.css")))
	before, err := admin.Usage(t.Context(), filestore.Root)
	require.NoError(t, err)
	d.Update(owner, func(a *filestore.Account) { a.Limits = filestore.Limits{} })
	u, err := admin.Create(t.Context(), "$DomainSkins/gold/new", filestore.CreateOptions{})
	require.NoError(t, err)
	_, err = u.Write([]byte("new"))
	require.NoError(t, err)
	info, err := u.Commit()
	require.NoError(t, err)
	require.Equal(t, "$DomainSkins/gold/new", info.Path())
	after, err := admin.Usage(t.Context(), filestore.Root)
	require.NoError(t, err)
	require.Equal(t, before, after)
	inside, err := admin.Usage(t.Context(), "$DomainSkins/$unnamed$")
	require.NoError(t, err)
	require.EqualValues(t, 4, inside.Files)

	all, err := admin.Attributes(t.Context(), "$DomainSkins/gold")
	require.NoError(t, err)
	require.Empty(t, all)
	_, err = admin.DefaultPage(t.Context(), "$DomainSkins/gold")
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = filestore.NewViews(d, nil).View(filestore.Caller{}, owner).DefaultPage(t.Context(), "$DomainSkins/gold")
	require.ErrorIs(t, err, fs.ErrPermission)

	d.stores["$DomainSkins"] = broken{store}
	require.ErrorContains(t, operations["stat"](t.Context(), admin, "$DomainSkins/gold"), "disk is gone")
	require.Equal(t, "$DomainPBXApp", admin.Mounts(t.Context())[1], "one mount that fails does not hide the others")
	require.Contains(t, admin.Mounts(t.Context()), "$DomainSkins", "nor itself")
	require.Contains(t, names(t, admin, filestore.Root), "dir")
}

// Of a mount in which nothing has been stored only a change makes something.
func TestViewMountThatIsNotMade(t *testing.T) {
	t.Parallel()
	for name, entry := range map[string]string{"$DomainSkins": "$unnamed$/file", "$ServerSkins": "gold/", "$ClusterPBXApp": "file", "$ServerPBXApp": "en/"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			open, err := dirstore.Open(filepath.Join(t.TempDir(), "mount"), nil)
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, open.Close()) })
			d := mounted{house(t), map[string]filestore.Store{name: open}}
			admin := filestore.NewViews(d, nil).View(callers["admin"], owner)
			look := func(want string) {
				t.Helper()
				for _, dir := range []string{name, filestore.Join(name, "$unnamed$")} {
					if dir != name && !strings.HasSuffix(name, "Skins") {
						continue
					}
					for op, do := range map[string]func() error{
						"stat":   func() error { return operations["stat"](t.Context(), admin, dir) },
						"usage":  func() error { _, err := admin.Usage(t.Context(), dir); return err },
						"attrs":  func() error { _, err := admin.Attributes(t.Context(), dir); return err },
						"list":   func() error { return listError(t, admin, dir) },
						"remove": func() error { return operations["remove"](t.Context(), admin, dir) },
					} {
						expected := want
						if op == "remove" {
							expected = "reserved"
						}
						require.Equal(t, expected, outcome(do()), "%s %s", op, dir)
					}
				}
			}
			look("not there")
			require.Empty(t, admin.Mounts(t.Context()))
			path := filestore.Join(name, strings.TrimSuffix(entry, "/"))
			found, err := admin.Target(t.Context(), path)
			require.NoError(t, err)
			require.Nil(t, found)
			do := operations["create"]
			if strings.HasSuffix(entry, "/") {
				do = operations["mkdir"]
			}
			require.NoError(t, do(t.Context(), admin, path))
			look("ok")
			require.Equal(t, []string{name}, admin.Mounts(t.Context()))
			info, err := admin.Stat(t.Context(), name)
			require.NoError(t, err)
			require.WithinRange(t, info.ModTime(), time.Unix(0, 0), time.Now().Add(time.Hour))
			require.NotContains(t, names(t, admin, filestore.Root), "$")
		})
	}
}

func listError(t *testing.T, v *filestore.View, dir string) error {
	t.Helper()
	for _, err := range v.List(t.Context(), dir) {
		if err != nil {
			return err
		}
	}
	return nil
}

// broken is a store that fails.
type broken struct{ filestore.Store }

func (broken) Stat(context.Context, string) (filestore.FileInfo, error) {
	return nil, errors.New("disk is gone")
}
