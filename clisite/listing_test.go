package clisite_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/clisite"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// longDirectory is a store with so many files in each directory. If it breaks, it
// does after 5,000.
type longDirectory struct {
	filestore.Store
	entries int
	breaks  bool
}

func (s longDirectory) List(ctx context.Context, dir string, _ filestore.ListOptions) iter.Seq2[filestore.FileInfo, error] {
	return func(yield func(filestore.FileInfo, error) bool) {
		one, err := s.Stat(ctx, "public")
		for i := range s.entries {
			if i == 5000 && s.breaks {
				one, err = nil, &fs.PathError{Op: "list", Path: dir, Err: errors.New("disk is gone")}
			}
			if !yield(renamed{one, fmt.Sprintf("f%05d", i)}, err) || err != nil {
				return
			}
		}
	}
}

type renamed struct {
	filestore.FileInfo
	name string
}

func (r renamed) Name() string { return r.name }
func (r renamed) Path() string { return r.name }

func longListing(t *testing.T, entries int, breaks bool) *fixture.Directory {
	t.Helper()
	d := accounts(t)
	d.Update("john@client1.com", func(a *fixture.Account) { a.Store = longDirectory{a.Store, entries, breaks} })
	return d
}

// TestLongListing: all entries of a directory come, however many. What breaks off
// must not look like an answer.
func TestLongListing(t *testing.T) {
	t.Parallel()
	const entries = 20_000
	c := dial(t, serve(t, &clisite.Server{Views: fixture.Views(longListing(t, entries, false))}))
	c.login("john")
	for range 2 {
		c.ask(`ListStorageFiles *`, "200 data follows")
		v, err := cgpdata.Parse([]byte(c.read()), &cgpdata.Options{SingleLine: true, MaxItems: 10 * entries})
		require.NoError(t, err)
		require.Equal(t, entries, v.Len())
	}
	c.ask("NOOP", "200 OK")

	c = dial(t, serve(t, &clisite.Server{Views: fixture.Views(longListing(t, entries, true))}))
	c.login("john")
	c.ask(`ListStorageFiles *`, "200 data follows")
	cut, err := io.ReadAll(c.in)
	require.NoError(t, err)
	require.NotContains(t, string(cut), "}\r\n")
}
