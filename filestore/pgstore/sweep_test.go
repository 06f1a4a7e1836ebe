package pgstore_test

import (
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/pgstore"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// boundless are limits that allow everything.
var boundless = filestore.Limits{Files: filestore.Unlimited, Bytes: filestore.Unlimited, FileSize: filestore.Unlimited}

func store(t testing.TB, s *pgstore.Stores, account string) filestore.Store {
	t.Helper()
	store, err := s.Store(t.Context(), account)
	require.NoError(t, err)
	return store
}

// begin begins an upload and writes to it.
func begin(t testing.TB, s filestore.Store, name, content string, o filestore.CreateOptions, l filestore.Limits) filestore.Upload {
	t.Helper()
	u, err := s.Create(t.Context(), name, o, l)
	require.NoError(t, err)
	_, err = io.WriteString(u, content)
	require.NoError(t, err)
	return u
}

func write(t testing.TB, s filestore.Store, name, content string) {
	t.Helper()
	_, err := begin(t, s, name, content, filestore.CreateOptions{}, boundless).Commit()
	require.NoError(t, err)
}

// later lets so much time pass for the database that all that nobody renews has ended.
func later(t testing.TB, url string) {
	t.Helper()
	query(t, url, "UPDATE bodies SET needed = needed - interval '2 hours'")
	query(t, url, "UPDATE uploads SET expires = expires - interval '2 hours'")
}

// TestSweep: what nothing needs goes, wherever it is kept, and nothing else. A server that
// died in mid-upload is one that was closed.
func TestSweep(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("0123456789", 1_000_000) // more than one part
	s3 := fixture.NewS3(t)
	objects := func() int {
		t.Helper()
		found, err := os.ReadDir(s3.Dir)
		require.NoError(t, err)
		n := 0
		for _, f := range found {
			if !f.IsDir() { // unlike what the server keeps for itself
				n++
			}
		}
		return n
	}
	for name, place := range map[string]*pgstore.S3{
		"chunks":  nil,
		"objects": {Endpoint: s3.Endpoint, Bucket: s3.Bucket, AccessKey: fixture.S3Access, SecretKey: fixture.S3Secret},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := database(t)
			config := pgstore.Config{Database: url, S3: place}
			a, b := open(t, config), open(t, config)
			require.NoError(t, pgstore.Migrate(t.Context(), url))
			dead, err := pgstore.Open(t.Context(), config)
			require.NoError(t, err)
			mine := store(t, a, "john@test")
			bodies := func() (n int) {
				t.Helper()
				query(t, url, "SELECT count(*) FROM bodies", &n)
				if place != nil {
					require.Equal(t, n, objects()+unfinished(t, url))
				}
				return n
			}

			write(t, mine, "kept", large)
			require.NoError(t, mine.Copy(t.Context(), "kept", "shared", filestore.CopyOptions{}, boundless))
			require.NoError(t, mine.Remove(t.Context(), "kept", filestore.RemoveOptions{}))
			write(t, mine, "read", large)
			reading, err := mine.Open(t.Context(), "read")
			require.NoError(t, err)
			write(t, mine, "read", "replaced")
			going := begin(t, mine, "going", large, filestore.CreateOptions{}, boundless)
			declared := begin(t, mine, "declared", large[:len(large)-1], filestore.CreateOptions{Size: int64(len(large))}, boundless)
			begin(t, store(t, dead, "john@test"), "never", large, filestore.CreateOptions{}, boundless)
			require.NoError(t, dead.Close())
			aborted := begin(t, mine, "aborted", large, filestore.CreateOptions{}, boundless)
			require.NoError(t, aborted.Abort())

			swept, err := b.Sweep(t.Context())
			require.NoError(t, err)
			require.Zero(t, swept, "nothing is old enough")
			later(t, url)
			require.NoError(t, a.Renew(t.Context()))
			swept, err = b.Sweep(t.Context())
			require.NoError(t, err)
			require.Equal(t, pgstore.Swept{Bodies: 1, Uploads: 1}, swept, "what the dead one had begun")

			content, err := io.ReadAll(reading)
			require.NoError(t, err)
			require.True(t, string(content) == large)
			require.NoError(t, reading.Close())
			_, err = going.Commit()
			require.NoError(t, err)
			_, err = io.WriteString(declared, "9")
			require.NoError(t, err)
			_, err = declared.Commit()
			require.NoError(t, err)
			later(t, url)
			swept, err = b.Sweep(t.Context())
			require.NoError(t, err)
			require.Equal(t, pgstore.Swept{Bodies: 1}, swept, "what was read")
			for _, name := range []string{"shared", "going", "declared"} {
				f, err := mine.Open(t.Context(), name)
				require.NoError(t, err)
				content, err = io.ReadAll(f)
				require.NoError(t, err)
				require.NoError(t, f.Close())
				require.True(t, string(content) == large, name)
			}
			require.Equal(t, 3, bodies())
			require.NoError(t, mine.Remove(t.Context(), "shared", filestore.RemoveOptions{}))
			later(t, url)
			swept, err = a.Sweep(t.Context())
			require.NoError(t, err)
			require.Equal(t, pgstore.Swept{Bodies: 1}, swept)
			require.Equal(t, 2, bodies())
			if place == nil {
				var chunks int
				query(t, url, "SELECT count(DISTINCT body) FROM chunks", &chunks)
				require.Equal(t, 2, chunks)
			}
		})
	}
}

// unfinished counts bodies that have no object yet.
func unfinished(t testing.TB, url string) (n int) {
	t.Helper()
	query(t, url, "SELECT count(*) FROM bodies WHERE refs = 0", &n)
	return n
}

// TestSwept: an upload that was taken for dead is refused, and holds nothing.
func TestSwept(t *testing.T) {
	t.Parallel()
	url := database(t)
	s := open(t, pgstore.Config{Database: url, Inline: small})
	mine := store(t, s, "john@test")
	u := begin(t, mine, "a", "0123", filestore.CreateOptions{Size: 4}, boundless)
	later(t, url)
	swept, err := s.Sweep(t.Context())
	require.NoError(t, err)
	require.Equal(t, pgstore.Swept{Bodies: 1, Uploads: 1}, swept)
	_, err = u.Commit()
	require.ErrorIs(t, err, filestore.ErrUnavailable)
	used, err := mine.Usage(t.Context(), filestore.Root)
	require.NoError(t, err)
	require.Zero(t, used)
	var held int
	query(t, url, "SELECT held_files + held_bytes FROM accounts", &held)
	require.Zero(t, held)
}

// TestHeldByTheDead: room of a server that has died is free for whoever needs it.
func TestHeldByTheDead(t *testing.T) {
	t.Parallel()
	url := database(t)
	s := open(t, pgstore.Config{Database: url})
	dead, err := pgstore.Open(t.Context(), pgstore.Config{Database: url})
	require.NoError(t, err)
	full := filestore.Limits{Files: 1, Bytes: 10, FileSize: 10}
	begin(t, store(t, dead, "john@test"), "a", "", filestore.CreateOptions{Size: 10}, full)
	require.NoError(t, dead.Close())
	mine := store(t, s, "john@test")
	_, err = mine.Create(t.Context(), "b", filestore.CreateOptions{Size: 1}, full)
	require.ErrorIs(t, err, filestore.ErrLimit)
	later(t, url)
	u := begin(t, mine, "b", "0123456789", filestore.CreateOptions{Size: 10}, full)
	_, err = u.Commit()
	require.NoError(t, err)
	used, err := mine.Usage(t.Context(), filestore.Root)
	require.NoError(t, err)
	require.Equal(t, filestore.Usage{Files: 1, Bytes: 10}, used)
}

// TestDropBody: a content that never became visible goes at once, with the parts that S3 has of
// it, and one that a file has does not go.
func TestDropBody(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("0123456789", 1_000_000) // more than one part
	place := bucket(t)
	url := database(t)
	s := open(t, pgstore.Config{Database: url, S3: place})
	mine := store(t, s, "john@test")
	parts := func() (n int) {
		t.Helper()
		for found := range directly(t, place).ListIncompleteUploads(t.Context(), place.Bucket, "", true) {
			require.NoError(t, found.Err)
			n++
		}
		return n
	}
	u := begin(t, mine, "a", large, filestore.CreateOptions{}, boundless)
	require.Eventually(t, func() bool { return parts() == 1 }, time.Minute, time.Millisecond)
	s.DropBody(t.Context(), u)
	require.Zero(t, parts())
	require.Zero(t, unfinished(t, url))
	require.NoError(t, u.Abort())

	u = begin(t, mine, "b", large, filestore.CreateOptions{}, boundless)
	_, err := u.Commit()
	require.NoError(t, err)
	s.DropBody(t.Context(), u)
	f, err := mine.Open(t.Context(), "b")
	require.NoError(t, err)
	defer f.Close()
	content, err := io.ReadAll(f)
	require.NoError(t, err)
	require.True(t, string(content) == large)
	sound(t, url)
}

// TestSweepWithoutS3: a server without S3 removes what it can, and leaves the rest to the others.
func TestSweepWithoutS3(t *testing.T) {
	t.Parallel()
	url := database(t)
	with, without := open(t, pgstore.Config{Database: url, Inline: small, S3: bucket(t)}), open(t, pgstore.Config{Database: url, Inline: small})
	for i, s := range []*pgstore.Stores{with, without} {
		mine := store(t, s, "john@test")
		write(t, mine, fmt.Sprint(i), "0123")
		require.NoError(t, mine.Remove(t.Context(), fmt.Sprint(i), filestore.RemoveOptions{}))
	}
	later(t, url)
	for _, s := range []*pgstore.Stores{without, with} {
		swept, err := s.Sweep(t.Context())
		require.NoError(t, err)
		require.Equal(t, pgstore.Swept{Bodies: 1}, swept)
	}
}
