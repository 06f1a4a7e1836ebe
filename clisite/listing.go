package clisite

import (
	"context"
	"io"
	"time"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/filestore"
)

// list answers LISTSTORAGEFILES: a dictionary of the entries.
func list(ctx context.Context, o *operation, a arguments) (cgpdata.Value, error) {
	view, t, err := o.open(a.path)
	if err != nil {
		return none, err
	}
	entries, err := filestore.BeginListing(ctx, view, t.name, nil)
	if err != nil {
		return none, err
	}
	o.listing = &listing{entries: entries, modified: noTime}
	if view.Manage(ctx, t.name) == nil {
		o.listing.modified = func(name string) (time.Time, bool) {
			sidecar, ok := filestore.SidecarName(filestore.Join(t.name, name))
			if !ok {
				return time.Time{}, false
			}
			info, err := view.Stat(ctx, sidecar)
			if err != nil {
				return time.Time{}, false
			}
			return info.ModTime(), true
		}
	}
	return none, nil
}

func noTime(string) (time.Time, bool) { return time.Time{}, false }

// listing is a directory on its way into an answer, of which memory holds some
// thousand entries at a time. It is ended by close.
type listing struct {
	entries *filestore.Listing
	// modified tells when the attributes of an entry were changed. Only those
	// learn that who see its sidecar.
	modified func(name string) (time.Time, bool)
}

// encode writes the dictionary.
func (l *listing) encode(w io.Writer) error {
	text := []byte("{")
	for info, err := range l.entries.All() {
		if err == nil {
			text, err = l.appendEntry(text, info)
		}
		if err == nil {
			_, err = w.Write(text)
		}
		if err != nil {
			return err
		}
		text = text[:0]
	}
	_, err := w.Write(append(text, '}'))
	return err
}

// appendEntry appends the key and the value of an entry.
func (l *listing) appendEntry(text []byte, info filestore.FileInfo) ([]byte, error) {
	format := &cgpdata.Format{SortKeys: true}
	text, err := cgpdata.Append(text, cgpdata.String(info.Name()), format)
	if err != nil {
		return nil, err
	}
	text, err = cgpdata.Append(append(text, '='), l.about(info), format)
	return append(text, ';'), err
}

func (l *listing) about(info filestore.FileInfo) cgpdata.Value {
	if info.IsDir() {
		return cgpdata.Array()
	}
	pairs := []cgpdata.Pair{
		{Key: "STFileSize", Value: cgpdata.Number(info.Size())},
		{Key: "STModified", Value: timeStamp(info.ModTime())},
	}
	if modified, ok := l.modified(info.Name()); ok {
		pairs = append(pairs, cgpdata.Pair{Key: "MetaModified", Value: timeStamp(modified)})
	}
	return cgpdata.Dictionary(pairs...)
}

func (l *listing) close() {
	if l != nil {
		l.entries.Close()
	}
}
