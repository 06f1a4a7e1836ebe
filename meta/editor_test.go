package meta

import (
	"encoding/xml"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// However many changes there are, each meets what it changes and nothing else: no
// list that one walks through grows with the changes before it.
func TestEditorKeepsNoDebris(t *testing.T) {
	t.Parallel()
	const n = 500
	var src strings.Builder
	src.WriteString("<meta>")
	for i := range n {
		fmt.Fprintf(&src, "<a/><accessPwd><key>k%d</key></accessPwd>", i)
	}
	src.WriteString("</meta>")
	d, err := Parse([]byte(src.String()))
	require.NoError(t, err)
	e := newEditor(d)
	apply := func(c Change) { require.NoError(t, c.apply(e)) }
	a, err := ParseAttribute("<a>x</a>")
	require.NoError(t, err)
	name := xml.Name{Local: "a"}
	require.Len(t, e.where[name], n)
	for range n {
		apply(Set(a))
		require.Len(t, e.where[name], 1)
	}
	for i := range n {
		apply(AddKey(Share{Key: fmt.Sprint("k", i), Recipients: []Recipient{{Address: "x@y"}}}))
		require.Len(t, e.keysAt[fmt.Sprint("k", i)], 1, "one place for each key")
	}
	require.Len(t, e.keysAt, n)
	for i := range n {
		apply(RevokeKey(fmt.Sprint("k", i)))
	}
	require.Empty(t, e.keysAt)
	for range n {
		apply(Set(a))
		apply(Remove(name))
		require.Equal(t, -1, e.last, "nothing is left to look for")
	}
	require.Empty(t, e.where[name])
	require.Equal(t, "<meta></meta>", e.text())
	apply(Set(a))
	require.Equal(t, "<meta><a>x</a></meta>", e.text())
}
