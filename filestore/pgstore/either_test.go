package pgstore_test

import (
	"context"
	"fmt"
	"iter"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/pgstore"
	"github.com/cgpkit/cgpkit/filestore/storetest"
)

// TestStoreOfServers: two servers on one database are one store, whichever of them a call
// goes to. They keep as much as they can in S3, one of them all.
func TestStoreOfServers(t *testing.T) {
	long(t)
	t.Parallel()
	url := database(t)
	place := bucket(t)
	a, b := open(t, pgstore.Config{Database: url, S3: place, Inline: 8}), open(t, pgstore.Config{Database: url, S3: place, Inline: small})
	var accounts atomic.Int64
	storetest.Run(t, func(t *testing.T) filestore.Store {
		name := fmt.Sprintf("account%d@test", accounts.Add(1))
		e := &either{}
		for i, s := range []*pgstore.Stores{a, b} {
			store, err := s.Store(t.Context(), name)
			require.NoError(t, err)
			e.stores[i] = store.(*pgstore.Store)
		}
		return e
	})
}

// either is one storage through two servers, which take turns.
type either struct {
	stores [2]*pgstore.Store
	calls  atomic.Int64
}

func (e *either) next() *pgstore.Store { return e.stores[e.calls.Add(1)%2] }

func (e *either) Stat(ctx context.Context, name string) (filestore.FileInfo, error) {
	return e.next().Stat(ctx, name)
}

func (e *either) Open(ctx context.Context, name string) (filestore.File, error) {
	return e.next().Open(ctx, name)
}

func (e *either) List(ctx context.Context, dir string, o filestore.ListOptions) iter.Seq2[filestore.FileInfo, error] {
	return e.next().List(ctx, dir, o)
}

func (e *either) Create(ctx context.Context, name string, o filestore.CreateOptions, l filestore.Limits) (filestore.Upload, error) {
	return e.next().Create(ctx, name, o, l)
}

func (e *either) Mkdir(ctx context.Context, name string, o filestore.MkdirOptions, l filestore.Limits) error {
	return e.next().Mkdir(ctx, name, o, l)
}

func (e *either) Remove(ctx context.Context, name string, o filestore.RemoveOptions) error {
	return e.next().Remove(ctx, name, o)
}

func (e *either) Rename(ctx context.Context, from, to string, o filestore.RenameOptions) error {
	return e.next().Rename(ctx, from, to, o)
}

func (e *either) Copy(ctx context.Context, from, to string, o filestore.CopyOptions, l filestore.Limits) error {
	return e.next().Copy(ctx, from, to, o, l)
}

func (e *either) Usage(ctx context.Context, dir string) (filestore.Usage, error) {
	return e.next().Usage(ctx, dir)
}

func (e *either) Sidecar(ctx context.Context, name, known string) (filestore.Sidecar, error) {
	return e.next().Sidecar(ctx, name, known)
}

func (e *either) SetSidecar(ctx context.Context, name string, content []byte, o filestore.SidecarOptions, l filestore.Limits) (filestore.Sidecar, error) {
	return e.next().SetSidecar(ctx, name, content, o, l)
}

func (e *either) Lock(ctx context.Context, name string, l filestore.Lock, timeout time.Duration) (filestore.Lock, error) {
	return e.next().Lock(ctx, name, l, timeout)
}

func (e *either) RefreshLock(ctx context.Context, name, token, owner string, timeout time.Duration) (filestore.Lock, error) {
	return e.next().RefreshLock(ctx, name, token, owner, timeout)
}

func (e *either) Unlock(ctx context.Context, name, token, owner string) error {
	return e.next().Unlock(ctx, name, token, owner)
}

func (e *either) Locks(ctx context.Context, name string, below bool) ([]filestore.Lock, error) {
	return e.next().Locks(ctx, name, below)
}

func (e *either) Note(ctx context.Context, name string) ([]byte, error) {
	return e.next().Note(ctx, name)
}

func (e *either) SetNote(ctx context.Context, name string, text []byte) error {
	return e.next().SetNote(ctx, name, text)
}
