package storetest

import (
	"context"
	_ "embed"
	"io/fs"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
)

// hostileNames are names that no store takes, one quoted string a line.
//
//go:embed testdata/hostile_names.txt
var hostileNames string

// oddNames are names that look dangerous and mean nothing to a store. Some
// systems refuse some of them.
//
//go:embed testdata/odd_names.txt
var oddNames string

func lines(t *testing.T, text string) []string {
	t.Helper()
	var names []string
	for line := range strings.Lines(text) {
		name, err := strconv.Unquote(strings.TrimSpace(line))
		require.NoError(t, err, line)
		names = append(names, name)
	}
	require.NotEmpty(t, names)
	return names
}

// testHostileNames does everything to every name.
func testHostileNames(t *testing.T, open func(t *testing.T) filestore.Store) {
	const before = "a=1 d/ d/b=2"
	s := open(t)
	fill(t, s, before)
	recursive := filestore.RemoveOptions{Recursive: true}
	ops := []struct {
		name string
		op   func(ctx context.Context, name string) error
	}{
		{"stat", func(ctx context.Context, name string) error { _, err := s.Stat(ctx, name); return err }},
		{"open", func(ctx context.Context, name string) error { _, err := s.Open(ctx, name); return err }},
		{"usage", func(ctx context.Context, name string) error { _, err := s.Usage(ctx, name); return err }},
		{"list", func(ctx context.Context, name string) error {
			for _, err := range s.List(ctx, name) {
				return err
			}
			return nil
		}},
		{"create", func(ctx context.Context, name string) error {
			_, err := s.Create(ctx, name, filestore.CreateOptions{}, boundless)
			return err
		}},
		{"mkdir", func(ctx context.Context, name string) error { return s.Mkdir(ctx, name, nil, boundless) }},
		{"remove", func(ctx context.Context, name string) error { return s.Remove(ctx, name, recursive) }},
		{"rename from", func(ctx context.Context, name string) error { return replace(name, "n")(ctx, s) }},
		{"rename to", func(ctx context.Context, name string) error { return replace("a", name)(ctx, s) }},
		{"copy from", func(ctx context.Context, name string) error { return copyOver(name, "n")(ctx, s) }},
		{"copy to", func(ctx context.Context, name string) error { return copyOver("a", name)(ctx, s) }},
	}
	for _, name := range lines(t, hostileNames) {
		for _, op := range ops {
			err := op.op(t.Context(), name)
			require.ErrorIs(t, err, fs.ErrInvalid, "%s %q", op.name, name)
			var pathErr *fs.PathError
			require.ErrorAs(t, err, &pathErr)
		}
	}
	holds(t, s, before)
}

// testOddNames: a name that is taken is kept byte for byte.
func testOddNames(t *testing.T, open func(t *testing.T) filestore.Store) {
	s := open(t)
	stored := map[string]bool{}
	for _, name := range lines(t, oddNames) {
		if filestore.CheckName(name) != nil {
			continue
		}
		for dir := range strings.SplitSeq(parents(name), "\n") {
			if dir != "" {
				require.NoError(t, s.Mkdir(t.Context(), dir, nil, boundless))
			}
		}
		require.NoError(t, write(t.Context(), s, name, name, filestore.CreateOptions{}, boundless), "%q", name)
		stored[name] = true
	}
	walk(t, s, filestore.Root, func(info filestore.FileInfo) {
		if info.IsDir() {
			return
		}
		require.True(t, stored[info.Path()], "%q", info.Path())
		require.Equal(t, info.Path(), read(t, s, info.Path()))
		delete(stored, info.Path())
	})
	require.Empty(t, stored)
	counted(t, s)
}

// parents lists the directories above name, the topmost first, one a line.
func parents(name string) string {
	dir, _ := filestore.Split(name)
	if dir == filestore.Root {
		return ""
	}
	return parents(dir) + "\n" + dir
}

// testContext: nothing is done for a caller who has gone.
func testContext(t *testing.T, open func(t *testing.T) filestore.Store) {
	const before = "a=1 d/"
	s := open(t)
	fill(t, s, before)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Stat(ctx, "a")
	refused(t, context.Canceled, err)
	_, err = s.Open(ctx, "a")
	refused(t, context.Canceled, err)
	_, err = s.Usage(ctx, filestore.Root)
	refused(t, context.Canceled, err)
	for _, err := range s.List(ctx, filestore.Root) {
		refused(t, context.Canceled, err)
	}
	_, err = s.Create(ctx, "a", filestore.CreateOptions{}, boundless)
	refused(t, context.Canceled, err)
	for _, c := range []change{mkdir("e"), remove("a"), rename("a", "b"), copyTo("a", "b")} {
		refused(t, context.Canceled, c(ctx, s))
	}
	holds(t, s, before)
}
