package pgstore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/pgstore"
	"github.com/cgpkit/cgpkit/filestore/storetest"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// shared is one database server for all tests of the package that do not break it.
var shared = sync.OnceValues(func() (*fixture.Postgres, error) { return fixture.StartPostgres() })

func TestMain(m *testing.M) {
	if url := os.Getenv(workEnv); url != "" {
		fmt.Fprintln(os.Stderr, work(url, os.Getenv(workEnv+"_S3")))
		os.Exit(1)
	}
	code := m.Run()
	if p, err := shared(); err == nil {
		p.Remove()
	}
	os.Exit(code)
}

// database returns an empty database of the shared server.
func database(t testing.TB) string {
	t.Helper()
	p, err := shared()
	if errors.Is(err, exec.ErrNotFound) {
		fixture.Lacking(t, "postgresql is not installed; .ci/run installs it")
	}
	require.NoError(t, err)
	return p.Database(t)
}

// open opens the storages of a new database.
func open(t testing.TB, c pgstore.Config) *pgstore.Stores {
	t.Helper()
	if c.Database == "" {
		c.Database = database(t)
	}
	require.NoError(t, pgstore.Migrate(t.Context(), c.Database))
	s, err := pgstore.Open(t.Context(), c)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// stores returns a function for tests that want an empty store each time.
func stores(s *pgstore.Stores) func(*testing.T) filestore.Store {
	var accounts atomic.Int64
	return func(t *testing.T) filestore.Store {
		store, err := s.Store(context.Background(), fmt.Sprintf("account%d@test", accounts.Add(1)))
		require.NoError(t, err)
		return store
	}
}

// bucket is an empty bucket.
func bucket(t testing.TB) *pgstore.S3 {
	t.Helper()
	s := fixture.NewS3(t)
	return &pgstore.S3{Endpoint: s.Endpoint, Bucket: s.Bucket, AccessKey: fixture.S3Access, SecretKey: fixture.S3Secret}
}

// small is a storage that keeps as much as it can where large contents are.
const small = -1

// TestStore keeps small contents in rows and the others in pieces.
func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, stores(open(t, pgstore.Config{Inline: 8})))
}
