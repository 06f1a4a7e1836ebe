package filestore

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"strings"
)

// mountNames are the six names as they open something. In other letters they
// are as closed to everybody else.
var mountNames = [...]string{"$DomainSkins", "$ServerSkins", "$ClusterSkins", "$DomainPBXApp", "$ServerPBXApp", "$ClusterPBXApp"}

// enterMount enters a mount, or what is below one: that is a store of its own, which does
// not count, knows no private directory, and whose sidecars grant nothing.
func (v *View) enterMount(ctx context.Context, a access, m mount) (access, error) {
	name, rest, below := strings.Cut(a.name, "/")
	store, err := v.mount(ctx, a.Address, m, name)
	if err != nil {
		return access{}, err
	}
	a.Store, a.mount, a.name = store, name, Root
	a.Limits = Limits{Files: Unlimited, Bytes: Unlimited, FileSize: Unlimited}
	if below {
		a.name = rest
	}
	return a, nil
}

// mount returns what is mounted under a name.
func (v *View) mount(ctx context.Context, account string, m mount, name string) (Store, error) {
	mounts, ok := v.views.stores.(Mounts)
	if !ok {
		return nil, fs.ErrNotExist
	}
	for _, known := range mountNames {
		if name != known {
			continue
		}
		domain := ""
		if m == domainMount {
			_, domain, _ = strings.Cut(account, "@")
		}
		store, err := mounts.Mount(ctx, domain, name)
		if err != nil {
			return nil, err
		}
		store = mountStore{withLocks(store)}
		if strings.HasSuffix(name, "Skins") {
			store = skins{withLocks(store)}
		}
		return store, nil
	}
	return nil, fs.ErrNotExist
}

// mountStore is a store as it is mounted. While nothing has been stored in it,
// it is not there.
type mountStore struct{ lockingStore }

func (m mountStore) Stat(ctx context.Context, name string) (FileInfo, error) {
	info, err := m.Store.Stat(ctx, name)
	if err == nil && name == Root && info.ModTime().IsZero() {
		return nil, pathError("stat", name, fs.ErrNotExist)
	}
	return info, err
}

func (m mountStore) List(ctx context.Context, dir string, o ListOptions) iter.Seq2[FileInfo, error] {
	return func(yield func(FileInfo, error) bool) {
		if err := m.present(ctx, "list", dir); err != nil {
			yield(nil, err)
			return
		}
		m.Store.List(ctx, dir, o)(yield)
	}
}

func (m mountStore) Usage(ctx context.Context, dir string) (Usage, error) {
	if err := m.present(ctx, "usage", dir); err != nil {
		return Usage{}, err
	}
	return m.Store.Usage(ctx, dir)
}

// present checks that the top is there before it is used.
func (m mountStore) present(ctx context.Context, op, dir string) error {
	if dir != Root {
		return nil
	}
	if _, err := m.Stat(ctx, Root); err != nil {
		return pathError(op, dir, withoutPath(err))
	}
	return nil
}

// Mounts returns the names of the mounts at the top of the storage that the
// caller may use and that are there. Listings leave them out, for a client that
// mirrors a directory would remove what it has not got itself. One that cannot
// be read is among them: opening it tells why.
func (v *View) Mounts(ctx context.Context) []string {
	var none error
	defer v.begin(ctx, "Mounts", Root, "").end(&none)
	var names []string
	for _, name := range mountNames {
		_, _, err := v.stat(ctx, name)
		if !errors.Is(err, fs.ErrPermission) && !errors.Is(err, fs.ErrNotExist) {
			names = append(names, name)
		}
	}
	return names
}

// TopOf returns the top of what a clean name is counted in: a mount, or [Root].
func TopOf(name string) string {
	if first, _, _ := strings.Cut(name, "/"); mountOf(first) != noMount {
		return first
	}
	return Root
}

// ruled returns the name by which rules on names are asked: in a mount the top
// has none of its own.
func (a access) ruled() string {
	if a.mount != "" {
		return Join("mount", a.name)
	}
	return a.name
}

// virtual reports whether the name never stands for something stored.
func (a access) virtual() bool {
	return a.name != Root && traitsOf(a.ruled()).virtual
}

// fixed reports whether the name can be neither an end of a rename nor of a
// copy: the top of the storage or of a mount, and the private directory itself.
func (a access) fixed() bool {
	return a.name == Root || a.mount == "" && strings.EqualFold(a.name, privateName)
}

// reserved reports whether nobody may give this name to something new, a
// directory or a file.
func (a access) reserved(directory bool) bool {
	return a.name == Root || reservedTarget(a.ruled(), directory)
}

// mountedUpload is an upload into a mount, under the name that the caller used.
type mountedUpload struct {
	Upload
	a    access
	name string
}

// newMountedUpload keeps the short way of an upload that has one.
func newMountedUpload(u Upload, a access, name string) Upload {
	mounted := mountedUpload{u, a, name}
	if from, ok := u.(io.ReaderFrom); ok {
		return fastUpload{mounted, func(r io.Reader) (int64, error) {
			n, err := from.ReadFrom(r)
			return n, a.hide(name, err)
		}}
	}
	return mounted
}

func (u mountedUpload) Write(p []byte) (int, error) {
	n, err := u.Upload.Write(p)
	return n, u.a.hide(u.name, err)
}

func (u mountedUpload) Commit() (FileInfo, error) {
	info, err := u.Upload.Commit()
	if err != nil {
		return nil, u.a.hide(u.name, err)
	}
	return u.a.show(u.name, info), nil
}

// fastUpload is an upload whose file the kernel can fill by itself.
type fastUpload struct {
	Upload
	readFrom func(io.Reader) (int64, error)
}

func (u fastUpload) ReadFrom(r io.Reader) (int64, error) { return u.readFrom(r) }
