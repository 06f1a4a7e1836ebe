package dirstore

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
)

// files are contents by path below the directory of an account; the content
// of a directory is "/".
type files map[string]string

func (f files) write(t *testing.T, dir string) {
	t.Helper()
	for name, content := range f {
		path := filepath.Join(dir, name)
		if content == "/" {
			require.NoError(t, os.MkdirAll(path, 0o700))
			continue
		}
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	}
}

// usage counts the files.
func (f files) usage() (u filestore.Usage) {
	for _, content := range f {
		u.Files++
		if content != "/" {
			u.Bytes += int64(len(content))
		}
	}
	return u
}

// plain leaves the directories out.
func (f files) plain() files {
	plain := files{}
	for name, content := range f {
		if content != "/" {
			plain[name] = content
		}
	}
	return plain
}

// filesIn reads what is below dir, which may be missing.
func filesIn(t *testing.T, dir string) files {
	t.Helper()
	f := files{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if path == dir {
			if os.IsNotExist(err) {
				err = nil
			}
			return err
		}
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		if e.IsDir() {
			f[name] = "/"
			return nil
		}
		content, err := os.ReadFile(path)
		f[name] = string(content)
		return err
	}))
	return f
}

func TestRecovery(t *testing.T) {
	t.Parallel()
	replaced := []move{
		{inTree("b.meta"), inState("t1")}, {inTree("b"), inState("t2")},
		{inTree("a.meta"), inTree("b.meta")}, {inTree("a"), inTree("b")},
	}
	const intent = "tree/b.meta\tstate/t1\ntree/b\tstate/t2\ntree/a.meta\ttree/b.meta\ntree/a\ttree/b\nend\n"
	require.Equal(t, intent, string(encodeIntent(replaced)), "other versions of the store read it too")
	before := files{"account.web/a": "1", "account.web/a.meta": "m", "account.web/b": "2", "account.web/b.meta": "n"}
	after := files{"account.web/b": "1", "account.web/b.meta": "m"}
	with := func(f files, name, content string) files {
		all := files{name: content}
		for n, c := range f {
			all[n] = c
		}
		return all
	}
	tests := []struct {
		name  string
		found files
		done  int // how many moves of the intent were done
		after files
	}{
		{name: "nothing", found: before, after: before},
		{name: "an upload", found: with(before, "account.web.state/XYZ", "half"), after: before},
		{name: "a removed tree", found: with(before, "account.web.state/XYZ/d/e/f", "old"), after: before},
		{name: "the usage", found: with(before, "account.web.state/usage", "4 4"), after: with(before, "account.web.state/usage", "4 4")},
		{name: "an empty intent", found: with(before, "account.web.state/intent", ""), after: before},
		{name: "an intent without its last byte", found: with(before, "account.web.state/intent", intent[:len(intent)-1]), after: before},
		{name: "an intent without end", found: with(before, "account.web.state/intent", strings.TrimSuffix(intent, "end\n")), after: before},
		{name: "half a line", found: with(before, "account.web.state/intent", intent[:len(intent)/2]), after: before},
		{name: "a torn line that looks like the end", found: with(before, "account.web.state/intent", "tree/a\ttree/end\n"), after: before},
		{name: "nothing done", found: with(before, "account.web.state/intent", intent), after: after},
		{name: "one done", found: with(before, "account.web.state/intent", intent), done: 1, after: after},
		{name: "two done", found: with(before, "account.web.state/intent", intent), done: 2, after: after},
		{name: "three done", found: with(before, "account.web.state/intent", intent), done: 3, after: after},
		{name: "all done", found: with(before, "account.web.state/intent", intent), done: 4, after: after},
	}
	for _, tt := range tests {
		for _, way := range []opener{bestOpener(), openRoot} {
			t.Run(tt.name, func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				tt.found.write(t, dir)
				s := &Store{tree: "account.web"}
				for _, m := range replaced[:tt.done] {
					require.NoError(t, os.Rename(filepath.Join(dir, s.where(m.from)), filepath.Join(dir, s.where(m.to))))
				}
				_, err := openWith(filepath.Join(dir, "account.web"), nil, way)
				require.NoError(t, err)
				require.Equal(t, tt.after, filesIn(t, dir).plain())
				_, err = openWith(filepath.Join(dir, "account.web"), nil, way)
				require.NoError(t, err)
				require.Equal(t, tt.after, filesIn(t, dir).plain())
			})
		}
	}
}

// TestStrangeIntent: Open touches nothing that it does not understand.
func TestStrangeIntent(t *testing.T) {
	t.Parallel()
	for name, intent := range map[string]string{
		"outside":           "tree/../account.settings\tstate/x\nend\n",
		"absolute":          "tree//etc/passwd\tstate/x\nend\n",
		"the tree itself":   "tree/.\tstate/x\nend\n",
		"the state itself":  "tree/a\tstate/\nend\n",
		"above the state":   "tree/a\tstate/../x\nend\n",
		"deep in the state": "tree/a\tstate/x/y\nend\n",
		"no area":           "a\tb\nend\n",
		"another area":      "base/account.settings\ttree/x\nend\n",
		"one place":         "tree/a\nend\n",
		"three places":      "tree/a\ttree/b\ttree/c\nend\n",
		"empty line":        "\nend\n",
		"too many":          strings.Repeat("tree/a\ttree/b\n", maxIntentMoves+1) + "end\n",
		"twice":             "end\nend\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			found := files{"account.settings": "s", "account.web/a": "1", "account.web.state/intent": intent, "account.web.state/XYZ": "half"}
			found.write(t, dir)
			_, err := Open(filepath.Join(dir, "account.web"), nil)
			require.Error(t, err)
			require.Equal(t, found, filesIn(t, dir).plain())
		})
	}
}

func FuzzIntent(f *testing.F) {
	for _, seed := range []string{"", "end\n", "tree/a\tstate/b\nend\n", "tree/a\tstate/b\ntree/c/d\ttree/a\nend\n", "tree/..\tstate/b\nend\n", "\nend\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		moves, err := decodeIntent(b)
		if err != nil || moves == nil {
			return
		}
		require.LessOrEqual(t, len(moves), maxIntentMoves)
		s := &Store{tree: "account.web"}
		for _, m := range moves {
			for _, p := range []place{m.from, m.to} {
				require.True(t, filepath.IsLocal(s.where(p)))
				require.Regexp(t, `^account\.web(\.state)?/`, s.where(p))
			}
		}
		require.Equal(t, string(b), string(encodeIntent(moves)))
	})
}
