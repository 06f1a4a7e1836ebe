package pgstore_test

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/pgstore"
)

// TestBounds: a directory moves to where all below it has a valid name, and to nowhere else,
// though it does not always know how deep and how long that is.
func TestBounds(t *testing.T) {
	t.Parallel()
	database := database(t)
	s := open(t, pgstore.Config{Database: database})
	mine := store(t, s, "john@test")
	chain := func(top, each string, n int) (all []string) {
		name := top
		for range n {
			require.NoError(t, mine.Mkdir(t.Context(), name, filestore.MkdirOptions{}, boundless))
			all = append(all, name)
			name += "/" + each
		}
		return all
	}
	rename := func(from, to string) error {
		return mine.Rename(t.Context(), from, to, filestore.RenameOptions{})
	}
	deep, there := chain("deep", "d", 60), chain("there", "d", 50)
	require.ErrorIs(t, rename("deep", there[40]+"/deep"), fs.ErrInvalid)
	require.NoError(t, rename("deep", there[39]+"/deep"))
	require.ErrorIs(t, rename("there", "deep"+"/there"), fs.ErrNotExist)
	require.NoError(t, mine.Mkdir(t.Context(), "more", filestore.MkdirOptions{}, boundless))
	require.ErrorIs(t, rename("there", "more/there"), fs.ErrInvalid, "with what has moved into it")
	require.NoError(t, rename(there[39]+"/deep", "deep"))
	require.NoError(t, rename("there", "more/there"), "it has gone again, which is found by a walk")
	require.NoError(t, mine.Remove(t.Context(), deep[30], filestore.RemoveOptions{Recursive: true}))
	require.NoError(t, rename("deep", strings.Replace(there[49], "there", "more/there", 1)+"/deep"))

	long := chain("long", strings.Repeat("n", 255), 10)
	require.NoError(t, mine.Mkdir(t.Context(), long[9]+"/with", filestore.MkdirOptions{Sidecar: []byte("side")}, boundless))
	wide := chain("wide", strings.Repeat("w", 255), 7)
	free := filestore.MaxNameBytes - len(wide[6]) - len("//long") - (len(long[9]) - len("long")) - len("/with.meta")
	fits := wide[6] + "/" + strings.Repeat("f", free)
	require.NoError(t, mine.Mkdir(t.Context(), fits, filestore.MkdirOptions{}, boundless))
	require.NoError(t, mine.Mkdir(t.Context(), fits+"f", filestore.MkdirOptions{}, boundless))
	require.ErrorIs(t, rename("long", fits+"f/long"), fs.ErrInvalid, "there is no room for the sidecar")
	require.NoError(t, rename("long", fits+"/long"))
	for range 200 { // to and fro makes no bound larger
		require.NoError(t, rename("wide", "away"))
		require.NoError(t, rename("away", "wide"))
	}
	var loose int
	query(t, database, `WITH RECURSIVE tree AS (
			SELECT account, name, parent, dir, 0 AS depth, 0 AS length, dir AS top FROM entries WHERE kind = 2
			UNION ALL
			SELECT e.account, e.name, e.parent, e.dir, tree.depth + 1, tree.length + 1 + octet_length(e.name), tree.top FROM tree JOIN entries e ON e.account = tree.account AND e.parent = tree.dir
		), found AS (SELECT top, max(depth) AS depth, max(length) AS length FROM tree GROUP BY top)
		SELECT count(*) FROM entries e JOIN found ON found.top = e.dir WHERE e.height < found.depth OR e.reach < found.length OR e.height > 100 OR e.reach > 4096`, &loose)
	require.Zero(t, loose)
}
