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

func (m mounted) Stores() filestore.Stores { return m }

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
		require.NoError(t, skins.Mkdir(t.Context(), dir, filestore.MkdirOptions{}, boundless))
	}
	for _, name := range []string{"login.wssp", "style.css", "gold/style.css", "gold/img/a.gif", "bronze.meta", "$unnamed$/hidden"} {
		require.NoError(t, put(t.Context(), skins, name, name))
	}
	require.NoError(t, apps.Mkdir(t.Context(), "en", filestore.MkdirOptions{}, boundless))
	require.NoError(t, put(t.Context(), apps, "start.sppr", "start"))
	return mounted{house(t), map[string]filestore.Store{"$DomainSkins": skins, "$DomainPBXApp": apps}}, skins
}

// put stores a file, or by its name a sidecar.
func put(ctx context.Context, s filestore.Store, name, content string) error {
	if of, ok := filestore.SidecarOf(name); ok {
		_, err := s.SetSidecar(ctx, of, []byte(content), filestore.SidecarOptions{}, boundless)
		return err
	}
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
	for info, err := range v.List(t.Context(), dir, "") {
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
	admin := fixture.Views(d).View(callers["admin"], owner)
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
			err := tt.do(t.Context(), fixture.Views(d).View(callers["admin"], owner), tt.target)
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

// In a mount sidecars go where their entries go, and are copied whole. An orphan at
// the top of a store of skins is in the skin without a name.
func TestViewSidecarsInMounts(t *testing.T) {
	t.Parallel()
	const skins = "$DomainSkins/"
	acl := list("mary=lrwda")
	tests := []struct {
		name string
		do   func(context.Context, *filestore.View) error
		want string // what is in the store then, beside the rest
		gone string
	}{
		{"remove a file", func(ctx context.Context, v *filestore.View) error {
			return v.Remove(ctx, skins+"gold/a", filestore.RemoveOptions{})
		}, "", "gold/a gold/a.meta"},
		{"remove a skin", func(ctx context.Context, v *filestore.View) error {
			return v.Remove(ctx, skins+"silver", filestore.RemoveOptions{Recursive: true})
		}, "", "silver silver.meta"},
		{"remove a sidecar", func(ctx context.Context, v *filestore.View) error {
			return v.Remove(ctx, skins+"gold/a.meta", filestore.RemoveOptions{})
		}, "gold/a", "gold/a.meta"},
		{"remove from the nameless skin", func(ctx context.Context, v *filestore.View) error {
			return v.Remove(ctx, skins+"$unnamed$/style.css", filestore.RemoveOptions{})
		}, "", "style.css style.css.meta"},
		{"remove an orphan", func(ctx context.Context, v *filestore.View) error {
			return v.Remove(ctx, skins+"$unnamed$/bronze.meta", filestore.RemoveOptions{})
		}, "", "bronze.meta"},
		{"rename a file", func(ctx context.Context, v *filestore.View) error {
			return v.Rename(ctx, skins+"gold/a", skins+"$unnamed$/c", filestore.RenameOptions{})
		}, "c c.meta", "gold/a gold/a.meta"},
		{"rename a skin", func(ctx context.Context, v *filestore.View) error {
			return v.Rename(ctx, skins+"silver", skins+"bronze", filestore.RenameOptions{})
		}, "bronze bronze.meta", "silver silver.meta"},
		{"rename a sidecar", func(ctx context.Context, v *filestore.View) error {
			return v.Rename(ctx, skins+"gold/a.meta", skins+"$unnamed$/login.wssp.meta", filestore.RenameOptions{})
		}, "login.wssp.meta gold/a", "gold/a.meta"},
		{"rename a sidecar to a file", func(ctx context.Context, v *filestore.View) error {
			return v.Rename(ctx, skins+"gold/a.meta", skins+"gold/b", filestore.RenameOptions{})
		}, "gold/b gold/a", "gold/a.meta"},
		{"copy a file", func(ctx context.Context, v *filestore.View) error {
			return v.Copy(ctx, skins+"gold/a", skins+"gold/c", filestore.CopyOptions{})
		}, "gold/a gold/a.meta gold/c gold/c.meta", ""},
		{"copy a skin", func(ctx context.Context, v *filestore.View) error {
			return v.Copy(ctx, skins+"silver", skins+"bronze", filestore.CopyOptions{})
		}, "silver silver.meta bronze bronze.meta", ""},
		{"copy a skin with what is in it", func(ctx context.Context, v *filestore.View) error {
			return v.Copy(ctx, skins+"gold", skins+"new", filestore.CopyOptions{})
		}, "gold/a.meta new/a.meta", ""},
		{"write a sidecar", func(ctx context.Context, v *filestore.View) error {
			return operations["create"](ctx, v, skins+"$unnamed$/login.wssp.meta")
		}, "login.wssp.meta", ""},
		{"write a sidecar of a skin", func(ctx context.Context, v *filestore.View) error {
			return operations["create"](ctx, v, skins+"gold.meta")
		}, "gold.meta", ""},
		{"skins take none over", func(ctx context.Context, v *filestore.View) error {
			return operations["mkdir"](ctx, v, skins+"gold/new")
		}, "gold/new", "gold/new.meta"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d, store := withMounts(t)
			require.NoError(t, store.Mkdir(t.Context(), "silver", filestore.MkdirOptions{Sidecar: []byte(acl)}, boundless))
			for _, name := range []string{"gold/a", "gold/a.meta", "style.css.meta"} {
				require.NoError(t, put(t.Context(), store, name, acl))
			}
			require.NoError(t, tt.do(t.Context(), fixture.Views(d).View(callers["admin"], owner)))
			there := func(name string) error {
				of, ok := filestore.SidecarOf(name)
				if !ok {
					_, err := store.Stat(t.Context(), name)
					return err
				}
				side, err := store.Sidecar(t.Context(), of, "")
				if err == nil && strings.Contains(tt.name, "copy") {
					require.Equal(t, acl, string(side.Content), "whole")
				}
				return err
			}
			for name := range strings.FieldsSeq(tt.want) {
				require.NoError(t, there(name), name)
			}
			for name := range strings.FieldsSeq(tt.gone) {
				require.ErrorIs(t, there(name), fs.ErrNotExist, name)
			}
		})
	}

	d, store := withMounts(t)
	require.NoError(t, put(t.Context(), store, "style.css.meta", acl))
	require.NoError(t, put(t.Context(), store, "gold.meta", acl))
	admin := fixture.Views(d).View(callers["admin"], owner)
	require.Equal(t, "$unnamed$ gold gold.meta", names(t, admin, "$DomainSkins"))
	require.Equal(t, "bronze.meta login.wssp style.css style.css.meta", names(t, admin, "$DomainSkins/$unnamed$"))
	for name, want := range map[string]string{"gold.meta": "ok", "$unnamed$/style.css.meta": "ok", "style.css.meta": "not there", "$unnamed$/gold.meta": "not there", "bronze.meta": "not there", "$unnamed$/bronze.meta": "ok"} {
		require.Equal(t, want, outcome(operations["stat"](t.Context(), admin, skins+name)), name)
		require.Equal(t, want, outcome(operations["read"](t.Context(), admin, skins+name)), name)
	}
	require.Equal(t, "reserved", outcome(operations["create"](t.Context(), admin, skins+"style.css.meta")))
}

// What is mounted is in no listing, does not count, has no limits, attributes or default pages, and grants nothing.
func TestViewMountsStandApart(t *testing.T) {
	t.Parallel()
	d, store := withMounts(t)
	require.NoError(t, put(t.Context(), store, "gold/default.html", ""))
	require.NoError(t, put(t.Context(), store, "gold.meta", list("mary=lrwda")))
	admin, boss := fixture.Views(d).View(callers["admin"], owner), fixture.Views(d).View(callers["foreign admin"], owner)
	require.Equal(t, []string{"$DomainSkins", "$DomainPBXApp"}, admin.Mounts(t.Context()))
	for who, caller := range callers {
		v := fixture.Views(d).View(caller, owner)
		require.NotContains(t, names(t, v, filestore.Root), "$", who)
		if who != "admin" {
			require.Empty(t, v.Mounts(t.Context()), who)
		}
	}
	require.Equal(t, "refused", outcome(operations["read"](t.Context(), fixture.Views(d).View(callers["other"], owner), "$DomainSkins/gold/style.css")))
	require.Equal(t, "refused", outcome(operations["read"](t.Context(), boss, "$DomainSkins/gold/style.css")))
	before, err := admin.Usage(t.Context(), filestore.Root)
	require.NoError(t, err)
	d.Update(owner, func(a *fixture.Account) { a.Limits = filestore.Limits{} })
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
	require.EqualValues(t, 3, inside.Files, "that of the skin gold stands beside it")

	all, err := admin.Attributes(t.Context(), "$DomainSkins/gold")
	require.NoError(t, err)
	require.Empty(t, all)
	_, err = admin.DefaultPage(t.Context(), "$DomainSkins/gold")
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = fixture.Views(d).View(filestore.Caller{}, owner).DefaultPage(t.Context(), "$DomainSkins/gold")
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
			admin := fixture.Views(d).View(callers["admin"], owner)
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
	for _, err := range v.List(t.Context(), dir, "") {
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
