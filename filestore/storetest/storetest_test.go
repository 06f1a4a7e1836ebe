package storetest_test

import (
	"testing"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/filestore/storetest"
)

func TestRun(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(*testing.T) filestore.Store { return memstore.New() })
}

// FuzzPlay looks for scripts that make memstore miscount.
func FuzzPlay(f *testing.F) {
	f.Add([]byte("an upload, a directory, and so on"))
	f.Fuzz(func(t *testing.T, script []byte) { storetest.Play(t, memstore.New(), script) })
}
