package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// TestMove: the storages of a base directory go into a database while a server uses them, what
// changes meanwhile goes in another run, and all of it comes back as it was.
func TestMove(t *testing.T) {
	postgres, s3 := fixture.NewPostgres(t), fixture.NewS3(t)
	url := migrated(t, postgres)
	flags := storeFlags(t, url, s3)
	store := func(want int, word string, args ...string) (string, string) {
		t.Helper()
		var stdout, stderr bytes.Buffer
		require.Equal(t, want, run(t.Context(), slices.Concat([]string{"store", word}, flags, args), &stdout, &stderr), stderr.String())
		return stdout.String(), stderr.String()
	}
	base := filepath.Join(t.TempDir(), "base")
	old := start(t, "-demo", base)
	john := filepath.Dir(old.storage("john@client1.com", "x"))
	require.NoError(t, os.Mkdir(filepath.Join(john, "one"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(john, "one", "large"), bytes.Repeat([]byte("0123456789"), 100_000), 0o600))
	skin := filepath.Join(base, "WebSkins", "gold")
	require.NoError(t, os.MkdirAll(skin, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(skin, "style.css"), []byte("gold"), 0o600))

	out, told := store(0, "import", "-base", base)
	require.Contains(t, told, "a server uses the base directory")
	require.Contains(t, out, " 0 failed")
	first := out
	code, _ := old.curl(t, "-u", old.auth("john"), "-T", filepath.Join(skin, "style.css"), old.url("/~john/late"))
	require.Equal(t, "201", code)
	code, _ = old.curl(t, "-u", old.auth("john"), "-X", "DELETE", old.url("/~john/one"))
	require.Equal(t, "204", code)
	password := old.password
	old.stop(t)

	out, told = store(0, "import", "-delete", "-base", base)
	require.Empty(t, told)
	require.Contains(t, out, " 1 files copied,")
	require.NotEqual(t, first, out)
	out, _ = store(0, "import", "-delete", "-verify", "-base", base)
	require.Contains(t, out, " 0 files copied,")
	want := files(t, base)

	shared := start(t, append([]string{"-base", base}, flags...)...)
	code, body := shared.curl(t, shared.url("/~john/late"))
	require.Equal(t, "200 gold", code+" "+body)
	code, _ = shared.curl(t, shared.url("/~john/one/large"))
	require.Equal(t, "404", code)
	code, body = shared.curl(t, "-u", "postmaster:"+password["postmaster@client1.com"], shared.url("/~mary/$ServerSkins/gold/style.css"))
	require.Equal(t, "200 gold", code+" "+body)
	code, body = shared.curl(t, "-u", "john:"+password["john@client1.com"], shared.url("/~john/private/diary.txt"))
	require.Equal(t, "200", code, body)
	shared.stop(t)

	for name := range want { // as if the disk was lost
		require.NoError(t, os.Remove(filepath.Join(base, name)))
	}
	out, told = store(0, "export", "-base", base, "john@client1.com")
	require.Empty(t, told)
	require.Contains(t, out, "1 storages")
	_, told = store(1, "export", "-base", base, "nobody")
	require.Contains(t, told, "nobody")
	out, _ = store(0, "export", "-base", base)
	require.Contains(t, out, " 0 failed")
	require.Equal(t, want, files(t, base))
	out, _ = store(0, "import", "-base", base)
	require.Contains(t, out, " 0 files copied,")

	store(2, "import")
	inUse := start(t, "-base", base)
	_, told = store(2, "export", "-base", base)
	require.Contains(t, told, "in use by another program")
	inUse.stop(t)
}

// TestMoveNotes: what is noted for an account comes back even if it has no files.
func TestMoveNotes(t *testing.T) {
	url := migrated(t, fixture.NewPostgres(t))
	base := filepath.Join(t.TempDir(), "base")
	start(t, "-demo", base).stop(t)
	c, err := parseFlags([]string{"-base", base, "-store", url}, io.Discard)
	require.NoError(t, err)
	shared, err := c.openStores(t.Context(), nil)
	require.NoError(t, err)
	defer shared.Close()
	store, err := shared.Store(t.Context(), "john@client1.com")
	require.NoError(t, err)
	require.NoError(t, store.(filestore.Notebook).SetNote(t.Context(), "subscription", []byte("(a)")))

	var stdout, stderr bytes.Buffer
	require.Equal(t, 0, run(t.Context(), []string{"store", "export", "-base", base, "-store", url}, &stdout, &stderr), stderr.String())
	require.Contains(t, stdout.String(), "1 storages: 0 entries")
	local, err := c.open(nil)
	require.NoError(t, err)
	defer local.Close()
	for account, want := range map[string]string{"john@client1.com": "(a)", "mary@client1.com": ""} {
		store, err := local.Stores().Store(t.Context(), account)
		require.NoError(t, err)
		text, err := store.(filestore.Notebook).Note(t.Context(), "subscription")
		require.NoError(t, err)
		require.Equal(t, want, string(text), account)
	}
}

// files are all files of storages in a base directory, with their time and a sum of their content.
func files(t *testing.T, base string) map[string]string {
	t.Helper()
	found := map[string]string{}
	require.NoError(t, filepath.WalkDir(base, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.Contains(filepath.ToSlash(path), "account.web/") && !strings.Contains(filepath.ToSlash(path), "WebSkins/") {
			return err
		}
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		info, err := d.Info()
		require.NoError(t, err)
		name, err := filepath.Rel(base, path)
		found[name] = fmt.Sprintf("%v %x", info.ModTime().UTC().Truncate(time.Microsecond), sha256.Sum256(content))
		return err
	}))
	require.NotEmpty(t, found)
	return found
}
