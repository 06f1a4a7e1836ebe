package clisite

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/filestore"
)

// maxSlice is how much of a file one answer carries at most, in bytes.
const maxSlice = 16 << 20

// storageCommand finds a command for files by its name in capitals (CommuniGate Pro
// Guide, CLI, File Storage).
func storageCommand(name string) (c command, ok bool) {
	switch name {
	case "LISTSTORAGEFILES", "LISTWEBFILES":
		c = command{allowed: optPath, run: list}
	case "READSTORAGEFILE", "GETWEBFILE":
		c = command{required: optFile, allowed: optOffset | optSize, run: read}
	case "WRITESTORAGEFILE", "PUTWEBFILE":
		c = command{required: optFile | optData, allowed: optOffset, changes: true, run: write}
	case "RENAMESTORAGEFILE", "RENAMEWEBFILE":
		c = command{required: optFile | optInto, changes: true, run: rename}
	case "DELETESTORAGEFILE", "DELETEWEBFILE":
		c = command{required: optFile, changes: true, run: remove}
	case "READSTORAGEFILEATTR":
		c = command{required: optFile, allowed: optList, run: readAttributes}
	case "UPDATESTORAGEFILEATTR":
		c = command{required: optFile | optList, changes: true, run: updateAttributes}
	case "GETSTORAGEFILEINFO":
		c = command{allowed: optPath, run: info}
	case "GETWEBFILESINFO":
		c = command{run: info}
	default:
		return c, false
	}
	if strings.Contains(name, "STORAGE") {
		c.allowed |= optAuth
	}
	if name == "WRITESTORAGEFILE" {
		c.allowed |= optPlace
	}
	return c, true
}

// operation is a command at work.
type operation struct {
	views   *filestore.Views
	caller  filestore.Caller
	domain  string   // completes names of accounts
	account string   // the storage that plain names are in
	file    *slice   // what the answer is to hold of a file; nil: nothing
	listing *listing // the answer, if not nil
	done    filestore.Event
}

// prepare gives the operation the rights that the command is to have.
func (o *operation) prepare(ctx context.Context, views *filestore.Views, caller filestore.Caller, a arguments) error {
	o.views, o.caller = views, caller
	_, o.domain, _ = strings.Cut(caller.Account, "@")
	if a.given&optAuth != 0 {
		if err := o.actFor(ctx, a.auth); err != nil {
			return err
		}
	}
	o.account = caller.Account
	if a.account != "*" && a.account != "" {
		o.account = o.qualify(a.account)
	}
	return nil
}

// Delegator is an addition to a [filestore.Directory] that knows who may give
// commands in the name of others (the right CanImpersonate). Without it that is
// for administrators of the server.
type Delegator interface {
	// MayActFor reports whether caller may act for the account with this real
	// address.
	MayActFor(ctx context.Context, caller filestore.Caller, account string) (bool, error)
}

// actFor gives the operation the rights of another account, and no others.
// Whoever may not learns nothing about that account.
func (o *operation) actFor(ctx context.Context, name string) error {
	if name == "*" || strings.EqualFold(o.qualify(name), o.caller.Account) {
		return nil
	}
	role, err := o.views.Directory().Role(ctx, o.caller, "")
	if err != nil {
		return err
	}
	account, err := o.views.Directory().Account(ctx, o.qualify(name))
	if errors.Is(err, fs.ErrNotExist) && role != filestore.Administrator {
		return errAuth
	}
	if err != nil {
		return err
	}
	may := role == filestore.Administrator
	if d, ok := o.views.Directory().(Delegator); ok && !may {
		if may, err = d.MayActFor(ctx, o.caller, account.Address); err != nil {
			return err
		}
	}
	if !may {
		return errAuth
	}
	o.caller = filestore.Caller{Account: account.Address, Remote: o.caller.Remote}
	return nil
}

func (o *operation) qualify(account string) string {
	return filestore.QualifyAccount(account, o.domain)
}

// target is a name in a storage.
type target struct {
	address   string
	name      string // clean
	directory bool   // the client said that it means a directory
}

// locate finds out what a name of the client means.
func (o *operation) locate(name string) (t target, err error) {
	t.address = o.account
	if rest, ok := strings.CutPrefix(name, "~"); ok {
		var account string
		account, name, _ = strings.Cut(rest, "/")
		t.address = o.qualify(account)
	}
	if o.done.Storage == "" { // of RENAME the first
		o.done.Storage, o.done.Name = t.address, filestore.Redact(name)
	}
	t.name, t.directory, err = filestore.CleanName(name)
	return t, err
}

// open finds out what a name means and how the caller sees its storage.
func (o *operation) open(name string) (*filestore.View, target, error) {
	t, err := o.locate(name)
	return o.views.View(o.caller, t.address), t, err
}

// need makes sure that a name with a slash at its end is a directory.
func (t target) need(ctx context.Context, view *filestore.View) error {
	if !t.directory || t.name == filestore.Root {
		return nil
	}
	info, err := view.Stat(ctx, t.name)
	if err == nil && !info.IsDir() {
		err = filestore.ErrNotDirectory
	}
	return err
}

// needTarget is need for what is going to be changed.
func (t target) needTarget(ctx context.Context, view *filestore.View) error {
	info, err := view.Target(ctx, t.name)
	if err == nil && info != nil && t.directory && !info.IsDir() {
		err = filestore.ErrNotDirectory
	}
	return err
}

// timeStamp returns a time that every reader takes: the format ends in 2038
// (CommuniGate Pro Guide, Data Formats, Time Stamps).
func timeStamp(t time.Time) cgpdata.Value {
	first, last := time.Unix(0, 0), time.Date(2038, 12, 31, 23, 59, 59, 0, time.UTC)
	if t.Before(first) {
		t = first
	}
	if t.After(last) {
		t = last
	}
	return cgpdata.Time(t)
}

func read(ctx context.Context, o *operation, a arguments) (cgpdata.Value, error) {
	view, t, err := o.open(a.file)
	if err == nil {
		err = t.need(ctx, view)
	}
	if err != nil {
		return none, err
	}
	file, err := view.Open(ctx, t.name)
	if err != nil {
		return none, err
	}
	o.file = &slice{file: file}
	info, err := file.Stat()
	if err != nil {
		return none, err
	}
	size := min(max(info.Size()-a.offset, 0), maxSlice)
	if a.given&optSize != 0 {
		size = min(size, a.size)
	}
	if err := o.file.begin(a.offset, size); err != nil {
		return none, err
	}
	o.done.Bytes = size
	return cgpdata.Array(cgpdata.Data(nil), timeStamp(info.ModTime()), cgpdata.Number(info.Size())), nil
}

func write(ctx context.Context, o *operation, a arguments) (cgpdata.Value, error) {
	view, t, err := o.open(a.file)
	if err != nil {
		return none, err
	}
	if t.directory {
		if a.offset > 0 || a.at != atOffset || len(a.data) > 0 {
			return none, fs.ErrInvalid
		}
		return none, view.Mkdir(ctx, t.name)
	}
	o.done.Bytes = int64(len(a.data))
	var options filestore.CreateOptions
	switch a.at {
	case atOffset:
		options.Offset, options.KeepTail = a.offset, a.offset > 0
	case atBegin:
		options.KeepTail = true
	case atEnd:
		options.Offset = filestore.End
	case asNew:
		options.If.Absent = true
	}
	return none, store(ctx, view, t.name, a.data, options)
}

// store writes data to a file, all of it or nothing.
func store(ctx context.Context, view *filestore.View, name string, data []byte, o filestore.CreateOptions) error {
	o.Size = int64(len(data))
	upload, err := view.Create(ctx, name, o)
	if err != nil {
		return err
	}
	defer upload.Abort()
	if _, err := upload.Write(data); err != nil {
		return err
	}
	_, err = upload.Commit()
	return err
}

func rename(ctx context.Context, o *operation, a arguments) (cgpdata.Value, error) {
	view, from, err := o.open(a.file)
	if err != nil {
		return none, err
	}
	to, err := o.locate(a.into)
	if err != nil {
		return none, err
	}
	from.directory = from.directory || to.directory
	if err := from.needTarget(ctx, view); err != nil {
		return none, err
	}
	same, err := view.SameAccount(ctx, to.address)
	if err == nil && !same {
		err = filestore.ErrReserved
	}
	if err != nil {
		return none, err
	}
	return none, view.Rename(ctx, from.name, to.name, filestore.RenameOptions{})
}

func remove(ctx context.Context, o *operation, a arguments) (cgpdata.Value, error) {
	view, t, err := o.open(a.file)
	if err == nil {
		err = t.needTarget(ctx, view)
	}
	if err != nil {
		return none, err
	}
	return none, view.Remove(ctx, t.name, filestore.RemoveOptions{})
}

func info(ctx context.Context, o *operation, a arguments) (cgpdata.Value, error) {
	view, t, err := o.open(a.path)
	if err != nil {
		return none, err
	}
	usage, err := view.Usage(ctx, t.name)
	return cgpdata.Array(cgpdata.Number(usage.Bytes), cgpdata.Number(usage.Files)), err
}
