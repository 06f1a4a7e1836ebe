package storetest

import (
	"context"
	"io/fs"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
)

// testNotes has a store that keeps notes keep some.
func testNotes(t *testing.T, open func(t *testing.T) filestore.Store) {
	s := open(t)
	book, ok := s.(filestore.Notebook)
	if !ok {
		t.Skip("the store keeps no notes")
	}
	note := func(name, want string) {
		t.Helper()
		text, err := book.Note(t.Context(), name)
		require.NoError(t, err)
		require.Equal(t, want, string(text))
	}
	note("first", "")
	require.NoError(t, book.SetNote(t.Context(), "first", nil), "there is nothing to remove")
	long := strings.Repeat("x", filestore.MaxNoteBytes)
	require.NoError(t, book.SetNote(t.Context(), "first", []byte(long)))
	require.NoError(t, book.SetNote(t.Context(), "second", []byte("two")))
	note("first", long)
	require.NoError(t, book.SetNote(t.Context(), "first", []byte("one")))
	note("first", "one")
	require.NoError(t, book.SetNote(t.Context(), "first", nil))
	note("first", "")
	note("second", "two")

	usage, err := s.Usage(t.Context(), filestore.Root)
	require.NoError(t, err)
	require.Zero(t, usage, "notes do not count")
	for range s.List(t.Context(), filestore.Root, all) {
		t.Error("notes are no files")
	}
	for _, name := range []string{"", "A", "a.b", "../x", "a/b", strings.Repeat("a", 33)} {
		require.ErrorIs(t, book.SetNote(t.Context(), name, []byte("x")), fs.ErrInvalid, name)
		_, err := book.Note(t.Context(), name)
		require.ErrorIs(t, err, fs.ErrInvalid, name)
	}
	require.ErrorIs(t, book.SetNote(t.Context(), "second", []byte(long+"x")), filestore.ErrLimit)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, book.SetNote(ended, "second", []byte("x")), context.Canceled)
	_, err = book.Note(ended, "second")
	require.ErrorIs(t, err, context.Canceled)
	note("second", "two")
	require.NoError(t, book.SetNote(t.Context(), "second", nil))
}
