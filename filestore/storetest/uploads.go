package storetest

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
)

// offset returns options for writing behind so many old bytes.
func offset(n int64) filestore.CreateOptions { return filestore.CreateOptions{Offset: n} }

// Preconditions that tables need.
var (
	absent = filestore.Precondition{Absent: true}
	exists = filestore.Precondition{Exists: true}
	other  = filestore.Precondition{ETag: `"other"`} // which nothing has
)

func testUploadContent(t *testing.T, open func(t *testing.T) filestore.Store) {
	tests := []struct {
		name   string
		before string
		o      filestore.CreateOptions
		writes []string
		after  string
	}{
		{name: "create", writes: []string{"new"}, after: "f=new"},
		{name: "create empty", after: "f="},
		{name: "create in pieces", writes: []string{"a", "", "bc", "def"}, after: "f=abcdef"},
		{name: "replace", before: "f=0123", writes: []string{"ab"}, after: "f=ab"},
		{name: "replace by nothing", before: "f=0123", after: "f="},
		{name: "append", before: "f=0123", o: offset(filestore.End), writes: []string{"ab"}, after: "f=0123ab"},
		{name: "append nothing", before: "f=0123", o: offset(filestore.End), after: "f=0123"},
		{name: "append to nothing", o: offset(filestore.End), writes: []string{"ab"}, after: "f=ab"},
		{name: "offset", before: "f=0123", o: offset(2), writes: []string{"a"}, after: "f=01a"},
		{name: "offset beyond the old end", before: "f=0123", o: offset(2), writes: []string{"abc", "def"}, after: "f=01abcdef"},
		{name: "offset at the end", before: "f=0123", o: offset(4), writes: []string{"a"}, after: "f=0123a"},
		{name: "offset and nothing", before: "f=0123", o: offset(2), after: "f=01"},
		{name: "tail", before: "f=0123", o: filestore.CreateOptions{Offset: 1, KeepTail: true}, writes: []string{"a"}, after: "f=0a23"},
		{name: "tail from the start", before: "f=0123", o: filestore.CreateOptions{KeepTail: true}, writes: []string{"ab"}, after: "f=ab23"},
		{name: "tail overwritten", before: "f=0123", o: filestore.CreateOptions{Offset: 3, KeepTail: true}, writes: []string{"abc"}, after: "f=012abc"},
		{name: "tail and nothing", before: "f=0123", o: filestore.CreateOptions{Offset: 1, KeepTail: true}, after: "f=0123"},
		{name: "tail at the end", before: "f=0123", o: filestore.CreateOptions{Offset: filestore.End, KeepTail: true}, writes: []string{"a"}, after: "f=0123a"},
		{name: "declared", o: filestore.CreateOptions{Size: 3}, writes: []string{"a", "bc"}, after: "f=abc"},
		{name: "declared with offset", before: "f=0123", o: filestore.CreateOptions{Size: 2, Offset: 1}, writes: []string{"ab"}, after: "f=0ab"},
		{name: "declared append", before: "f=0123", o: filestore.CreateOptions{Size: 1, Offset: filestore.End}, writes: []string{"a"}, after: "f=0123a"},
		{name: "declared with tail", before: "f=0123", o: filestore.CreateOptions{Size: 1, KeepTail: true}, writes: []string{"a"}, after: "f=a123"},
		{name: "exclusive", o: filestore.CreateOptions{If: absent}, writes: []string{"a"}, after: "f=a"},
		{name: "any match", before: "f=0123", o: filestore.CreateOptions{If: exists}, writes: []string{"a"}, after: "f=a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			fill(t, s, tt.before)
			u, err := s.Create(t.Context(), "f", tt.o, boundless)
			require.NoError(t, err)
			for _, w := range tt.writes {
				n, err := io.WriteString(u, w)
				require.NoError(t, err)
				require.Equal(t, len(w), n)
			}
			holds(t, s, tt.before) // nothing is visible before Commit
			info, err := u.Commit()
			require.NoError(t, err)
			require.NoError(t, u.Abort())
			holds(t, s, tt.after)
			found, err := s.Stat(t.Context(), "f")
			require.NoError(t, err)
			require.Equal(t, found.Size(), info.Size())
			require.Equal(t, found.ETag(), info.ETag())
		})
	}

	t.Run("large, from a reader", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		content := strings.Repeat("0123456789abcdef", 3<<16) // 3 MiB
		u, err := s.Create(t.Context(), "f", filestore.CreateOptions{}, boundless)
		require.NoError(t, err)
		n, err := io.Copy(u, strings.NewReader(content))
		require.NoError(t, err)
		require.EqualValues(t, len(content), n)
		_, err = u.Commit()
		require.NoError(t, err)
		require.True(t, content == read(t, s, "f"))
		require.NoError(t, write(t.Context(), s, "f", "tail", offset(filestore.End), boundless))
		require.True(t, content+"tail" == read(t, s, "f"))
		counted(t, s)
	})
}

// testUploadRefused: what Create says no to at once.
func testUploadRefused(t *testing.T, open func(t *testing.T) filestore.Store) {
	tests := []struct {
		name string
		file string
		o    filestore.CreateOptions
		err  error
	}{
		{"directory", "d", filestore.CreateOptions{}, filestore.ErrIsDirectory},
		{"directory, exclusive", "d", filestore.CreateOptions{If: absent}, filestore.ErrIsDirectory},
		{"no parent", "x/f", filestore.CreateOptions{}, fs.ErrNotExist},
		{"parent a file", "f/f", filestore.CreateOptions{}, filestore.ErrNotDirectory},
		{"exclusive", "f", filestore.CreateOptions{If: absent}, fs.ErrExist},
		{"no file to match", "new", filestore.CreateOptions{If: exists}, filestore.ErrChanged},
		{"no match", "f", filestore.CreateOptions{If: other}, filestore.ErrChanged},
		{"offset beyond the end", "f", offset(5), fs.ErrInvalid},
		{"offset in no file", "new", offset(1), fs.ErrNotExist},
		{"tail of no file", "new", filestore.CreateOptions{KeepTail: true}, fs.ErrNotExist},
		{"tail of no file, appending", "new", filestore.CreateOptions{KeepTail: true, Offset: filestore.End}, fs.ErrNotExist},
		{"name of a sidecar", "f.meta", filestore.CreateOptions{}, fs.ErrInvalid},
		{"negative offset", "f", offset(-2), fs.ErrInvalid},
		{"negative size", "f", filestore.CreateOptions{Size: -1}, fs.ErrInvalid},
		{"size too large to count", "f", filestore.CreateOptions{Size: 1<<63 - 1, Offset: 1}, fs.ErrInvalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			fill(t, s, "f=0123 d/")
			_, err := s.Create(t.Context(), tt.file, tt.o, boundless)
			refused(t, tt.err, err)
			holds(t, s, "f=0123 d/")
		})
	}
}

// testUploadCommit changes the tree while an upload is on its way.
func testUploadCommit(t *testing.T, open func(t *testing.T) filestore.Store) {
	tests := []struct {
		name   string
		before string
		o      filestore.CreateOptions
		while  []change
		err    error
		after  string
	}{
		{name: "replaced", before: "d/ d/f=0123", while: []change{put("d/f", "other")}, after: "d/ d/f=new"},
		{name: "removed", before: "d/ d/f=0123", while: []change{remove("d/f")}, after: "d/ d/f=new"},
		{name: "renamed", before: "d/ d/f=0123", while: []change{rename("d/f", "g")}, after: "d/ d/f=new g=0123"},
		{name: "made", before: "d/", while: []change{put("d/f", "other")}, after: "d/ d/f=new"},
		{name: "got a sidecar", before: "d/", while: []change{put("d/f.meta", "m")}, after: "d/ d/f=new d/f.meta=m"},
		{name: "became a directory", before: "d/", while: []change{mkdir("d/f")}, err: filestore.ErrIsDirectory, after: "d/ d/f/"},
		{name: "parent removed", before: "d/", while: []change{remove("d")}, err: fs.ErrNotExist},
		{name: "parent renamed", before: "d/", while: []change{rename("d", "e")}, err: fs.ErrNotExist, after: "e/"},
		{name: "parent became a file", before: "d/", while: []change{remove("d"), put("d", "1")}, err: filestore.ErrNotDirectory, after: "d=1"},
		{name: "exclusive, made", before: "d/", o: filestore.CreateOptions{If: absent}, while: []change{put("d/f", "other")}, err: fs.ErrExist, after: "d/ d/f=other"},
		{name: "match, removed", before: "d/ d/f=0123", o: filestore.CreateOptions{If: exists}, while: []change{remove("d/f")}, err: filestore.ErrChanged, after: "d/"},
		{name: "match, replaced", before: "d/ d/f=0123", o: filestore.CreateOptions{If: exists}, while: []change{put("d/f", "other")}, after: "d/ d/f=new"},
		{name: "append, unchanged", before: "d/ d/f=0123", o: offset(filestore.End), while: []change{put("g", "1")}, after: "d/ d/f=0123new g=1"},
		{name: "append, replaced", before: "d/ d/f=0123", o: offset(filestore.End), while: []change{put("d/f", "0123")}, err: filestore.ErrChanged, after: "d/ d/f=0123"},
		{name: "append, removed", before: "d/ d/f=0123", o: offset(filestore.End), while: []change{remove("d/f")}, err: filestore.ErrChanged, after: "d/"},
		{name: "append, made", before: "d/", o: offset(filestore.End), while: []change{put("d/f", "other")}, err: filestore.ErrChanged, after: "d/ d/f=other"},
		{name: "offset, replaced", before: "d/ d/f=0123", o: offset(1), while: []change{put("d/f", "other")}, err: filestore.ErrChanged, after: "d/ d/f=other"},
		{name: "tail, replaced", before: "d/ d/f=0123", o: filestore.CreateOptions{KeepTail: true}, while: []change{put("d/f", "other")}, err: filestore.ErrChanged, after: "d/ d/f=other"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			fill(t, s, tt.before)
			u, err := s.Create(t.Context(), "d/f", tt.o, boundless)
			require.NoError(t, err)
			_, err = io.WriteString(u, "new")
			require.NoError(t, err)
			for _, c := range tt.while {
				require.NoError(t, c(t.Context(), s))
			}
			_, err = u.Commit()
			require.NoError(t, u.Abort())
			if tt.err != nil {
				refused(t, tt.err, err)
			} else {
				require.NoError(t, err)
			}
			holds(t, s, tt.after)
		})
	}

	t.Run("match, changed", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		fill(t, s, "f=0123")
		info, err := s.Stat(t.Context(), "f")
		require.NoError(t, err)
		o := filestore.CreateOptions{If: filestore.Precondition{ETag: info.ETag()}}
		u, err := s.Create(t.Context(), "f", o, boundless)
		require.NoError(t, err)
		require.NoError(t, write(t.Context(), s, "f", "4567", o, boundless))
		_, err = u.Commit()
		refused(t, filestore.ErrChanged, err)
		refused(t, filestore.ErrChanged, write(t.Context(), s, "f", "89ab", o, boundless))
		holds(t, s, "f=4567")
	})
}

func testUploadInfo(t *testing.T, open func(t *testing.T) filestore.Store) {
	s := open(t)
	fill(t, s, "d/")
	moment := time.Date(2005, 10, 22, 15, 24, 45, 0, time.UTC)
	tags := map[string]bool{}
	for _, content := range []string{"one", "two", "one", "two", "six"} {
		u, err := s.Create(t.Context(), "d/f", filestore.CreateOptions{ModTime: moment}, boundless)
		require.NoError(t, err)
		_, err = io.WriteString(u, content)
		require.NoError(t, err)
		info, err := u.Commit()
		require.NoError(t, err)
		require.Equal(t, "d/f", info.Path())
		require.Equal(t, "f", info.Name())
		require.EqualValues(t, 3, info.Size())
		require.True(t, info.Mode().IsRegular())
		require.True(t, info.ModTime().Equal(moment))
		require.Regexp(t, `^"[!#-~]+"$`, info.ETag())
		require.False(t, tags[info.ETag()], "another content, the same time, and the same tag")
		tags[info.ETag()] = true
		found, err := s.Stat(t.Context(), "d/f")
		require.NoError(t, err)
		require.Equal(t, info.ETag(), found.ETag())
		require.True(t, found.ModTime().Equal(moment))
	}
}

// testUploadCut: an upload that does not come to its end leaves nothing.
func testUploadCut(t *testing.T, open func(t *testing.T) filestore.Store) {
	begin := func(t *testing.T, ctx context.Context, o filestore.CreateOptions, content string) (filestore.Store, filestore.Upload) {
		s := open(t)
		fill(t, s, "f=0123")
		u, err := s.Create(ctx, "f", o, boundless)
		require.NoError(t, err)
		_, err = io.WriteString(u, content)
		require.NoError(t, err)
		return s, u
	}

	t.Run("abort", func(t *testing.T) {
		t.Parallel()
		s, u := begin(t, t.Context(), filestore.CreateOptions{}, "new")
		require.NoError(t, u.Abort())
		require.NoError(t, u.Abort())
		_, err := io.WriteString(u, "more")
		refused(t, fs.ErrClosed, err)
		_, err = u.Commit()
		refused(t, fs.ErrClosed, err)
		holds(t, s, "f=0123")
	})
	t.Run("commit twice", func(t *testing.T) {
		t.Parallel()
		s, u := begin(t, t.Context(), filestore.CreateOptions{}, "new")
		_, err := u.Commit()
		require.NoError(t, err)
		_, err = io.WriteString(u, "more")
		refused(t, fs.ErrClosed, err)
		_, err = u.Commit()
		refused(t, fs.ErrClosed, err)
		require.NoError(t, u.Abort())
		holds(t, s, "f=new")
	})
	t.Run("short", func(t *testing.T) {
		t.Parallel()
		s, u := begin(t, t.Context(), filestore.CreateOptions{Size: 4}, "new")
		_, err := u.Commit()
		refused(t, io.ErrUnexpectedEOF, err)
		holds(t, s, "f=0123")
	})
	t.Run("long", func(t *testing.T) {
		t.Parallel()
		s, u := begin(t, t.Context(), filestore.CreateOptions{Size: 3}, "new")
		_, err := io.WriteString(u, "r")
		refused(t, fs.ErrInvalid, err)
		_, err = u.Commit()
		refused(t, fs.ErrInvalid, err)
		holds(t, s, "f=0123")
	})
	t.Run("long, from a reader", func(t *testing.T) {
		t.Parallel()
		s, u := begin(t, t.Context(), filestore.CreateOptions{Size: 4}, "new")
		_, err := io.Copy(u, strings.NewReader("er"))
		refused(t, fs.ErrInvalid, err)
		_, err = u.Commit()
		refused(t, fs.ErrInvalid, err)
		holds(t, s, "f=0123")
	})
	for name, broken := range map[string]error{
		"broken reader":  io.ErrNoProgress,
		"cut body":       io.ErrUnexpectedEOF, // as net/http has it
		"wrapped":        fmt.Errorf("read: %w", io.ErrUnexpectedEOF),
		"end of another": fmt.Errorf("read: %w", io.EOF),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, u := begin(t, t.Context(), filestore.CreateOptions{}, "new")
			_, err := io.Copy(u, io.MultiReader(strings.NewReader("er"), brokenReader{broken}))
			require.ErrorIs(t, err, broken)
			require.NoError(t, u.Abort())
			holds(t, s, "f=0123")
		})
	}
	t.Run("context ended before a write", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		s, u := begin(t, ctx, filestore.CreateOptions{}, "new")
		cancel()
		_, err := io.WriteString(u, "er")
		refused(t, context.Canceled, err)
		_, err = u.Commit()
		refused(t, context.Canceled, err)
		holds(t, s, "f=0123")
	})
	t.Run("context ended before commit", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		s, u := begin(t, ctx, filestore.CreateOptions{}, "new")
		cancel()
		_, err := u.Commit()
		refused(t, context.Canceled, err)
		holds(t, s, "f=0123")
	})
}

// brokenReader is a connection that breaks.
type brokenReader struct{ error }

func (r brokenReader) Read([]byte) (int, error) { return 0, r.error }
