package storetest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
)

func maxFiles(n int64) filestore.Limits {
	return filestore.Limits{Files: n, Bytes: filestore.Unlimited, FileSize: filestore.Unlimited}
}

func maxBytes(n int64) filestore.Limits {
	return filestore.Limits{Files: filestore.Unlimited, Bytes: n, FileSize: filestore.Unlimited}
}

func maxFileSize(n int64) filestore.Limits {
	return filestore.Limits{Files: filestore.Unlimited, Bytes: filestore.Unlimited, FileSize: n}
}

// over demands that err tells which limit was met.
func over(t *testing.T, kind filestore.LimitKind, limit int64, err error) {
	t.Helper()
	refused(t, filestore.ErrLimit, err)
	var limitErr *filestore.LimitError
	require.ErrorAs(t, err, &limitErr)
	require.Equal(t, filestore.LimitError{Kind: kind, Limit: limit}, *limitErr)
}

// testLimits asks one change under limits. The tree holds 4 entries and 9
// bytes before it: it is at or over the limits of most rows.
func testLimits(t *testing.T, open func(t *testing.T) filestore.Store) {
	const before = "a=0123 a.meta=mm d/ d/b=012"
	ok := filestore.LimitKind(255)
	upload := func(name, content string, o filestore.CreateOptions) func(*testing.T, filestore.Store, filestore.Limits) error {
		return func(t *testing.T, s filestore.Store, l filestore.Limits) error {
			return write(t.Context(), s, name, content, o, l)
		}
	}
	mkdir := func(name string) func(*testing.T, filestore.Store, filestore.Limits) error {
		return func(t *testing.T, s filestore.Store, l filestore.Limits) error {
			return s.Mkdir(t.Context(), name, filestore.MkdirOptions{}, l)
		}
	}
	mkdirPaired := func(name, sidecar string) func(*testing.T, filestore.Store, filestore.Limits) error {
		return func(t *testing.T, s filestore.Store, l filestore.Limits) error {
			return s.Mkdir(t.Context(), name, filestore.MkdirOptions{Sidecar: []byte(sidecar)}, l)
		}
	}
	sets := func(name, content string) func(*testing.T, filestore.Store, filestore.Limits) error {
		return func(t *testing.T, s filestore.Store, l filestore.Limits) error {
			_, err := s.SetSidecar(t.Context(), name, []byte(content), filestore.SidecarOptions{}, l)
			return err
		}
	}
	copies := func(from, to string, sidecar filestore.SidecarFunc) func(*testing.T, filestore.Store, filestore.Limits) error {
		return func(t *testing.T, s filestore.Store, l filestore.Limits) error {
			return s.Copy(t.Context(), from, to, filestore.CopyOptions{Replace: true, Sidecar: sidecar}, l)
		}
	}
	twice := func(_ bool, sidecar []byte) []byte { return append(sidecar, sidecar...) }
	tests := []struct {
		name   string
		change func(*testing.T, filestore.Store, filestore.Limits) error
		limits filestore.Limits
		met    filestore.LimitKind
		limit  int64
	}{
		{"mkdir at the limit", mkdir("e"), maxFiles(4), filestore.LimitFiles, 4},
		{"mkdir below the limit", mkdir("e"), maxFiles(5), ok, 0},
		{"mkdir with nothing allowed", mkdir("e"), maxFiles(0), filestore.LimitFiles, 0},
		{"mkdir asks for no bytes", mkdir("e"), maxBytes(0), ok, 0},
		{"new file at the limit", upload("n", "", filestore.CreateOptions{}), maxFiles(4), filestore.LimitFiles, 4},
		{"new file below the limit", upload("n", "", filestore.CreateOptions{}), maxFiles(5), ok, 0},
		{"new empty file over the bytes", upload("n", "", filestore.CreateOptions{}), maxBytes(0), ok, 0},
		{"old file over the number", upload("a", "9", filestore.CreateOptions{}), maxFiles(0), ok, 0},
		{"bytes fit exactly", upload("n", "12", filestore.CreateOptions{}), maxBytes(11), ok, 0},
		{"one byte too many", upload("n", "123", filestore.CreateOptions{}), maxBytes(11), filestore.LimitBytes, 11},
		{"one byte too many, declared", upload("n", "123", filestore.CreateOptions{Size: 3}), maxBytes(11), filestore.LimitBytes, 11},
		{"overwriting counts the difference", upload("a", "012345", filestore.CreateOptions{}), maxBytes(11), ok, 0},
		{"overwriting with too much", upload("a", "0123456", filestore.CreateOptions{}), maxBytes(11), filestore.LimitBytes, 11},
		{"overwriting with the same size over the limit", upload("a", "4567", filestore.CreateOptions{}), maxBytes(1), ok, 0},
		{"overwriting with less over the limit", upload("a", "45", filestore.CreateOptions{}), maxBytes(1), ok, 0},
		{"appending too much", upload("a", "456", filestore.CreateOptions{Offset: filestore.End}), maxBytes(11), filestore.LimitBytes, 11},
		{"appending what fits", upload("a", "45", filestore.CreateOptions{Offset: filestore.End}), maxBytes(11), ok, 0},
		{"changing the inside over the limit", upload("a", "x", filestore.CreateOptions{KeepTail: true}), maxBytes(0), ok, 0},
		{"file size", upload("n", "1234", filestore.CreateOptions{}), maxFileSize(3), filestore.LimitFileSize, 3},
		{"file size fits", upload("n", "123", filestore.CreateOptions{}), maxFileSize(3), ok, 0},
		{"file size declared", upload("n", "1234", filestore.CreateOptions{Size: 4}), maxFileSize(3), filestore.LimitFileSize, 3},
		{"file size appended", upload("a", "4", filestore.CreateOptions{Offset: filestore.End}), maxFileSize(4), filestore.LimitFileSize, 4},
		{"file size shrinking over the limit", upload("a", "012", filestore.CreateOptions{}), maxFileSize(2), ok, 0},
		{"file size growing over the limit", upload("a", "01234", filestore.CreateOptions{}), maxFileSize(2), filestore.LimitFileSize, 2},
		{"size of a sidecar", sets("n", "1234"), maxFileSize(3), filestore.LimitFileSize, 3},
		{"new sidecar at the limit", sets("n", ""), maxFiles(4), filestore.LimitFiles, 4},
		{"new sidecar below the limit", sets("n", ""), maxFiles(5), ok, 0},
		{"old sidecar over the number", sets("a", "m"), maxFiles(0), ok, 0},
		{"sidecar with too much", sets("a", "mmmmm"), maxBytes(11), filestore.LimitBytes, 11},
		{"sidecar fits exactly", sets("a", "mmmm"), maxBytes(11), ok, 0},
		{"sidecar with less over the limit", sets("a", "m"), filestore.Limits{}, ok, 0},
		{"sidecar of the same size over the limit", sets("a", "nn"), filestore.Limits{}, ok, 0},
		{"mkdir with a sidecar fits", mkdirPaired("z", "1234"), filestore.Limits{Files: 6, Bytes: 14, FileSize: 4}, ok, 0},
		{"mkdir with a sidecar, too many", mkdirPaired("z", "1234"), maxFiles(5), filestore.LimitFiles, 5},
		{"mkdir with a sidecar, too much", mkdirPaired("z", "1234"), maxBytes(12), filestore.LimitBytes, 12},
		{"mkdir with too large a sidecar", mkdirPaired("z", "1234"), maxFileSize(3), filestore.LimitFileSize, 3},
		{"copy fits", copies("a", "z", keep), filestore.Limits{Files: 6, Bytes: 15, FileSize: 4}, ok, 0},
		{"copy of too many", copies("a", "z", keep), maxFiles(5), filestore.LimitFiles, 5},
		{"copy of too much", copies("a", "z", keep), maxBytes(14), filestore.LimitBytes, 14},
		{"copy of too large a file", copies("a", "z", keep), maxFileSize(3), filestore.LimitFileSize, 3},
		{"copy without the sidecar", copies("a", "z", nil), filestore.Limits{Files: 5, Bytes: 13, FileSize: 4}, ok, 0},
		{"copy with a sidecar that grows", copies("a", "z", twice), maxBytes(16), filestore.LimitBytes, 16},
		{"copy of a tree fits", copies("d", "z", keep), filestore.Limits{Files: 6, Bytes: 12, FileSize: 3}, ok, 0},
		{"copy of too many in a tree", copies("d", "z", keep), maxFiles(5), filestore.LimitFiles, 5},
		{"copy of too much in a tree", copies("d", "z", keep), maxBytes(11), filestore.LimitBytes, 11},
		{"copy of too large a file in a tree", copies("d", "z", keep), maxFileSize(2), filestore.LimitFileSize, 2},
		{"copy counts what it replaces", copies("d/b", "a", keep), filestore.Limits{Files: 0, Bytes: 0, FileSize: 3}, ok, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			fill(t, s, before)
			err := tt.change(t, s, tt.limits)
			if tt.met == ok {
				require.NoError(t, err)
				counted(t, s)
				return
			}
			over(t, tt.met, tt.limit, err)
			holds(t, s, before)
		})
	}

	t.Run("removing and renaming over the limit", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		fill(t, s, before)
		require.NoError(t, rename("a", "z")(t.Context(), s))
		require.NoError(t, replace("d", "z")(t.Context(), s))
		require.NoError(t, removeAll("z")(t.Context(), s))
		holds(t, s, "")
	})
	t.Run("removing a sidecar over the limit", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		fill(t, s, before)
		_, err := s.SetSidecar(t.Context(), "a", nil, filestore.SidecarOptions{}, filestore.Limits{})
		require.NoError(t, err)
		holds(t, s, "a=0123 d/ d/b=012")
	})
}
