package filestore_test

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// farStore is a store across a network: every call of it takes a millisecond, and is
// noted.
type farStore struct {
	filestore.Store
	calls *[]string
}

func (f farStore) call(name string) {
	time.Sleep(time.Millisecond)
	*f.calls = append(*f.calls, name)
}

func (f farStore) Stat(ctx context.Context, name string) (filestore.FileInfo, error) {
	f.call("stat")
	return f.Store.Stat(ctx, name)
}

func (f farStore) Open(ctx context.Context, name string) (filestore.File, error) {
	f.call("open")
	return f.Store.Open(ctx, name)
}

func (f farStore) List(ctx context.Context, dir string, o filestore.ListOptions) iter.Seq2[filestore.FileInfo, error] {
	f.call("list")
	return f.Store.List(ctx, dir, o)
}

func (f farStore) Create(ctx context.Context, name string, o filestore.CreateOptions, l filestore.Limits) (filestore.Upload, error) {
	f.call("create")
	return f.Store.Create(ctx, name, o, l)
}

func (f farStore) Rename(ctx context.Context, from, to string, o filestore.RenameOptions) error {
	f.call("rename")
	return f.Store.Rename(ctx, from, to, o)
}

func (f farStore) Sidecar(ctx context.Context, name, known string) (filestore.Sidecar, error) {
	f.call("sidecar")
	return f.Store.Sidecar(ctx, name, known)
}

// How often a view calls its store, whatever a directory holds.
func TestViewCallsOfTheStore(t *testing.T) {
	t.Parallel()
	d := fixture.New(func() filestore.Store { return memstore.New() })
	d.Write(t, owner, "private/box.meta", list("mary=lr"))
	for i := range 1000 {
		d.Write(t, owner, fmt.Sprintf("private/box/f%03d", i), "x")
		d.Write(t, owner, fmt.Sprintf("private/box/f%03d.meta", i), list("mary=r"))
	}
	d.Write(t, owner, "public.txt", "x")
	var calls []string
	d.Update(owner, func(a *fixture.Account) { a.Store = farStore{a.Store, &calls} })
	views := fixture.Views(d)
	for _, tt := range []struct{ who, op, name, want string }{
		{"owner", "list", "private/box", "list"},
		{"other", "list", "private/box", "stat sidecar list"}, // of the directory, whatever is in it
		{"owner", "read", "private/box/f000", "open"},
		{"stranger", "read", "public.txt", "open"},
		{"owner", "create", "public.txt", "create"},
		{"owner", "rename", "public.txt", "rename"},
	} {
		calls = nil
		v := views.View(callers[tt.who], owner)
		if tt.op == "list" {
			listed := len(strings.Fields(names(t, v, tt.name)))
			require.Equal(t, map[string]int{"owner": 2000, "other": 1000}[tt.who], listed)
		} else {
			require.NoError(t, operations[tt.op](t.Context(), v, tt.name))
		}
		got := strings.Join(calls, " ")
		require.Equal(t, tt.want, got, "%s %s", tt.who, tt.op)
	}
}
