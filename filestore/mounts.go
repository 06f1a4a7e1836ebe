package filestore

import (
	"context"
	"errors"
	"io/fs"
	"strings"
)

// Mounts is an addition to [Accounts] for the directories that stand at the top
// of every storage for administrators: skins and real-time applications
// (CommuniGate Pro Guide, File Storage, "Virtual Files and Folders"). It must be
// safe for concurrent use, and quick.
type Mounts interface {
	// Mount returns what is mounted under one of the six names, as
	// "$DomainSkins", in the storage of the account with this real address;
	// fs.ErrNotExist: nothing is. Rights have been checked. In a store of skins each directory is one, and
	// the plain files directly in it are those of the nameless skin.
	Mount(ctx context.Context, account, name string) (Store, error)
}

// mountNames are the six names as they open something. In other letters they
// are as closed to everybody else.
var mountNames = [...]string{"$DomainSkins", "$ServerSkins", "$ClusterSkins", "$DomainPBXApp", "$ServerPBXApp", "$ClusterPBXApp"}

// decideMount: the mounts of a domain are for its administrators, those of the
// server for the server's. What is below one is a store of its own, which does
// not count, and knows no sidecars and no private directory.
func (v *View) decideMount(ctx context.Context, a access, m mount) (access, error) {
	role := a.role
	if m == serverMount {
		var err error
		if role, err = v.accounts.Role(ctx, v.caller, ""); err != nil {
			return access{}, err
		}
	}
	if role != Administrator || v.caller.Limited {
		return access{}, fs.ErrPermission
	}
	name, rest, below := strings.Cut(a.name, "/")
	store, err := v.mount(ctx, a.Address, name)
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
func (v *View) mount(ctx context.Context, account, name string) (Store, error) {
	mounts, ok := v.accounts.(Mounts)
	if !ok {
		return nil, fs.ErrNotExist
	}
	for _, known := range mountNames {
		if name != known {
			continue
		}
		store, err := mounts.Mount(ctx, account, name)
		if err != nil {
			return nil, err
		}
		store = unpaired{store}
		if strings.HasSuffix(name, "Skins") {
			store = skins{store}
		}
		return store, nil
	}
	return nil, fs.ErrNotExist
}

// unpaired is a store in which X.meta is a file like others, and may be one of
// another skin than X. A store takes it along with X, so what would move, copy or
// remove it unasked is refused with ErrConflict.
type unpaired struct{ Store }

func (u unpaired) Remove(ctx context.Context, name string, o RemoveOptions) error {
	if err := u.alone(ctx, "remove", name); err != nil {
		return err
	}
	return u.Store.Remove(ctx, name, o)
}

func (u unpaired) Rename(ctx context.Context, from, to string, o RenameOptions) error {
	if err := u.alone(ctx, "rename", from); err != nil {
		return err
	}
	if side, _ := SidecarName(to); side != from { // that becomes its file
		if err := u.alone(ctx, "rename", to); err != nil {
			return err
		}
	}
	return u.Store.Rename(ctx, from, to, o)
}

func (u unpaired) Copy(ctx context.Context, from, to string, o CopyOptions, attributes SidecarFunc, l Limits) error {
	for _, name := range []string{from, to} {
		if err := u.alone(ctx, "copy", name); err != nil {
			return err
		}
	}
	return u.Store.Copy(ctx, from, to, o, attributes, l)
}

// alone checks that nothing stands where the sidecar of a name would.
func (u unpaired) alone(ctx context.Context, op, name string) error {
	side, ok := SidecarName(name)
	if !ok {
		return nil
	}
	_, err := u.Store.Stat(ctx, side)
	switch {
	case err == nil:
		return pathError(op, name, ErrConflict)
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, ErrNotDirectory):
		return nil
	}
	return pathError(op, name, withoutPath(err))
}

// listMounts yields the mounts that a caller may open, as entries of the top.
func (v *View) listMounts(ctx context.Context, yield func(FileInfo, error) bool) {
	for _, name := range mountNames {
		info, err := v.Stat(ctx, name)
		if errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if !yield(info, err) {
			return
		}
	}
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
