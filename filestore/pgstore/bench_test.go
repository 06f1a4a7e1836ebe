package pgstore_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/pgstore"
	"github.com/cgpkit/cgpkit/httpsite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// directly is an S3 client of the bucket, as programs have one without a store.
func directly(t testing.TB, s *pgstore.S3) *minio.Client {
	t.Helper()
	at, err := url.Parse(s.Endpoint)
	require.NoError(t, err)
	client, err := minio.New(at.Host, &minio.Options{Creds: credentials.NewStaticV4(s.AccessKey, s.SecretKey, ""), Region: "us-east-1"})
	require.NoError(t, err)
	return client
}

// durable is a store whose database keeps what it says.
func durable(b *testing.B, s3 *pgstore.S3) (*pgstore.Stores, string) {
	b.Helper()
	database := fixture.NewPostgres(b, "fsync=on").Database(b)
	return open(b, pgstore.Config{Database: database, S3: s3}), database
}

// BenchmarkPutGet writes and reads 4 KiB by 16 clients: each in a storage of its own, all in one,
// and by an S3 client against the S3 server alone.
func BenchmarkPutGet(b *testing.B) {
	content := bytes.Repeat([]byte("0123456789abcdef"), 256)
	clients := func(b *testing.B, do func(ctx context.Context, client, i int) error) {
		b.Helper()
		b.SetParallelism(8) // for each of two processors
		var started atomic.Int64
		b.SetBytes(int64(2 * len(content)))
		b.ResetTimer()
		b.RunParallel(func(p *testing.PB) {
			client := int(started.Add(1))
			for i := 0; p.Next(); i++ {
				if err := do(b.Context(), client, i%100); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	for name, accounts := range map[string]int{"storages": 1000, "one storage": 1} {
		b.Run(name, func(b *testing.B) {
			s, _ := durable(b, nil)
			clients(b, func(ctx context.Context, client, i int) error {
				mine, err := s.Store(ctx, fmt.Sprintf("account%d@test", client%accounts))
				if err != nil {
					return err
				}
				name := fmt.Sprintf("file%d-%d", client, i)
				u, err := mine.Create(ctx, name, filestore.CreateOptions{Size: int64(len(content))}, boundless)
				if err != nil {
					return err
				}
				if _, err := u.Write(content); err != nil {
					return err
				}
				if _, err := u.Commit(); err != nil {
					return err
				}
				f, err := mine.Open(ctx, name)
				if err != nil {
					return err
				}
				defer f.Close()
				_, err = io.Copy(io.Discard, f)
				return err
			})
		})
	}
	b.Run("versitygw", func(b *testing.B) {
		place := bucket(b)
		s3 := directly(b, place)
		clients(b, func(ctx context.Context, client, i int) error {
			name := fmt.Sprintf("file%d-%d", client, i)
			if _, err := s3.PutObject(ctx, place.Bucket, name, bytes.NewReader(content), int64(len(content)), minio.PutObjectOptions{}); err != nil {
				return err
			}
			o, err := s3.GetObject(ctx, place.Bucket, name, minio.GetObjectOptions{})
			if err != nil {
				return err
			}
			defer o.Close()
			_, err = io.Copy(io.Discard, o)
			return err
		})
	})
}

// BenchmarkLarge moves files of 64 MiB through a server by HTTP, and by an S3 client.
func BenchmarkLarge(b *testing.B) {
	const size = 64 << 20
	content := bytes.Repeat([]byte("0123456789abcdef"), size/16)
	place := bucket(b)
	s, _ := durable(b, place)
	d := fixture.New(func() filestore.Store { return store(b, s, "john@test") })
	site := httptest.NewServer(&httpsite.Handler{Views: fixture.Views(d), MaxBody: 1 << 40})
	b.Cleanup(site.Close)
	request := func(b *testing.B, method string, body io.Reader) {
		b.Helper()
		r, err := http.NewRequestWithContext(b.Context(), method, site.URL+"/~john/large", body)
		require.NoError(b, err)
		r.SetBasicAuth("john", "john-pw")
		response, err := http.DefaultClient.Do(r)
		require.NoError(b, err)
		defer response.Body.Close()
		n, err := io.Copy(io.Discard, response.Body)
		require.NoError(b, err)
		require.Less(b, response.StatusCode, 300)
		if method == "GET" {
			require.EqualValues(b, size, n)
		}
	}
	s3 := directly(b, place)
	b.Run("PUT", func(b *testing.B) {
		b.SetBytes(size)
		for b.Loop() {
			request(b, "PUT", bytes.NewReader(content))
		}
	})
	b.Run("PUT directly", func(b *testing.B) {
		b.SetBytes(size)
		for b.Loop() {
			_, err := s3.PutObject(b.Context(), place.Bucket, "large", bytes.NewReader(content), size, minio.PutObjectOptions{})
			require.NoError(b, err)
		}
	})
	b.Run("GET", func(b *testing.B) {
		b.SetBytes(size)
		for b.Loop() {
			request(b, "GET", nil)
		}
	})
	b.Run("GET directly", func(b *testing.B) {
		b.SetBytes(size)
		for b.Loop() {
			o, err := s3.GetObject(b.Context(), place.Bucket, "large", minio.GetObjectOptions{})
			require.NoError(b, err)
			n, err := io.Copy(io.Discard, o)
			require.NoError(b, err)
			require.EqualValues(b, size, n)
			o.Close()
		}
	})
}

// BenchmarkList lists 1,000 files with sidecars, and asks for the same rows with one statement.
func BenchmarkList(b *testing.B) {
	s, database := durable(b, nil)
	mine := store(b, s, "john@test")
	for i := range 1000 {
		name := fmt.Sprintf("file%04d", i)
		write(b, mine, name, "content")
		_, err := mine.SetSidecar(b.Context(), name, bytes.Repeat([]byte("side"), 50), filestore.SidecarOptions{}, boundless)
		require.NoError(b, err)
	}
	query(b, database, "ANALYZE entries")
	b.Run("store", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			n := 0
			for info, err := range mine.List(b.Context(), filestore.Root, filestore.ListOptions{Sidecars: true}) {
				require.NoError(b, err)
				n += len(info.Sidecar().Content)
			}
			require.Equal(b, 200_000, n)
		}
	})
	pool, err := pgxpool.New(b.Context(), database)
	require.NoError(b, err)
	defer pool.Close()
	b.Run("SELECT", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			rows, err := pool.Query(b.Context(), `SELECT parent, name, kind, dir, size, modified, tag, body, side_size, side_modified, side_tag, side_content
				FROM entries WHERE account = (SELECT id FROM accounts WHERE name = 'john@test') AND parent = 0 ORDER BY name`)
			require.NoError(b, err)
			type row struct {
				Parent                 int64
				Name                   string
				Kind                   int16
				Dir, Size              int64
				Modified               any
				Tag                    string
				Body, SideSize, SideAt any
				SideTag                string
				SideContent            []byte
			}
			all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
			require.NoError(b, err)
			require.Len(b, all, 1000)
		}
	})
}

// BenchmarkMany does in an account of so many entries what costs the same in one of ten:
// PGSTORE_ENTRIES=1000000 for the figures of the README.
func BenchmarkMany(b *testing.B) {
	many, _ := strconv.Atoi(os.Getenv("PGSTORE_ENTRIES"))
	s, database := durable(b, nil)
	for _, entries := range []int{10, max(many, 10_000)} {
		name := fmt.Sprintf("%d@test", entries)
		mine := store(b, s, name)
		require.NoError(b, mine.Mkdir(b.Context(), "tree", filestore.MkdirOptions{}, boundless))
		// As many as are wanted, 1,000 in each directory, past the store.
		query(b, database, fmt.Sprintf(`WITH made AS (
			INSERT INTO entries (account, parent, name, kind, dir, height, reach, size, modified, tag, content)
			SELECT a.id, 1, 'd' || i, 2, i + 2, 1, 10, 0, now(), '', NULL::bytea FROM accounts a, generate_series(0, %[1]d / 1001) i WHERE a.name = '%[2]s'
			UNION ALL
			SELECT a.id, i / 1000 + 2, 'f' || i, 1, 0, 0, 0, 7, now(), '"tag"', 'content'::bytea FROM accounts a, generate_series(0, %[1]d - %[1]d / 1001 - 3) i WHERE a.name = '%[2]s'
			RETURNING size)
			UPDATE accounts SET files = %[1]d, bytes = (SELECT sum(size) FROM made), last_dir = 10000000 WHERE name = '%[2]s'`, entries, name))
		query(b, database, "ANALYZE entries")
		before, after, err := mine.(filestore.Rescanner).Rescan(b.Context())
		require.NoError(b, err)
		require.Equal(b, before, after)
		do := func(what string, do func(i int) error) {
			b.Run(fmt.Sprintf("%d/%s", entries, what), func(b *testing.B) {
				for i := 0; b.Loop(); i++ {
					require.NoError(b, do(i))
				}
			})
		}
		ctx := b.Context()
		do("create", func(i int) error {
			u, err := mine.Create(ctx, fmt.Sprintf("tree/d0/a%d", i%5), filestore.CreateOptions{Size: 7}, boundless)
			if err == nil {
				_, err = io.WriteString(u, "content")
			}
			if err == nil {
				_, err = u.Commit()
			}
			return err
		})
		do("stat", func(int) error { _, err := mine.Stat(ctx, "tree/d0/f3"); return err })
		behind := "f0"
		if entries > 1000 {
			behind = "f992" // the last seven, as many as the small one has
		}
		do("list seven", func(int) error {
			n := 0
			for _, err := range mine.List(ctx, "tree/d0", filestore.ListOptions{After: behind}) {
				if err != nil {
					return err
				}
				n++
			}
			if n != 7 {
				return fmt.Errorf("%d entries", n)
			}
			return nil
		})
		do("rename all", func(i int) error {
			from, to := "tree", "moved"
			if i%2 == 1 {
				from, to = to, from
			}
			return mine.Rename(ctx, from, to, filestore.RenameOptions{})
		})
	}
}
