package ftpsite_test

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/ftpsite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// TestErrorsOfStorages: what a client is told of each error, by an upload, a
// download and a hash. Nothing of the text of an error comes out.
func TestErrorsOfStorages(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		err    error
		reply  string
		closes bool // RFC 959 §4.2: the reply ends the session
	}{
		{err: fs.ErrNotExist, reply: "550 No such file or directory."},
		{err: fs.ErrPermission, reply: "550 Permission denied."},
		{err: filestore.ErrReserved, reply: "550 Permission denied."},
		{err: filestore.ErrHostDenied, reply: "550 Permission denied."},
		{err: fs.ErrExist, reply: "550 Name is taken."},
		{err: filestore.ErrIsDirectory, reply: "550 Is a directory."},
		{err: filestore.ErrNotDirectory, reply: "550 Not a directory."},
		{err: filestore.ErrNotEmpty, reply: "550 Directory is not empty."},
		{err: filestore.ErrConflict, reply: "550 Conflict with an attribute file."},
		{err: fs.ErrInvalid, reply: "553 Name or position not allowed."},
		{err: filestore.ErrLimit, reply: "552 Over the storage limit."},
		{err: filestore.ErrDiskFull, reply: "452 Disk is full."},
		{err: filestore.ErrExhausted, reply: "421 Server is busy, try again later.", closes: true},
		{err: filestore.ErrChanged, reply: "450 File has changed."},
		{err: errors.New("anything else"), reply: "451 Internal error."},
	} {
		for _, operation := range []string{"write", "commit", "read", "hash"} {
			t.Run(row.err.Error()+", "+operation, func(t *testing.T) {
				t.Parallel()
				d := newDirectory()
				d.Write(t, john, "file", "content")
				fails := func() error { return fmt.Errorf("secret: %w", row.err) }
				wrap(d, john, func(inner filestore.Store) filestore.Store {
					s := faulty{Store: inner}
					switch operation {
					case "write":
						s.write = func([]byte) error { return fails() }
					case "commit":
						s.commit = fails
					default:
						s.read = func([]byte) error { return fails() }
					}
					return s
				})
				c := login(t, serve(t, &ftpsite.Server{Views: fixture.Views(d)}), "john")
				switch operation {
				case "hash":
					c.send("HASH file")
				case "read":
					c.data("RETR file")
				default:
					data := c.data("STOR file")
					_, err := data.Write([]byte("new"))
					require.NoError(t, err)
					require.NoError(t, data.Close())
				}
				require.Equal(t, row.reply, c.reply())
				if row.closes {
					c.wantEnd()
				} else {
					c.want("200", "NOOP")
				}
				wantUsage(t, d, john, 1, 7)
			})
		}
	}
}
