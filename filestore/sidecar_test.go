package filestore_test

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// blown returns a sidecar of so many bytes with the elements given.
func blown(size int, elements string) string {
	const head, tail = "<meta>", "<x></x></meta>"
	fill := size - len(head) - len(tail) - len(elements)
	return head + elements + "<x>" + strings.Repeat("x", fill) + tail[len("<x>"):]
}

const mebi = 1 << 20

// countedHouse is john's storage, of which every byte that is read of a file is
// counted, and its views, which bear with wrong keys.
func countedHouse(t *testing.T) (d *fixture.Directory, views *filestore.Views, read *int) {
	t.Helper()
	d = fixture.New(func() filestore.Store { return memstore.New() })
	read = new(int)
	d.Update(owner, func(a *fixture.Account) {
		a.Store = countedStore{a.Store, read}
	})
	return d, filestore.NewViews(d, d, &filestore.ViewsOptions{WrongKeys: 1 << 20}), read
}

// A share path with a large sidecar in each of its directories costs a stranger's
// request no more than two of them would. What is beyond that grants nothing, to
// the first who asks and to the last.
func TestSharePathIsBounded(t *testing.T) {
	t.Parallel()
	for _, size := range []int{mebi, mebi / 2, mebi/2 + 1, 1000} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			t.Parallel()
			d, views, read := countedHouse(t)
			dir, path := "private", "protected"
			for i := range 41 {
				key := fmt.Sprintf("<accessPwd><key>key%d</key></accessPwd>", i)
				dir, path = dir+"/d", path+"/d"
				d.Write(t, owner, dir+"/f", "")
				d.Write(t, owner, dir+".meta", blown(size, key))
			}
			stranger := views.View(filestore.Caller{}, owner)
			opens := func(i int) bool {
				_, err := stranger.Stat(t.Context(), fmt.Sprintf("%s/pwd/key%d/f", path, i))
				if err != nil {
					require.ErrorIs(t, err, fs.ErrNotExist)
				}
				return err == nil
			}
			within := min(41, 2*mebi/size)
			for range 2 {
				for i := range 41 {
					require.Equal(t, i < within, opens(i), i)
				}
				require.False(t, opens(41))
				require.LessOrEqual(t, *read, 2*mebi+size, "each is read once, for all requests, the first that is too much as well")
			}
		})
	}
}

// A listing that asks too much is refused as a whole: an incomplete one would look
// like all there is.
func TestListingByListsIsBounded(t *testing.T) {
	t.Parallel()
	for size, want := range map[int]string{mebi: "refused", 10_000: "refused", 1000: "ok"} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			t.Parallel()
			d, views, read := countedHouse(t)
			d.Write(t, owner, "private/box.meta", list("mary=lr"))
			const entries = 300
			acl := strings.TrimSuffix(strings.TrimPrefix(list("mary=r"), "<meta>"), "</meta>")
			content := blown(size, acl)
			for i := range entries {
				d.Write(t, owner, fmt.Sprintf("private/box/f%d", i), "")
				d.Write(t, owner, fmt.Sprintf("private/box/f%d.meta", i), content)
			}
			mary := views.View(callers["other"], owner)
			for range 2 {
				got := names(t, mary, "private/box")
				if want == "ok" {
					require.Len(t, strings.Fields(got), entries)
				} else {
					require.Equal(t, want, got)
				}
			}
			require.LessOrEqual(t, *read, 2*(2*mebi+size), "of two listings")
			require.Len(t, strings.Fields(names(t, views.View(callers["owner"], owner), "private/box")), 2*entries, "the owner needs no list")
			_, err := mary.Stat(t.Context(), "private/box/f7")
			require.NoError(t, err, "one by one they can be read")
			require.ErrorIs(t, mary.Remove(t.Context(), "private/box", filestore.RemoveOptions{Recursive: true}), fs.ErrPermission)
		})
	}
}

// Whoever adds a key to many keys is not compared with each of them in turn, and
// none of many lists is asked for entry by entry.
func TestManyKeys(t *testing.T) {
	d, views, read := countedHouse(t)
	keys := "<accessPwd>"
	for i := range 9000 {
		keys += fmt.Sprintf("<key>key%d</key>", i)
	}
	d.Write(t, owner, "private/f", "")
	d.Write(t, owner, "private.meta", "<meta>"+keys+"</accessPwd></meta>")
	stranger := views.View(filestore.Caller{}, owner)
	look := func(key string) error {
		_, err := stranger.Stat(t.Context(), "protected/pwd/"+key+"/f")
		return err
	}
	require.NoError(t, look("key0"))
	before := *read
	require.NoError(t, look("key8999"))
	require.ErrorIs(t, look("key9000"), fs.ErrNotExist)
	require.Equal(t, before, *read)
	few := testing.AllocsPerRun(10, func() { require.NoError(t, look("key1")) })
	require.Less(t, few, 100.0, "%v allocations to compare 9,000 keys", few)
}
