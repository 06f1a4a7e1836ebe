package directory_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
)

// manyAccounts makes a base directory with so many single-mailbox accounts in
// one domain.
func manyAccounts(t testing.TB, count int) string {
	t.Helper()
	dir := t.TempDir()
	files{"Settings/Main.settings": mainSettings, "Domains/big.example/": ""}.write(t, dir)
	for i := range count {
		f, err := os.Create(filepath.Join(dir, "Domains/big.example", fmt.Sprintf("a%d.mbox", i)))
		require.NoError(t, err)
		require.NoError(t, f.Close())
	}
	return dir
}

// With many accounts the start does as much as with few, and so does looking for
// one of them: it costs as many allocations, where reading a directory makes some
// for every entry.
func TestStartDoesNotDependOnAccounts(t *testing.T) {
	small, large := manyAccounts(t, 50), manyAccounts(t, 50_000)
	start := func(dir string) float64 {
		return testing.AllocsPerRun(5, func() {
			b, err := directory.Open(dir, nil)
			require.NoError(t, err)
			_, err = b.Account(t.Context(), "a7@big.example")
			require.NoError(t, err)
		})
	}
	require.InDelta(t, start(small), start(large), 50)
}

// Memory follows the accounts in use: of a base in which every account has been
// looked for, some thousands are kept.
func TestMemoryIsBounded(t *testing.T) {
	const kept = 2 * 8192 // the bound that the package has
	b := newBase(t, files{"Accounts/john.mbox": ""}, directory.Options{
		OpenStore: func(string, bool) (filestore.Store, error) { return memstore.New(), nil },
	})
	heap := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapObjects)
	}
	look := func(from, to int) {
		for i := from; i < to; i++ {
			_, err := b.Account(t.Context(), fmt.Sprintf("nobody%d@main.example", i))
			require.Error(t, err)
		}
	}
	look(0, kept)
	before := heap()
	look(kept, 2*kept)
	require.Less(t, heap()-before, int64(kept), "as many names again, and not one object for each")
	_, err := b.Account(t.Context(), "john@main.example")
	require.NoError(t, err)
}
