package filestore_test

import (
	"io/fs"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// What a caller may not read they cannot move to where they can.
func TestViewMoveOfWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	d := shared(t, map[string]string{
		"pub/a": "", "pub.meta": list("mary=lrwd"),
		"private/open/f": "", "private/open.meta": list("mary=lrwd"),
		"private/proj/f": "", "private/proj.meta": list("mary=lrwd"), "private/proj/secret/s": "",
		"private/box/own": "", "private/box.meta": list("mary=lrwd"), "private/box/own.meta": list("mary=l"),
		"private/drop/f": "", "private/drop.meta": list("mary=d"),
	})
	mary := fixture.Views(d).View(filestore.Caller{Account: "mary@client1.com"}, owner)
	for _, from := range []string{"private/proj", "private/box", "private/box/own", "private/drop/f"} {
		require.ErrorIs(t, mary.Rename(t.Context(), from, "pub/moved", filestore.RenameOptions{}), fs.ErrPermission, from)
	}
	require.NoError(t, mary.Rename(t.Context(), "private/open", "pub/moved", filestore.RenameOptions{}))
}
