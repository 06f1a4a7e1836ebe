package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/pgstore"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// migrated makes a database ready, as an operator does.
func migrated(t *testing.T, p *fixture.Postgres) string {
	t.Helper()
	url := p.Database(t)
	var stdout, stderr bytes.Buffer
	require.Equal(t, 2, run(t.Context(), append([]string{"-store", url}, allFreePort...), &stdout, &stderr))
	require.Contains(t, stderr.String(), "migrate the database")
	for range 2 { // the second finds nothing to do
		require.Equal(t, 0, run(t.Context(), []string{"store", "migrate", "-store", url}, &stdout, &stderr), stderr.String())
	}
	return url
}

// storeFlags are those of a server on a database and a bucket.
func storeFlags(t *testing.T, url string, s3 *fixture.S3) []string {
	t.Helper()
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(t.TempDir(), "credentials"))
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	text := fmt.Sprintf("[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n", fixture.S3Access, fixture.S3Secret)
	require.NoError(t, os.WriteFile(os.Getenv("AWS_SHARED_CREDENTIALS_FILE"), []byte(text), 0o600))
	return []string{"-store", url, "-store-s3", s3.Endpoint + "/" + s3.Bucket, "-store-timeout", "2s"}
}

// TestServersShareAStore: two servers under mixed load from HTTP, FTP and CLI. What one has
// answered the other shows, and in the end the count is exact.
func TestServersShareAStore(t *testing.T) {
	postgres, s3 := fixture.NewPostgres(t), fixture.NewS3(t)
	url := migrated(t, postgres)
	flags := storeFlags(t, url, s3)
	servers := []*running{start(t, flags...), start(t, flags...)}
	dir := t.TempDir()
	small, large := filepath.Join(dir, "small"), filepath.Join(dir, "large")
	require.NoError(t, os.WriteFile(small, []byte("content"), 0o600))
	require.NoError(t, os.WriteFile(large, bytes.Repeat([]byte("0123456789"), 30_000), 0o600))

	var group sync.WaitGroup
	for worker := range 4 {
		group.Go(func() {
			for i := range 4 {
				here, there := servers[(worker+i)%2], servers[(worker+i+1)%2]
				name := fmt.Sprintf("w%d-%d", worker, i)
				file := []string{small, large}[i%2]
				want, err := os.ReadFile(file)
				require.NoError(t, err)
				switch worker % 3 {
				case 0:
					code, body := here.curl(t, "-u", here.auth("john"), "-T", file, here.url("/~john/"+name))
					require.Equal(t, "201", code, body)
				case 1:
					out, err := client(t, "curl", "-sS", "-u", here.auth("john"), "-T", file, "ftp://"+here.addr["ftp"]+"/"+name)
					require.NoError(t, err, out)
				case 2:
					code, body := here.curl(t, "-u", here.auth("postmaster"), here.url("/cli/"), "--data-urlencode", "command=WriteStorageFile john FILE "+name+" DATA [QUJD]")
					require.Equal(t, "200", code, body)
					want = []byte("ABC")
				}
				code, body := there.curl(t, there.url("/~john/"+name))
				require.Equal(t, "200", code)
				require.True(t, body == string(want), name)
				if i == 3 {
					code, _ = there.curl(t, "-u", there.auth("john"), "-X", "DELETE", there.url("/~john/"+name))
					require.Equal(t, "204", code)
				}
			}
		})
	}
	group.Wait()
	for _, r := range servers {
		code, body := r.curl(t, r.url("/readyz"))
		require.Equal(t, "200", code)
		require.Equal(t, "ready\n", body)
		r.stop(t)
	}

	stores, err := pgstore.Open(t.Context(), pgstore.Config{Database: url})
	require.NoError(t, err)
	defer func() { require.NoError(t, stores.Close()) }()
	store, err := stores.Store(t.Context(), "john@client1.com")
	require.NoError(t, err)
	var counted filestore.Usage
	for info, err := range store.List(t.Context(), filestore.Root, filestore.ListOptions{}) {
		require.NoError(t, err)
		counted.Files++
		counted.Bytes += info.Size()
	}
	require.EqualValues(t, 12, counted.Files)
	told, err := store.Usage(t.Context(), filestore.Root)
	require.NoError(t, err)
	require.Equal(t, counted, told)
	before, after, err := store.(filestore.Rescanner).Rescan(t.Context())
	require.NoError(t, err)
	require.Equal(t, counted, before)
	require.Equal(t, counted, after)
}

// TestStoreAway: while the database or the bucket is away every way in says so, within the time
// that it has, and nothing is half done; afterwards all works again.
func TestStoreAway(t *testing.T) {
	postgres, s3 := fixture.NewPostgres(t, "fsync=on"), fixture.NewS3(t)
	r := start(t, storeFlags(t, migrated(t, postgres), s3)...)
	dir := t.TempDir()
	large := filepath.Join(dir, "large")
	require.NoError(t, os.WriteFile(large, bytes.Repeat([]byte("0123456789"), 30_000), 0o600))
	put := func(name string) string {
		t.Helper()
		code, _ := r.curl(t, "-u", r.auth("john"), "-T", large, r.url("/~john/"+name))
		return code
	}
	get := func(name string) string {
		t.Helper()
		code, _ := r.curl(t, "-o", os.DevNull, r.url(name))
		return strings.TrimSpace(code)
	}
	ready := func(want string) {
		t.Helper()
		require.Eventually(t, func() bool { return get("/readyz") == want }, time.Minute, 100*time.Millisecond)
	}
	require.Equal(t, "201", put("before"))

	control, err := net.Dial("tcp", r.addr["ftp"])
	require.NoError(t, err)
	defer control.Close()
	lines := bufio.NewReader(control)
	ask := func(commands ...string) (reply string) {
		t.Helper()
		for _, command := range commands {
			fmt.Fprintf(control, "%s\r\n", command)
			reply, err = lines.ReadString('\n')
			require.NoError(t, err)
		}
		return reply
	}
	_, err = lines.ReadString('\n')
	require.NoError(t, err)
	require.Contains(t, ask("USER john@client1.com", "PASS "+r.password["john@client1.com"]), "230")
	require.Contains(t, ask("SIZE before"), "213 300000")

	postgres.Kill()
	began := time.Now()
	require.Equal(t, "503", get("/~john/before"))
	require.Equal(t, "503", put("during"))
	require.Contains(t, ask("SIZE before"), "421")
	code, body := r.curl(t, "-u", r.auth("postmaster"), r.url("/cli/"), "--data-urlencode", "command=ReadStorageFile john FILE before")
	require.Contains(t, body+code, "501")
	_, err = client(t, "curl", "-sS", "tftp://"+r.addr["tftp"]+"//john/before")
	require.Error(t, err)
	require.Less(t, time.Since(began), time.Minute, "each has two seconds")
	ready("503")
	require.NoError(t, postgres.Start())
	ready("200")
	require.Equal(t, "200", get("/~john/before"))
	require.Equal(t, "404", get("/~john/during"))
	require.Equal(t, "201", put("during"))

	s3.Kill()
	ready("503")
	require.Equal(t, "503", put("without"))
	response, err := http.Get(r.url("/~john/before"))
	if err == nil { // the first may have promised what it cannot send
		content, cut := io.ReadAll(response.Body)
		response.Body.Close()
		require.True(t, response.StatusCode == http.StatusServiceUnavailable || cut != nil && len(content) < 300_000, response.Status)
	}
	require.Equal(t, "503", get("/~john/before"))
	require.Equal(t, "404", get("/~john/without"))
	s3.Start(t)
	ready("200")
	require.Equal(t, "201", put("without"))
	require.Equal(t, "200", get("/~john/without"))
	_, err = os.Stat(r.storage("john@client1.com", "without"))
	require.ErrorIs(t, err, fs.ErrNotExist, "nothing goes into the base directory")
}
