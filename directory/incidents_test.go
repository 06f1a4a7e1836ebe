package directory_test

import (
	"context"
	"fmt"
	"io/fs"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
)

// refusing is a store on a host that refuses what is removed.
type refusing struct {
	filestore.Store
	errno *atomic.Uint64
}

func (s refusing) Remove(_ context.Context, name string, _ filestore.RemoveOptions) error {
	return &fs.PathError{Op: "remove", Path: name, Err: filestore.HostError(syscall.Errno(s.errno.Load()))}
}

// What the system refuses is one line in the log, with the directory, for as long
// as it goes on; where every directory has a fault of its own, some are named.
func TestIncidents(t *testing.T) {
	t.Parallel()
	var errno atomic.Uint64
	f := files{}
	for i := range 20 {
		f[fmt.Sprintf("Accounts/a%d.macnt/", i)] = ""
	}
	b := newBase(t, f, directory.Options{OpenStore: func(string, bool) (filestore.Store, error) {
		return refusing{memstore.New(), &errno}, nil
	}})
	flood := func(refused syscall.Errno) (lines int) {
		errno.Store(uint64(refused))
		before := strings.Count(b.log.String(), "storage refused by the system")
		for range 10 {
			for i := range 20 {
				a, err := b.Account(t.Context(), fmt.Sprintf("a%d@main.example", i))
				require.NoError(t, err)
				require.ErrorIs(t, a.Store.Remove(t.Context(), "f", filestore.RemoveOptions{}), refused)
			}
		}
		return strings.Count(b.log.String(), "storage refused by the system") - before
	}
	require.Equal(t, 1, flood(syscall.ENOSPC))
	require.Contains(t, b.log.String(), "dir="+b.dir+"/Accounts/a0.macnt/account.web ")
	require.Contains(t, b.log.String(), "no space left on device")
	require.Zero(t, flood(syscall.EDQUOT), "it is the same fault")
	require.Equal(t, 1, flood(syscall.EMFILE))
	require.Equal(t, 10, flood(syscall.EACCES))
	require.Zero(t, flood(syscall.EROFS))
	require.Zero(t, flood(syscall.EIO), "the way in logs that")
	b.mu.Lock()
	b.now = b.now.Add(10 * time.Minute)
	b.mu.Unlock()
	require.Equal(t, 1, flood(syscall.ENOSPC), "it goes on")
	require.Contains(t, b.log.String(), "count=399")
}
