package filestore_test

import (
	"errors"
	"io/fs"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

func TestMetadata(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	views := fixture.Views(fixture.New(func() filestore.Store { return memstore.New() }))
	owner := views.View(filestore.Caller{Account: "john@client1.com"}, "john@client1.com")
	require.NoError(t, owner.Mkdir(ctx, "private"))
	require.NoError(t, owner.Mkdir(ctx, "private/x"))
	none, err := filestore.ReadMetadata(ctx, owner, "private/x")
	require.NoError(t, err)
	require.Zero(t, none)
	require.NoError(t, filestore.WriteMetadata(ctx, owner, "private/x", none, nil), "none, as before")

	const first, second = "<meta><title>1</title></meta>", "<meta xmlns='u'><!-- kept -->\n<title>2</title></meta>"
	require.NoError(t, filestore.WriteMetadata(ctx, owner, "private/x", none, []byte(first)))
	read, err := filestore.ReadMetadata(ctx, owner, "private/x")
	require.NoError(t, err)
	require.Equal(t, first, string(read.Text))
	require.ErrorIs(t, filestore.WriteMetadata(ctx, owner, "private/x", none, []byte(second)), fs.ErrExist, "somebody was quicker")
	require.NoError(t, filestore.WriteMetadata(ctx, owner, "private/x", read, []byte(second)))
	require.ErrorIs(t, filestore.WriteMetadata(ctx, owner, "private/x", read, []byte(first)), filestore.ErrChanged)
	require.ErrorIs(t, filestore.WriteMetadata(ctx, owner, "private/x", read, nil), filestore.ErrChanged)

	read, err = filestore.ReadMetadata(ctx, owner, "private/x")
	require.NoError(t, err)
	require.Equal(t, second, string(read.Text), "to the byte")
	for _, text := range []string{"", "<meta>", "<x/>", "<!DOCTYPE meta><meta/>", "<meta/><meta/>", strings.Repeat("<meta>", 100)} {
		err := filestore.WriteMetadata(ctx, owner, "private/x", read, []byte(text))
		require.ErrorIs(t, err, fs.ErrInvalid, text)
	}
	err = filestore.WriteMetadata(ctx, owner, "private/x", read, []byte("<meta>\n</mata>"))
	require.ErrorContains(t, err, "line 2")
	require.NoError(t, filestore.WriteMetadata(ctx, owner, "private/x", read, nil))
	read, err = filestore.ReadMetadata(ctx, owner, "private/x")
	require.NoError(t, err)
	require.Zero(t, read)

	_, err = filestore.ReadMetadata(ctx, owner, "private/missing")
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = filestore.ReadMetadata(ctx, owner, filestore.Root)
	require.NoError(t, err, "it has none")
	require.ErrorIs(t, filestore.WriteMetadata(ctx, owner, filestore.Root, none, []byte(first)), filestore.ErrConflict)
	require.NoError(t, filestore.WriteMetadata(ctx, owner, "private/x", none, []byte(first)))
	for _, caller := range []filestore.Caller{{}, {Account: "mary@client1.com"}} {
		other := views.View(caller, "john@client1.com")
		_, err := filestore.ReadMetadata(ctx, other, "private/x")
		require.ErrorIs(t, err, fs.ErrPermission)
		require.ErrorIs(t, filestore.WriteMetadata(ctx, other, "private/x", none, []byte(first)), fs.ErrPermission)
	}
}

// Of edits at the same time that know the same text one is made.
func TestMetadataAtTheSameTime(t *testing.T) {
	t.Parallel()
	views := fixture.Views(fixture.New(func() filestore.Store { return memstore.New() }))
	owner := views.View(filestore.Caller{Account: "john@client1.com"}, "john@client1.com")
	require.NoError(t, owner.Mkdir(t.Context(), "x"))
	var all sync.WaitGroup
	failures := make([]error, 20)
	for i := range failures {
		all.Go(func() {
			failures[i] = filestore.WriteMetadata(t.Context(), owner, "x", filestore.Metadata{}, []byte("<meta/>"))
		})
	}
	all.Wait()
	made := 0
	for _, err := range failures {
		if err == nil {
			made++
		} else {
			require.True(t, errors.Is(err, fs.ErrExist) || errors.Is(err, filestore.ErrChanged), err)
		}
	}
	require.Equal(t, 1, made)
}
