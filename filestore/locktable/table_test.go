package locktable_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/locktable"
)

var (
	exclusive = filestore.Lock{Owner: "john@example.com"}
	deep      = filestore.Lock{Owner: "john@example.com", Deep: true}
	shared    = filestore.Lock{Owner: "john@example.com", Shared: true}
	wide      = filestore.Lock{Owner: "john@example.com", Shared: true, Deep: true}
)

// with is a precondition of john's that submits tokens.
func with(locks ...filestore.Lock) filestore.Precondition {
	p := filestore.Precondition{Owner: "john@example.com"}
	for _, l := range locks {
		p.Tokens = append(p.Tokens, l.Token)
	}
	return p
}

func lock(t *testing.T, table *locktable.Table, name string, l filestore.Lock) filestore.Lock {
	t.Helper()
	made, err := table.Lock(t.Context(), name, l, time.Minute)
	require.NoError(t, err)
	return made
}

// root returns the root of the lock that err tells of; "" for no error.
func root(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	require.ErrorIs(t, err, filestore.ErrLocked)
	var locked *filestore.LockedError
	require.ErrorAs(t, err, &locked)
	return locked.Name
}

// What a lock covers, by the change and its name.
func TestCheck(t *testing.T) {
	t.Parallel()
	content, entry, tree, sidecar := locktable.Content, locktable.Entry, locktable.Tree, locktable.Sidecar
	for _, tt := range []struct {
		name   string
		locks  map[string]filestore.Lock
		change locktable.Change
		of     string
		met    string
	}{
		{"nothing", nil, tree, "a", ""},
		{"own", map[string]filestore.Lock{"a": exclusive}, content, "a", "a"},
		{"own, shared", map[string]filestore.Lock{"a": shared}, content, "a", "a"},
		{"own, of what is made", map[string]filestore.Lock{"a": exclusive}, entry, "a", "a"},
		{"own, of what goes", map[string]filestore.Lock{"a": exclusive}, tree, "a", "a"},
		{"name that begins alike", map[string]filestore.Lock{"a": deep}, tree, "ab", ""},
		{"beside", map[string]filestore.Lock{"d/a": deep}, tree, "d/b", ""},
		{"deep above", map[string]filestore.Lock{"d": deep}, content, "d/e/a", "d"},
		{"deep at the root", map[string]filestore.Lock{".": deep}, content, "a", "."},
		{"flat above, content", map[string]filestore.Lock{"d": exclusive}, content, "d/a", ""},
		{"flat above, made", map[string]filestore.Lock{"d": exclusive}, entry, "d/a", "d"},
		{"flat above, gone", map[string]filestore.Lock{"d": exclusive}, tree, "d/a", "d"},
		{"flat above, sidecar", map[string]filestore.Lock{"d": exclusive}, sidecar, "d/a", ""},
		{"flat two above", map[string]filestore.Lock{"d": exclusive}, entry, "d/e/a", ""},
		{"flat at the root, made", map[string]filestore.Lock{".": exclusive}, entry, "a", "."},
		{"below, gone", map[string]filestore.Lock{"d/e/a": exclusive}, tree, "d", "d/e/a"},
		{"below, content", map[string]filestore.Lock{"d/a": exclusive}, content, "d", ""},
		{"entry of a sidecar", map[string]filestore.Lock{"a": exclusive}, sidecar, "a", "a"},
		{"sidecar itself", map[string]filestore.Lock{"a.meta": exclusive}, sidecar, "a", "a.meta"},
		{"sidecar, and the content of its entry", map[string]filestore.Lock{"a.meta": exclusive}, content, "a", ""},
		{"sidecar, and its entry gone", map[string]filestore.Lock{"a.meta": exclusive}, tree, "a", "a.meta"},
		{"sidecar, deep above", map[string]filestore.Lock{"d": deep}, sidecar, "d/a", "d"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var table locktable.Table
			var all []filestore.Lock
			for name, l := range tt.locks {
				all = append(all, lock(t, &table, name, l))
			}
			require.Equal(t, tt.met, root(t, table.Check(tt.change, tt.of, filestore.Precondition{})))
			require.NoError(t, table.Check(tt.change, tt.of, with(all...)))
			stranger := with(all...)
			stranger.Owner = "mary@example.com"
			require.Equal(t, tt.met, root(t, table.Check(tt.change, tt.of, stranger)), "the token of somebody else")
		})
	}
}

// Of shared locks the token of any is enough, of what each changed name has.
func TestCheckShared(t *testing.T) {
	t.Parallel()
	var table locktable.Table
	up, a, b := lock(t, &table, "d", wide), lock(t, &table, "d/a", shared), lock(t, &table, "d/b", shared)
	second := lock(t, &table, "d/a", shared)
	for _, tt := range []struct {
		change locktable.Change
		name   string
		tokens filestore.Precondition
		met    string
	}{
		{locktable.Content, "d/a", with(up), ""},
		{locktable.Content, "d/a", with(a), ""},
		{locktable.Content, "d/a", with(second), ""},
		{locktable.Content, "d/a", with(b), "d"},
		{locktable.Content, "d/c", with(a, b), "d"},
		{locktable.Tree, "d", with(up), ""},
		{locktable.Tree, "d", with(a, b), "d"},
		{locktable.Tree, "d/a", with(a), "d"}, // the directory changes too
		{locktable.Tree, "d/a", with(a, up), ""},
	} {
		require.Equal(t, tt.met, root(t, table.Check(tt.change, tt.name, tt.tokens)), "%v %s", tt.change, tt.name)
	}
}

// Which locks exclude each other.
func TestLockConflicts(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name          string
		first, second string
		a, b          filestore.Lock
		met           string
	}{
		{"exclusive twice", "a", "a", exclusive, exclusive, "a"},
		{"shared twice", "a", "a", shared, shared, ""},
		{"shared, then exclusive", "a", "a", shared, exclusive, "a"},
		{"exclusive, then shared", "a", "a", exclusive, shared, "a"},
		{"below a deep one", "d", "d/e/a", deep, exclusive, "d"},
		{"below a flat one", "d", "d/a", exclusive, exclusive, ""},
		{"deep above", "d/e/a", "d", exclusive, deep, "d/e/a"},
		{"flat above", "d/a", "d", exclusive, exclusive, ""},
		{"deep above, both shared", "d/a", "d", shared, wide, ""},
		{"beside", "d/a", "d/b", deep, deep, ""},
		{"sidecar of it", "a", "a.meta", exclusive, exclusive, "a"},
		{"what a sidecar belongs to", "a.meta", "a", exclusive, exclusive, "a.meta"},
		{"under a deep one at the root", ".", "a", deep, shared, "."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var table locktable.Table
			first := lock(t, &table, tt.first, tt.a)
			_, err := table.Lock(t.Context(), tt.second, tt.b, 0)
			require.Equal(t, tt.met, root(t, err))
			require.NoError(t, table.Unlock(t.Context(), tt.first, first.Token, first.Owner))
			if tt.met != "" {
				lock(t, &table, tt.second, tt.b)
			}
		})
	}
}

func TestLifeOfALock(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	table := locktable.Table{Now: func() time.Time { return now }}
	ctx := t.Context()
	made, err := table.Lock(ctx, "d", filestore.Lock{Owner: "john@example.com", Deep: true, Text: "<owner/>", Token: "mine", Name: "x"}, time.Minute)
	require.NoError(t, err)
	require.Regexp(t, `^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, made.Token)
	made2 := made
	made2.Token = ""
	require.Equal(t, filestore.Lock{Name: "d", Owner: "john@example.com", Deep: true, Text: "<owner/>", Expires: now.Add(time.Minute)}, made2)

	now = now.Add(59 * time.Second)
	refreshed, err := table.RefreshLock(ctx, "d/a", made.Token, made.Owner, 2*time.Minute)
	require.NoError(t, err)
	require.Equal(t, now.Add(2*time.Minute), refreshed.Expires)
	for _, wrong := range []struct{ name, token, owner string }{
		{"e", made.Token, made.Owner}, {"d", "urn:uuid:other", made.Owner}, {"d", made.Token, "mary@example.com"}, {"d", "", ""},
	} {
		_, err := table.RefreshLock(ctx, wrong.name, wrong.token, wrong.owner, 0)
		require.ErrorIs(t, err, fs.ErrNotExist, wrong)
		require.ErrorIs(t, table.Unlock(ctx, wrong.name, wrong.token, wrong.owner), fs.ErrNotExist, wrong)
	}
	now = now.Add(2*time.Minute - 1)
	require.Equal(t, "d", root(t, table.Check(locktable.Content, "d/a", filestore.Precondition{})))
	now = now.Add(1)
	require.NoError(t, table.Check(locktable.Content, "d/a", filestore.Precondition{}))
	_, err = table.RefreshLock(ctx, "d", made.Token, made.Owner, 0)
	require.ErrorIs(t, err, fs.ErrNotExist)
	locks, err := table.Locks(ctx, "d", true)
	require.NoError(t, err)
	require.Empty(t, locks)

	for _, timeout := range []time.Duration{0, -1, 1 << 62, filestore.MaxLockTimeout} {
		l, err := table.Lock(ctx, "a", exclusive, timeout)
		require.NoError(t, err)
		require.Equal(t, now.Add(filestore.MaxLockTimeout), l.Expires)
		require.NoError(t, table.Unlock(ctx, "a", l.Token, l.Owner))
	}
}

// One that ends early does not keep another, and the other way round.
func TestExpiryOneByOne(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	table := locktable.Table{Now: func() time.Time { return now }}
	for i := range 10 {
		_, err := table.Lock(t.Context(), fmt.Sprint("f", i), exclusive, time.Duration(10-i)*time.Minute)
		require.NoError(t, err)
	}
	for i := 9; i >= 0; i-- {
		locks, err := table.Locks(t.Context(), filestore.Root, true)
		require.NoError(t, err)
		require.Len(t, locks, i+1)
		require.Equal(t, fmt.Sprint("f", i), locks[i].Name)
		now = now.Add(time.Minute)
	}
	require.NoError(t, table.Check(locktable.Tree, "f0", filestore.Precondition{}))
}

func TestDrop(t *testing.T) {
	t.Parallel()
	var table locktable.Table
	for _, name := range []string{"d", "d/a", "d/e/f", "dd", "c", "b.meta", "e"} {
		lock(t, &table, name, exclusive)
	}
	names := func() string {
		locks, err := table.Locks(t.Context(), filestore.Root, true)
		require.NoError(t, err)
		var names []string
		for _, l := range locks {
			names = append(names, l.Name)
		}
		return strings.Join(names, " ")
	}
	require.Equal(t, "b.meta c d d/a d/e/f dd e", names())
	table.Drop("d")
	require.Equal(t, "b.meta c dd e", names())
	table.Drop("b")
	table.Drop("nothing")
	require.Equal(t, "c dd e", names())
	lock(t, &table, "f.meta", exclusive)
	table.DropSidecar("f")
	table.DropSidecar("e")
	require.Equal(t, "c dd e", names())
}

func TestLocks(t *testing.T) {
	t.Parallel()
	var table locktable.Table
	for _, name := range []string{"d", "d/a", "d/a", "d/a.meta", "d/b", "e"} {
		lock(t, &table, name, wide)
	}
	for _, tt := range []struct {
		name  string
		below bool
		want  string
	}{
		{"d", false, "[d]"},
		{"d", true, "[d d/a d/a d/a.meta d/b]"},
		{"d/a", false, "[d d/a d/a]"},
		{"d/a", true, "[d d/a d/a d/a.meta]"},
		{"d/a.meta", false, "[d d/a d/a d/a.meta]"},
		{"d/a/x", false, "[d d/a d/a]"},
		{"x", true, "[]"},
		{".", false, "[]"},
	} {
		locks, err := table.Locks(t.Context(), tt.name, tt.below)
		require.NoError(t, err)
		names := []string{}
		for _, l := range locks {
			names = append(names, l.Name)
		}
		require.Equal(t, tt.want, fmt.Sprint(names), "%s %v", tt.name, tt.below)
	}
}

func TestBounds(t *testing.T) {
	t.Parallel()
	table := locktable.Table{Max: 3, MaxOwner: 2}
	ctx := t.Context()
	limit := func(want int64, err error) {
		t.Helper()
		var limit *filestore.LimitError
		require.ErrorAs(t, err, &limit)
		require.Equal(t, filestore.LimitError{Kind: filestore.LimitLocks, Limit: want}, *limit)
	}
	first := lock(t, &table, "a", exclusive)
	lock(t, &table, "b", exclusive)
	_, err := table.Lock(ctx, "c", exclusive, 0)
	limit(2, err)
	lock(t, &table, "c", filestore.Lock{Owner: "mary@example.com"})
	_, err = table.Lock(ctx, "d", filestore.Lock{Owner: "mary@example.com"}, 0)
	limit(3, err)
	require.NoError(t, table.Unlock(ctx, "a", first.Token, first.Owner))
	lock(t, &table, "d", filestore.Lock{Owner: "mary@example.com"})
	_, err = table.Lock(ctx, "e", filestore.Lock{Owner: "mary@example.com"}, 0)
	limit(2, err)

	_, err = table.Lock(ctx, "e", filestore.Lock{Text: strings.Repeat("x", filestore.MaxLockText+1)}, 0)
	require.ErrorIs(t, err, fs.ErrInvalid)
	_, err = table.Lock(ctx, "e/../f", exclusive, 0)
	require.ErrorIs(t, err, fs.ErrInvalid)
	ended, cancel := context.WithCancel(ctx)
	cancel()
	_, err = table.Lock(ended, "e", exclusive, 0)
	require.ErrorIs(t, err, context.Canceled)
	_, err = table.Locks(ended, "e", true)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, table.Unlock(ended, "e", first.Token, first.Owner), context.Canceled)
	var pathErr *fs.PathError
	require.ErrorAs(t, err, &pathErr)
	require.Equal(t, "e", pathErr.Path)
	require.Equal(t, "tree", locktable.Tree.String())
	require.Equal(t, "Change(9)", locktable.Change(9).String())
}

// Of many who want one lock one gets it, whatever else goes on.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	var table locktable.Table
	var group sync.WaitGroup
	got := make(chan filestore.Lock, 64)
	for i := range 64 {
		group.Go(func() {
			l, err := table.Lock(t.Context(), "a", filestore.Lock{Owner: fmt.Sprint(i)}, 0)
			if err == nil {
				got <- l
			} else if !errors.Is(err, filestore.ErrLocked) {
				t.Errorf("unexpected: %v", err)
			}
			_ = table.Check(locktable.Tree, "a", filestore.Precondition{})
			_, _ = table.Locks(t.Context(), "a", true)
			table.Drop("b")
		})
	}
	group.Wait()
	require.Len(t, got, 1)
}

// FuzzTable does what a script spells, and demands of the table what a plain list
// of the locks says.
func FuzzTable(f *testing.F) {
	f.Add([]byte("lock, check, unlock, drop"))
	f.Add([]byte{0, 1, 0, 0, 3, 2, 0, 1, 1, 1, 2, 4, 3, 1})
	f.Fuzz(func(t *testing.T, script []byte) {
		var table locktable.Table
		names := []string{".", "a", "a/b", "a/b/c", "a.meta", "a/b.meta", "ab"}
		var made []filestore.Lock
		next := func(n int) int {
			if len(script) == 0 {
				return 0
			}
			b := script[0]
			script = script[1:]
			return int(b) % n
		}
		for range 100 {
			if len(script) == 0 {
				break
			}
			name := names[next(len(names))]
			switch next(4) {
			case 0:
				l := filestore.Lock{Shared: next(2) == 1, Deep: next(2) == 1}
				got, err := table.Lock(t.Context(), name, l, 0)
				if err != nil {
					require.NotEmpty(t, root(t, err))
					continue
				}
				made = append(made, got)
			case 1:
				if len(made) == 0 {
					continue
				}
				i := next(len(made))
				require.NoError(t, table.Unlock(t.Context(), made[i].Name, made[i].Token, ""))
				made = append(made[:i], made[i+1:]...)
			case 2:
				table.Drop(name)
				var kept []filestore.Lock
				for _, l := range made {
					if !filestore.Within(l.Name, name) && l.Name != name+".meta" {
						kept = append(kept, l)
					}
				}
				made = kept
			default:
				change := locktable.Change(next(4))
				require.NoError(t, table.Check(change, name, submit(made)))
				require.Equal(t, covered(made, change, name), root(t, table.Check(change, name, filestore.Precondition{})) != "", "%v %s", change, name)
			}
			locks, err := table.Locks(t.Context(), filestore.Root, true)
			require.NoError(t, err)
			require.ElementsMatch(t, made, locks)
		}
	})
}

func submit(locks []filestore.Lock) (p filestore.Precondition) {
	for _, l := range locks {
		p.Tokens = append(p.Tokens, l.Token)
	}
	return p
}

// covered tells whether any lock covers a change.
func covered(locks []filestore.Lock, change locktable.Change, name string) bool {
	dir, _ := filestore.Split(name)
	for _, l := range locks {
		above := l.Deep && filestore.Within(name, l.Name)
		side := name + ".meta"
		if of, ok := filestore.SidecarOf(name); ok && l.Name == of {
			above = true
		}
		switch {
		case l.Name == name, above:
			return true
		case change == locktable.Sidecar && l.Name == side:
			return true
		case change == locktable.Tree && (filestore.Within(l.Name, name) || l.Name == side):
			return true
		case (change == locktable.Entry || change == locktable.Tree) && l.Name == dir:
			return true
		}
	}
	return false
}

func Example() {
	ctx := context.Background()
	var table locktable.Table
	l, _ := table.Lock(ctx, "letters", filestore.Lock{Owner: "john@example.com", Deep: true}, time.Minute)
	john := filestore.Precondition{Owner: "john@example.com", Tokens: []string{l.Token}}
	fmt.Println(table.Check(locktable.Content, "letters/mary.txt", filestore.Precondition{}))
	fmt.Println(table.Check(locktable.Content, "letters/mary.txt", john))
	// Output:
	// locked at letters
	// <nil>
}
