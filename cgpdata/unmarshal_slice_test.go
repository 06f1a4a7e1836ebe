package cgpdata_test

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/cgpdata"
)

// A branch has slices and maps of its own type in it.
type branch struct {
	Name  string
	Inner []branch          `cgp:",omitempty"`
	Named map[string]branch `cgp:",omitempty"`
}

// newBranch returns a branch with some others at each depth.
func newBranch(name string, depth, breadth int) branch {
	b := branch{Name: name}
	for i := range breadth {
		if depth > 0 {
			inner := fmt.Sprintf("%s-%d", name, i)
			b.Inner = append(b.Inner, newBranch(inner, depth-1, i+1))
			if b.Named == nil {
				b.Named = map[string]branch{}
			}
			b.Named[inner] = newBranch(inner, depth-1, breadth-1)
		}
	}
	return b
}

// Slices share their room while those in their elements take some, too.
func TestSlicesInSlices(t *testing.T) {
	t.Parallel()
	for _, want := range []branch{newBranch("one", 12, 1), newBranch("few", 4, 3), newBranch("wide", 1, 300), newBranch("wider", 2, 20)} {
		text, err := cgpdata.Marshal(want)
		require.NoError(t, err)
		var got branch
		require.NoError(t, cgpdata.Unmarshal(text, &got))
		require.True(t, reflect.DeepEqual(want, got), want.Name)
	}
}

// What is appended to one slice does not show in another one.
func TestAppendToSlices(t *testing.T) {
	t.Parallel()
	var got [][]int
	require.NoError(t, cgpdata.Unmarshal([]byte("((#1),(#2,#3),(),(#4))"), &got))
	for i := range got {
		got[i] = append(got[i], 9)
	}
	require.Equal(t, [][]int{{1, 9}, {2, 3, 9}, {9}, {4, 9}}, got)
}

// Elements that make a slice longer than the first ones let expect are as good as these.
func TestUnevenElements(t *testing.T) {
	t.Parallel()
	for _, n := range []int{15, 16, 17, 100, 5000} {
		want := make([]string, n)
		for i := range want {
			want[i] = fmt.Sprintf("%0*d", max(1, 40-i), i)
		}
		type named string
		text, err := cgpdata.Marshal(want)
		require.NoError(t, err)
		var got []named
		require.NoError(t, cgpdata.Unmarshal(text, &got))
		require.Equal(t, fmt.Sprint(want), fmt.Sprint(got))
	}
}
