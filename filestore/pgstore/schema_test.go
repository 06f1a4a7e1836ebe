package pgstore_test

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/pgstore"
)

// query does one statement by itself, as an operator would, and reads one row into into.
func query(t testing.TB, url, sql string, into ...any) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer conn.Close(t.Context())
	if len(into) == 0 {
		_, err = conn.Exec(t.Context(), sql)
	} else {
		err = conn.QueryRow(t.Context(), sql).Scan(into...)
	}
	require.NoError(t, err)
}

// TestSchema: a server that meets another schema than its own says so and does nothing.
func TestSchema(t *testing.T) {
	t.Parallel()
	url := database(t)
	_, err := pgstore.Open(t.Context(), pgstore.Config{Database: url})
	require.ErrorIs(t, err, pgstore.ErrSchema)
	require.ErrorContains(t, err, "migrate the database")
	require.NoError(t, pgstore.Migrate(t.Context(), url))
	require.NoError(t, pgstore.Migrate(t.Context(), url), "there is nothing left to do")
	s := open(t, pgstore.Config{Database: url})
	require.NoError(t, s.Ready(t.Context()))

	query(t, url, "INSERT INTO schema_version VALUES (2)")
	for _, err := range []error{s.Ready(t.Context()), pgstore.Migrate(t.Context(), url)} {
		require.ErrorIs(t, err, pgstore.ErrSchema)
		require.ErrorContains(t, err, "newer")
	}
	_, err = pgstore.Open(t.Context(), pgstore.Config{Database: url})
	require.ErrorIs(t, err, pgstore.ErrSchema)
}

func TestParseS3(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]pgstore.S3{
		"s3.example.com/files":              {Endpoint: "https://s3.example.com", Bucket: "files"},
		"http://127.0.0.1:9000/files":       {Endpoint: "http://127.0.0.1:9000", Bucket: "files"},
		"https://s3.example.com/files/a/b/": {Endpoint: "https://s3.example.com", Bucket: "files", Prefix: "a/b/"},
		"[::1]:9000/files":                  {Endpoint: "https://[::1]:9000", Bucket: "files"},
	} {
		got, err := pgstore.ParseS3(text)
		require.NoError(t, err, text)
		require.Equal(t, want, *got, text)
	}
	for _, text := range []string{"", "host", "host/", "/bucket", "ftp://host/bucket", "https://key:secret@host/bucket", "http://[::1/bucket", "a b/%zz"} {
		_, err := pgstore.ParseS3(text)
		require.EqualError(t, err, "not ENDPOINT/BUCKET", text)
	}
}

// TestWrongConfig: what cannot be opened says why.
func TestWrongConfig(t *testing.T) {
	t.Parallel()
	url := database(t)
	require.NoError(t, pgstore.Migrate(t.Context(), url))
	for _, text := range []string{"postgres://x:secret", "host=h password = secret port=x", "postgres://u:secret@h:x/d", "host=h password=secret sslmode=sometimes"} {
		_, err := pgstore.Open(t.Context(), pgstore.Config{Database: text})
		require.ErrorContains(t, err, "settings of the database")
		require.NotContains(t, err.Error(), "secret")
	}
	_, err := pgstore.Open(t.Context(), pgstore.Config{Database: "host=h sslmode=verify-ca sslrootcert=/none"})
	require.ErrorContains(t, err, "/none")
	for _, endpoint := range []string{"", "host:9000", "http://", "http://host/path"} {
		_, err = pgstore.Open(t.Context(), pgstore.Config{Database: url, S3: &pgstore.S3{Endpoint: endpoint, Bucket: "b"}})
		require.ErrorContains(t, err, "endpoint of S3", endpoint)
	}
	b := *bucket(t)
	for what, broken := range map[string]pgstore.S3{
		"secret": {Endpoint: b.Endpoint, Bucket: b.Bucket, AccessKey: b.AccessKey, SecretKey: "wrong"},
		"bucket": {Endpoint: b.Endpoint, Bucket: "other", AccessKey: b.AccessKey, SecretKey: b.SecretKey},
	} {
		_, err = pgstore.Open(t.Context(), pgstore.Config{Database: url, S3: &broken})
		require.ErrorIs(t, err, filestore.ErrUnavailable, what)
	}
	s, err := pgstore.Open(t.Context(), pgstore.Config{Database: url, S3: &b})
	require.NoError(t, err)
	require.NoError(t, s.Close())
}
