package clisite

import (
	"context"
	"io"

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
	o.listing = &listing{entries}
	return none, nil
}

// listing is a directory on its way into an answer. It is ended by close.
type listing struct{ entries *filestore.Listing }

// encode writes the dictionary.
func (l *listing) encode(w io.Writer) error {
	text := []byte("{")
	for info, err := range l.entries.All() {
		if err == nil {
			text, err = appendEntry(text, info)
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
func appendEntry(text []byte, info filestore.FileInfo) ([]byte, error) {
	format := &cgpdata.Format{SortKeys: true}
	text, err := cgpdata.Append(text, cgpdata.String(info.Name()), format)
	if err != nil {
		return nil, err
	}
	text, err = cgpdata.Append(append(text, '='), about(info), format)
	return append(text, ';'), err
}

// about tells of an entry. Only those learn when its attributes were changed who see its
// sidecar.
func about(info filestore.FileInfo) cgpdata.Value {
	if info.IsDir() {
		return cgpdata.Array()
	}
	pairs := []cgpdata.Pair{
		{Key: "STFileSize", Value: cgpdata.Number(info.Size())},
		{Key: "STModified", Value: timeStamp(info.ModTime())},
	}
	if sidecar := info.Sidecar(); sidecar != nil {
		pairs = append(pairs, cgpdata.Pair{Key: "MetaModified", Value: timeStamp(sidecar.ModTime)})
	}
	return cgpdata.Dictionary(pairs...)
}

func (l *listing) close() {
	if l != nil {
		l.entries.Close()
	}
}
