package table

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"strings"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/tbd"
)

// Table is a set of records with keys. All methods may be called from several
// goroutines at once. After Close they give fs.ErrClosed.
type Table interface {
	// Fields returns the names of the fields in their order; the first one is the
	// key.
	Fields() []string

	// Get returns the record of a key, a dictionary with all fields in their
	// order. The error is fs.ErrNotExist if there is none.
	Get(ctx context.Context, key string) (cgpdata.Value, error)

	// All yields the records. A record that cannot be read yields an error in its
	// place, and the next ones still come, but for an error of the storage
	// itself, such as a server that goes away: that is the last thing.
	All(ctx context.Context) iter.Seq2[cgpdata.Value, error]

	// Put sets the fields that record has in the record of its key, or adds one, in
	// one step. The fields that it does not name stay. A record without a
	// key, a string that is not empty, or with a name that is no field's gives
	// fs.ErrInvalid. What values a field can have is a matter of the type;
	// strings of UTF-8 always will do.
	Put(ctx context.Context, record cgpdata.Value) error

	// Delete removes the record of a key. The error is fs.ErrNotExist if there is
	// none.
	Delete(ctx context.Context, key string) error

	// Close ends the use of the table.
	Close() error
}

var _ Table = (*tbd.Table)(nil)

// Opener opens the table of a file. What it returns beside an error does not
// count.
type Opener func(path string) (Table, error)

// Options say how to open tables; nil is the zero value. Use field names: fields
// may be added.
type Options struct {
	// TBD are those of text tables.
	TBD *tbd.Options
	// Openers open tables of other types, by the extension in lower case with its
	// dot. The one for .ldb is made of [ldb.OpenFile]; it is not there by itself,
	// lest every program that reads text tables has a client for LDAP in it.
	//
	// [ldb.OpenFile]: https://pkg.go.dev/github.com/cgpkit/cgpkit/cgpdata/ldb#OpenFile
	Openers map[string]Opener
}

// Open opens the table of a file. The extension of its name, in upper or lower case,
// tells the type: one of o.Openers, or [tbd.Open] for .tbd. Any other gives
// errors.ErrUnsupported. A nil o is the zero Options. The error is fs.ErrNotExist
// if there is no file.
func Open(path string, o *Options) (Table, error) {
	if o == nil {
		o = &Options{}
	}
	extension := strings.ToLower(filepath.Ext(path))
	open := o.Openers[extension]
	switch {
	case open != nil:
	case extension == ".tbd":
		open = func(path string) (Table, error) { return tbd.Open(path, o.TBD) }
	default:
		return nil, fmt.Errorf("table: type %q: %w", extension, errors.ErrUnsupported)
	}
	t, err := open(path)
	if err != nil {
		return nil, err // not a Table with a nil in it
	}
	return t, nil
}
