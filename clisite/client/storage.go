package client

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/meta"
)

// Storage is the file storage of one account, as the one who has logged in, or As,
// may see it. It is a [filestore.FS]; the methods whose names end in Files, File,
// FileInfo or Attr are single commands. It is safe for concurrent use. Use field
// names.
type Storage struct {
	Client *Client
	// Account is the account: name, which is in the domain of the one who has
	// logged in, or name@domain; "" and "*" are the one who has logged in.
	Account string
	// As is the account whose rights the commands have, and no others (option AUTH);
	// "": those of the one who has logged in. Administrators of the server may say
	// so.
	As string
}

// Storage returns the storage of an account. Nothing is asked of the server.
func (c *Client) Storage(account string) *Storage { return &Storage{Client: c, Account: account} }

// Entry is what a listing says of a file or a directory. Use field names.
type Entry struct {
	Name      string // as the server has it, unchecked
	Directory bool
	Size      int64 // of a file, in bytes
	// The times, in seconds; zero where the server says nothing.
	Modified     time.Time
	Created      time.Time
	MetaModified time.Time // of the attributes; zero also if there are none
}

// Slice is a part of a file.
type Slice struct {
	Data     []byte
	Modified time.Time // of the file
	Size     int64     // of the whole file, in bytes
}

// Position is where WriteStorageFile puts data. The zero Position replaces the
// content, or makes the file.
type Position struct {
	word   string
	offset int64
}

// The positions beside [At].
var (
	Begin  = Position{word: "BEG"} // over the beginning; what is behind the data stays; the file must exist
	Append = Position{word: "END"} // behind the end; makes the file
	New    = Position{word: "NEW"} // a file that must not exist
)

// At is a position in an existing file, which must have at least so many bytes. What
// is behind the data stays. At(0) is the zero Position.
func At(offset int64) Position { return Position{offset: offset} }

func (s *Storage) command(name string) *command { return newCommand(name).account(s.Account) }

// as adds the option AUTH.
func (s *Storage) as(c *command) *command {
	if s.As == "" {
		return c
	}
	return c.option("AUTH", s.As)
}

// ListStorageFiles gives the command LISTSTORAGEFILES: the entries of a directory,
// "" for the top, in the order of the server. An answer that is not whole is an
// error and no entries.
func (s *Storage) ListStorageFiles(ctx context.Context, dir string) (entries []Entry, err error) {
	cmd := s.command("LISTSTORAGEFILES")
	if dir != "" {
		cmd.option("PATH", dir)
	}
	err = s.Client.run(ctx, s.as(cmd).repeatable(), func(a *answer) error {
		entries = nil // of an attempt before
		return a.dictionary(func(name string, v cgpdata.Value) error {
			e, err := entryOf(strings.Clone(name), v)
			entries = append(entries, e)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return entries, nil
}

// entryOf reads what a listing says. A directory is what has no numeric size: an
// empty array in the answers of the CLI.
func entryOf(name string, v cgpdata.Value) (Entry, error) {
	e := Entry{Name: name, Directory: true}
	if v.Kind() != cgpdata.KindArray && v.Kind() != cgpdata.KindDictionary {
		return e, fmt.Errorf("%w: a listing with a %v", ErrProtocol, v.Kind())
	}
	for key, about := range v.Pairs() {
		if !utf8.ValidString(key) || !utf8.ValidString(about.Text()) { // a file must not turn into a directory by that
			return e, fmt.Errorf("%w: a listing with bytes that are no text", ErrProtocol)
		}
	}
	if size, ok := v.Get("STFileSize"); ok {
		n, numeric := size.Int()
		if numeric && n < 0 {
			return e, fmt.Errorf("%w: a file of %d bytes", ErrProtocol, n)
		}
		e.Size, e.Directory = n, !numeric
	}
	e.Modified, e.Created, e.MetaModified = timeOf(v, "STModified"), timeOf(v, "STCreated"), timeOf(v, "MetaModified")
	return e, nil
}

func timeOf(v cgpdata.Value, key string) time.Time {
	found, _ := v.Get(key)
	t, _ := found.Time()
	return t
}

// ReadStorageFile gives the command READSTORAGEFILE: at most size bytes of a file,
// from offset on. Less come at the end of the file, and from a server that has a limit
// of its own. A size of 0 or less leaves the amount to the server; what comes then may be
// longer than Client.MaxAnswer.
func (s *Storage) ReadStorageFile(ctx context.Context, name string, offset, size int64) (part Slice, err error) {
	cmd := s.command("READSTORAGEFILE").option("FILE", name)
	if offset != 0 {
		cmd.number("OFFSET", offset)
	}
	if size > 0 {
		cmd.number("SIZE", size)
	}
	err = s.Client.run(ctx, s.as(cmd).repeatable(), func(a *answer) error {
		v, err := a.value()
		if err != nil {
			return err
		}
		part, err = sliceOf(v, offset, size)
		return err
	})
	return part, err
}

// sliceOf reads the answer to READSTORAGEFILE, and refuses what cannot be a part of
// a file.
func sliceOf(v cgpdata.Value, offset, size int64) (part Slice, err error) {
	if v.Kind() != cgpdata.KindArray || v.Len() < 3 || v.Index(0).Kind() != cgpdata.KindData {
		return part, fmt.Errorf("%w: not the answer to READSTORAGEFILE", ErrProtocol)
	}
	part.Data = v.Index(0).Bytes()
	part.Modified, _ = v.Index(1).Time()
	n, ok := v.Index(2).Int()
	part.Size = n
	got := int64(len(part.Data))
	if !ok || n < 0 || size > 0 && got > size || got > max(n-offset, 0) {
		return Slice{}, fmt.Errorf("%w: %d bytes of a file of %d", ErrProtocol, got, n)
	}
	return part, nil
}

// WriteStorageFile gives the command WRITESTORAGEFILE. One command is one step: the
// file is as it was, or has all the data. Data of more than 16 MiB are more than this
// project's server takes; see [Storage.Create] for files of any size.
func (s *Storage) WriteStorageFile(ctx context.Context, name string, at Position, data []byte) error {
	cmd := s.command("WRITESTORAGEFILE").option("FILE", name)
	switch {
	case at.word != "":
		cmd.word("OFFSET", at.word)
	case at.offset != 0:
		cmd.number("OFFSET", at.offset)
	}
	// What replaces the same bytes twice has done so once.
	cmd.again = at.word == "" || at == Begin
	return s.Client.run(ctx, s.as(cmd).content(data), nil)
}

// MakeStorageDirectory gives the command WRITESTORAGEFILE with a name that ends in a
// slash, which makes a directory.
func (s *Storage) MakeStorageDirectory(ctx context.Context, name string) error {
	cmd := s.command("WRITESTORAGEFILE").option("FILE", strings.TrimSuffix(name, "/")+"/")
	return s.Client.run(ctx, s.as(cmd).content(nil), nil)
}

// RenameStorageFile gives the command RENAMESTORAGEFILE, for files and directories.
// This project's server replaces nothing; what others do with a name that is taken is
// not documented.
func (s *Storage) RenameStorageFile(ctx context.Context, from, into string) error {
	return s.Client.run(ctx, s.as(s.command("RENAMESTORAGEFILE").option("FILE", from).option("INTO", into)), nil)
}

// DeleteStorageFile gives the command DELETESTORAGEFILE, for files and empty
// directories.
func (s *Storage) DeleteStorageFile(ctx context.Context, name string) error {
	return s.Client.run(ctx, s.as(s.command("DELETESTORAGEFILE").option("FILE", name)), nil)
}

// GetStorageFileInfo gives the command GETSTORAGEFILEINFO: what is stored below a
// directory, "" for all.
func (s *Storage) GetStorageFileInfo(ctx context.Context, dir string) (u filestore.Usage, err error) {
	cmd := s.command("GETSTORAGEFILEINFO")
	if dir != "" {
		cmd.option("PATH", dir)
	}
	err = s.Client.run(ctx, s.as(cmd).repeatable(), func(a *answer) error {
		v, err := a.value()
		if err != nil {
			return err
		}
		size, ok := v.Index(0).Int()
		files, also := v.Index(1).Int()
		if !ok || !also || size < 0 || files < 0 {
			return fmt.Errorf("%w: not the answer to GETSTORAGEFILEINFO", ErrProtocol)
		}
		u = filestore.Usage{Bytes: size, Files: files}
		return nil
	})
	return u, err
}

// ReadStorageFileAttr gives the command READSTORAGEFILEATTR: the attributes with
// these names, or all. Those that the caller may not see are left out by the server.
func (s *Storage) ReadStorageFileAttr(ctx context.Context, name string, names ...string) (all []meta.Attribute, err error) {
	cmd := s.command("READSTORAGEFILEATTR").option("FILE", name)
	if len(names) > 0 {
		cmd.value(stringsOf(names))
	}
	err = s.Client.run(ctx, s.as(cmd).repeatable(), func(a *answer) error {
		v, err := a.value()
		if err != nil {
			return err
		}
		all, err = attributesOf(v)
		return err
	})
	return all, err
}

// attributesOf reads XML elements. Several may stand in one value.
func attributesOf(v cgpdata.Value) (all []meta.Attribute, err error) {
	if v.Kind() != cgpdata.KindArray {
		return nil, fmt.Errorf("%w: no array of attributes", ErrProtocol)
	}
	for each := range v.Elements() {
		for text := range elements(each.Text()) {
			a, err := meta.ParseAttribute(text)
			if err != nil || each.Kind() != cgpdata.KindXML {
				return nil, fmt.Errorf("%w: no attribute", ErrProtocol)
			}
			all = append(all, a)
		}
	}
	return all, nil
}

// UpdateStorageFileAttr gives the command UPDATESTORAGEFILEATTR with XML elements as
// [meta.ParseChange] reads them: <title>Beach</title> sets an attribute. Elements that
// are not one well-formed element each are fs.ErrInvalid, and nothing is sent.
func (s *Storage) UpdateStorageFileAttr(ctx context.Context, name string, changes ...string) error {
	list := make([]cgpdata.Value, len(changes))
	for i, text := range changes {
		v, err := xmlOf(text)
		if err != nil {
			return pathError("set attributes", name, err)
		}
		list[i] = v
	}
	cmd := s.command("UPDATESTORAGEFILEATTR").option("FILE", name).value(cgpdata.Array(list...))
	return s.Client.run(ctx, s.as(cmd), nil)
}

// GetFileSubscription gives the command GETFILESUBSCRIPTION: the list that the
// account keeps of files.
func (s *Storage) GetFileSubscription(ctx context.Context) ([]string, error) {
	return s.Client.stringList(ctx, s.command("GETFILESUBSCRIPTION"))
}

// SetFileSubscription gives the command SETFILESUBSCRIPTION, which replaces the list.
func (s *Storage) SetFileSubscription(ctx context.Context, names []string) error {
	return s.Client.run(ctx, s.command("SETFILESUBSCRIPTION").value(stringsOf(names)).repeatable(), nil)
}

func stringsOf(all []string) cgpdata.Value {
	list := make([]cgpdata.Value, len(all))
	for i, each := range all {
		list[i] = cgpdata.String(each)
	}
	return cgpdata.Array(list...)
}
