package filestore

import (
	"context"
	"io/fs"

	"github.com/cgpkit/cgpkit/meta"
)

// View is the storage of one account as one caller may see it: the only place
// where rights are decided. It implements [FS]; every way in works on those that
// its [Views] makes.
//
// The order of decisions, for each operation:
//
//  1. A name that is not clean is fs.ErrInvalid.
//  2. A share path leads to what its key opens, and nowhere else.
//  3. Refusal by shape. Whoever names the private directory, a mount or a
//     management page, or wants to change something, needs a right to do so.
//     A stranger is refused before anything is looked up, and an account that
//     logged in without the right is refused whether or not the thing exists.
//     So an answer never tells what exists. Where the answer would be no, an
//     access control list may give the right; it is asked last, and never for
//     strangers, sidecars, mounts and pages.
//  4. What else may not be seen is not there: the account does not exist, its
//     WebSite service is off, the name is another's sidecar.
//  5. Names that nobody may take are refused with ErrReserved.
//  6. The store does the rest.
//
// A View is for one request or one command, and is made anew for the next. Its first
// operations look up the account, the caller's role and the store, each once, and those
// that follow go by that, even if a right, a service or a limit changes meanwhile. Sidecars,
// with the access control lists in them, are looked at anew by every operation. A View
// holds nothing that has to be given back, and is safe for concurrent use.
type View struct {
	views   *Views
	caller  Caller
	address string
	tokens  []string // lock tokens that the client has submitted
	lookups *lookups
}

var (
	_ FS        = (*View)(nil)
	_ Locker    = (*View)(nil)
	_ Describer = (*View)(nil)
)

// access is a name that the caller may use as they want to.
type access struct {
	Account
	Store      Store  // its files, or a mount
	name       string // in the store
	role       Role
	privileged bool        // owner or administrator: sees everything
	sidecars   bool        // sees sidecars
	rights     meta.Rights // all, or what an access control list gives there
	listed     bool        // it is a directory, and rights are what its own list gives
	share      bool        // reached by a share path
	mount      string      // the mount that it is in
	asked      *int64      // bytes of sidecars that were looked at for grants
	memory     *memory
}

// read enters name for reading and leaves out what is not a stored file.
func (v *View) read(ctx context.Context, op, name string, n need) (access, error) {
	a, err := v.enter(ctx, op, name, n)
	if err == nil && a.virtual() {
		return access{}, pathError(op, Redact(name), fs.ErrNotExist)
	}
	return a, err
}

// Stat implements [FS].
func (v *View) Stat(ctx context.Context, name string) (_ FileInfo, err error) {
	defer v.begin(ctx, "Stat", name, "").end(&err)
	a, info, err := v.stat(ctx, name)
	if err != nil {
		return nil, err
	}
	return a.show(name, info), nil
}

// stat is Stat, before what the caller may not see is left out.
func (v *View) stat(ctx context.Context, name string) (access, FileInfo, error) {
	a, err := v.read(ctx, "stat", name, toRead)
	if err != nil {
		return a, nil, err
	}
	if b, err := v.built(ctx, a); err != nil {
		return a, nil, err
	} else if b != nil {
		return a, b.entry(name).Info(), nil
	}
	info, err := a.stat(ctx)
	return a, info, a.hide(name, err)
}

// Open implements [FS].
func (v *View) Open(ctx context.Context, name string) (_ File, err error) {
	watched := v.begin(ctx, "Open", name, "")
	defer watched.end(&err)
	a, err := v.read(ctx, "open", name, toRead)
	if err != nil {
		return nil, err
	}
	if b, err := v.built(ctx, a); err != nil {
		return nil, err
	} else if b != nil {
		return watched.file(b.entry(name).Open(b.Content)), nil
	}
	file, err := a.open(ctx)
	if err != nil {
		return nil, a.hide(name, err)
	}
	return watched.file(file), nil
}

// Usage implements [FS].
func (v *View) Usage(ctx context.Context, dir string) (_ Usage, err error) {
	defer v.begin(ctx, "Usage", dir, "").end(&err)
	a, err := v.manage(ctx, "usage", dir)
	if err != nil {
		return Usage{}, err
	}
	usage, err := a.Store.Usage(ctx, a.name)
	return usage, a.hide(dir, err)
}

// Limits implements [FS].
func (v *View) Limits(ctx context.Context) (_ Limits, err error) {
	defer v.begin(ctx, "Limits", Root, "").end(&err)
	a, err := v.manage(ctx, "limits", Root)
	return a.Limits, err
}

// Manage returns nil if the caller may use the management page of dir
// (CommuniGate Pro Guide, File Storage, "HTML-based Management"). Whether dir
// exists is not looked at.
func (v *View) Manage(ctx context.Context, dir string) (err error) {
	defer v.begin(ctx, "Manage", dir, "").end(&err)
	_, err = v.manage(ctx, "manage", dir)
	return err
}

// manage enters dir for what only its owner and administrators may do.
func (v *View) manage(ctx context.Context, op, dir string) (access, error) {
	a, err := v.enter(ctx, op, dir, toManage)
	if err == nil && a.virtual() {
		return access{}, pathError(op, dir, fs.ErrNotExist)
	}
	return a, err
}

// builtinDefaultPage is the default of the setting DefaultWebPage.
const builtinDefaultPage = "default.html"

// DefaultPage returns the name of the file that stands for a directory when a
// URL names no file: the account's DefaultWebPage in it. A setting that is not
// one plain segment counts as "default.html", and so does that of an account
// that cannot be found: opening the page tells about that. Mounts have no
// default pages.
func (v *View) DefaultPage(ctx context.Context, dir string) (string, error) {
	if dir != Root && traitsOf(dir).mount != noMount {
		_, _, err := v.stat(ctx, dir)
		if err == nil {
			err = pathError("open", dir, fs.ErrNotExist)
		}
		return "", err
	}
	account, err := v.account(ctx)
	page := account.DefaultPage
	parent, _ := Split(page)
	if err != nil || page == "" || page == Root || parent != Root || CheckName(page) != nil || reservedTarget(page, false) || IsSidecar(page) {
		page = builtinDefaultPage
	}
	return Join(dir, page), nil
}
