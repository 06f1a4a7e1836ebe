// Package sharing makes, lists and revokes the keys that open private files: whoever
// names one may read a file, or a directory and all below it, without a login.
//
//	key, err := sharing.Add(ctx, view, "private/holidays", recipients)
//	path, err := sharing.Path("private/holidays", key, true)
//	// protected/holidays/pwd/KEY/, behind the address of the account
//
// Keys stand in the sidecars of what they open. Every change is one step: what others
// change at the same time stays. Keys are secrets, and so are the paths that hold them.
//
// All of it works on a [filestore.FS] as its owner or an administrator sees it; for others
// there are no keys. Who that is, a [filestore.View] decides.
//
// Source: CommuniGate Pro Guide, File Storage, "Shared Private Files".
package sharing

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"net/mail"
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/meta"
)

// private is what keys can open, or a part of it. The word grants, so it is compared
// exactly.
const private = "private"

// Limits of what is shared at once; our choice.
const (
	MaxRecipients = 200
	MaxEntries    = 20_000 // that List looks at
)

// ErrIncomplete tells that [List] has not looked at everything.
var ErrIncomplete = errors.New("sharing: too many entries to look at all of them")

// Allowed reports whether a name can be shared: the private directory or what is below
// it, that may have a sidecar and is none.
func Allowed(name string) bool {
	_, room := filestore.SidecarName(name)
	return filestore.CheckName(name) == nil && filestore.Within(name, private) && room && !filestore.IsSidecar(name)
}

// Path returns the path in the storage by which a key that stands at a private name opens
// it. That of a directory ends in a slash. A name that is not [Allowed] gives
// fs.ErrInvalid.
func Path(name, key string, directory bool) (string, error) {
	if !Allowed(name) || key == "" || strings.Contains(key, "/") {
		return "", &fs.PathError{Op: "share", Path: name, Err: fs.ErrInvalid}
	}
	// The key may be named behind any directory on the way: the first one that is called
	// pwd would be taken for the mark.
	var before, behind []string
	for segment := range strings.SplitSeq(strings.TrimPrefix(name+"/", private+"/"), "/") {
		switch {
		case segment == "":
		case segment == "pwd" || len(behind) > 0:
			behind = append(behind, segment)
		default:
			before = append(before, segment)
		}
	}
	if !directory && len(behind) == 0 && len(before) > 0 { // as vendor clients write it
		behind, before = before[len(before)-1:], before[:len(before)-1]
	}
	path := strings.Join(append(append(append([]string{"protected"}, before...), "pwd", key), behind...), "/")
	if directory {
		path += "/"
	}
	return path, nil
}

// Add makes a new random key for a private name, with a note of who gets it. The errors are
// fs.ErrInvalid for a name that is not [Allowed] and for recipients that cannot be written,
// and those of [filestore.FS].SetAttributes.
func Add(ctx context.Context, files filestore.FS, name string, recipients []meta.Recipient) (key string, err error) {
	if !Allowed(name) || len(recipients) > MaxRecipients {
		return "", &fs.PathError{Op: "share", Path: name, Err: fs.ErrInvalid}
	}
	key = meta.NewKey()
	if err := files.SetAttributes(ctx, name, meta.AddKey(meta.Share{Key: key, Recipients: recipients})); err != nil {
		return "", err
	}
	return key, nil
}

// Revoke takes a key away from a private name, at once. One that is not there is revoked
// already.
func Revoke(ctx context.Context, files filestore.FS, name, key string) error {
	if !Allowed(name) {
		return &fs.PathError{Op: "revoke", Path: name, Err: fs.ErrInvalid}
	}
	return files.SetAttributes(ctx, name, meta.RevokeKey(key))
}

// Shared is a file or a directory with the keys that stand at it.
type Shared struct {
	Name      string
	Directory bool
	Shares    []meta.Share
}

// Of returns the keys that stand at a name, none for one without. A sidecar that cannot be
// understood grants nothing: ErrConflict.
func Of(ctx context.Context, files filestore.FS, name string) (Shared, error) {
	info, err := files.Stat(ctx, name)
	if err != nil {
		return Shared{}, err
	}
	s := Shared{Name: name, Directory: info.IsDir()}
	if !Allowed(name) {
		return s, nil
	}
	metadata, err := filestore.ReadMetadata(ctx, files, name)
	if err != nil || metadata.Text == nil {
		return s, err
	}
	document, err := meta.Parse(metadata.Text)
	if err != nil {
		return s, &fs.PathError{Op: "read shares", Path: name, Err: fmt.Errorf("%w: %v", filestore.ErrConflict, err)}
	}
	s.Shares = document.Shares()
	return s, nil
}

// Above yields the directories on the way to a name, from the private one down, whose keys
// open it as well.
func Above(ctx context.Context, files filestore.FS, name string) iter.Seq2[Shared, error] {
	return func(yield func(Shared, error) bool) {
		if !Allowed(name) {
			return
		}
		for i := range len(name) {
			if name[i] != '/' {
				continue
			}
			s, err := Of(ctx, files, name[:i])
			if (err != nil || len(s.Shares) > 0) && !yield(s, err) {
				return
			}
		}
	}
}

// List yields what has keys below a private directory, by name, each directory before what
// is in it. An error is about one entry, and the walk goes on; it ends with [ErrIncomplete] after [MaxEntries] entries, and when
// ctx does. Entries are told to have sidecars by [filestore.FileInfo].
func List(ctx context.Context, files filestore.FS, dir string) iter.Seq2[Shared, error] {
	return func(yield func(Shared, error) bool) {
		if !Allowed(dir) {
			return
		}
		w := walk{ctx: ctx, files: files, left: MaxEntries, yield: yield}
		w.below(dir)
	}
}

// walk is a List under way.
type walk struct {
	ctx   context.Context
	files filestore.FS
	left  int // entries that may still be looked at
	yield func(Shared, error) bool
}

// below walks through a directory, whose depth the store bounds. It reports whether to go
// on.
func (w *walk) below(dir string) bool {
	for info, err := range w.files.List(w.ctx, dir, "") {
		if err != nil {
			if !w.yield(Shared{}, err) || w.ctx.Err() != nil {
				return false
			}
			continue
		}
		if w.left--; w.left < 0 {
			w.yield(Shared{}, ErrIncomplete)
			return false
		}
		name := filestore.Join(dir, info.Name())
		if filestore.IsSidecar(name) {
			continue
		}
		if info.Sidecar() != nil {
			s, err := Of(w.ctx, w.files, name)
			if (err != nil || len(s.Shares) > 0) && !w.yield(s, err) {
				return false
			}
		}
		if info.IsDir() && !w.below(name) {
			return false
		}
	}
	return true
}

// ParseRecipients reads the addresses of people as they are written into a form: separated
// by commas, semicolons or lines, each with or without a name (RFC 5322 §3.4). The error
// tells which part is no address.
func ParseRecipients(text string) ([]meta.Recipient, error) {
	var recipients []meta.Recipient
	for line := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\n' || r == '\r' || r == ';' }) {
		line = strings.Trim(line, " \t,")
		if line == "" {
			continue
		}
		addresses, err := mail.ParseAddressList(line)
		if err != nil {
			return nil, fmt.Errorf("%q is no address: %w", filestore.Clip(line, 100), fs.ErrInvalid)
		}
		for _, a := range addresses {
			recipients = append(recipients, meta.Recipient{Address: a.Address, Name: a.Name})
		}
		if len(recipients) > MaxRecipients {
			return nil, fmt.Errorf("more than %d addresses: %w", MaxRecipients, fs.ErrInvalid)
		}
	}
	return recipients, nil
}

// Mailto returns the URL of a new message to people (RFC 6068).
func Mailto(recipients []meta.Recipient, subject, body string) string {
	var b strings.Builder
	b.WriteString("mailto:")
	for i, r := range recipients {
		if i > 0 {
			b.WriteByte(',')
		}
		escape(&b, r.Address, "@")
	}
	b.WriteString("?subject=")
	escape(&b, subject, "")
	b.WriteString("&body=")
	escape(&b, strings.ReplaceAll(strings.ReplaceAll(body, "\r\n", "\n"), "\n", "\r\n"), "")
	return b.String()
}

// escape writes text, whose bytes other than unreserved ones (RFC 3986 §2.3) and those of
// plain are escaped.
func escape(b *strings.Builder, text, plain string) {
	for _, c := range []byte(text) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-._~"+plain, c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(b, "%%%02X", c)
		}
	}
}
