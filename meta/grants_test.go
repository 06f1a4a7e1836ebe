package meta_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cgpkit/cgpkit/meta"
	"github.com/stretchr/testify/require"
)

// manyGrants returns a document with so many keys and so many entries.
func manyGrants(n int) []byte {
	var b strings.Builder
	b.WriteString("<meta><accessPwd>")
	for i := range n {
		fmt.Fprintf(&b, "<key>key-%d-with-some-more-bytes-in-it</key>", i)
	}
	b.WriteString("</accessPwd><ACL>")
	for i := range n {
		fmt.Fprintf(&b, `<subKey key="account%d">lr</subKey>`, i)
	}
	b.WriteString("</ACL></meta>")
	return []byte(b.String())
}

// Asking costs the same number of allocations, however much a document grants.
func TestGrantsAreAskedQuickly(t *testing.T) {
	for _, n := range []int{1, 3000} {
		g, err := meta.ParseGrants(manyGrants(n))
		require.NoError(t, err)
		require.Zero(t, testing.AllocsPerRun(10, func() { g.HasKey("key-0-with-some-more-bytes-in-it") }), n)
		last := meta.Caller{Account: fmt.Sprint("account", n-1), Domain: "client1.com"}
		require.LessOrEqual(t, testing.AllocsPerRun(10, func() { g.Rights(last, "client1.com") }), 40.0, n)
		r, listed := g.Rights(last, "client1.com")
		require.Equal(t, meta.List|meta.Read, r)
		require.True(t, listed)
		require.True(t, g.HasKey(fmt.Sprintf("key-%d-with-some-more-bytes-in-it", n-1)))
		require.False(t, g.HasKey(""))
	}
	var none meta.Grants
	require.False(t, none.HasKey("x"))
	r, listed := none.Rights(meta.Caller{Account: "john", Domain: "client1.com"}, "client1.com")
	require.Zero(t, r)
	require.False(t, listed)
}

// What a document grants takes up no more than itself.
func TestGrantsSize(t *testing.T) {
	src := manyGrants(3000)
	g, err := meta.ParseGrants(src)
	require.NoError(t, err)
	require.Greater(t, g.Size(), 3000*32)
	require.Less(t, g.Size(), 5*len(src))
	plain := []byte("<meta><a>" + strings.Repeat("x", 1<<19) + "</a></meta>")
	g, err = meta.ParseGrants(plain)
	require.NoError(t, err)
	require.Zero(t, g.Size())
}

// All new directories in one directory get what was made once.
func TestHeritage(t *testing.T) {
	const parent = `<meta xmlns="urn:x"><ACL><subKey key="john">lr</subKey></ACL><title>x</title></meta>`
	h, err := meta.NewHeritage([]byte(parent), "")
	require.NoError(t, err)
	first, err := h.Inherit(nil)
	require.NoError(t, err)
	want, err := meta.Inherit(nil, []byte(parent), "")
	require.NoError(t, err)
	require.Equal(t, string(want), string(first))
	require.Zero(t, testing.AllocsPerRun(10, func() { _, _ = h.Inherit(nil) }))
	child, err := h.Inherit([]byte("<meta><title>y</title></meta>"))
	require.NoError(t, err)
	require.Contains(t, string(child), `key="john"`)
	_, err = h.Inherit([]byte("<meta>"))
	require.Error(t, err)
	_, err = meta.NewHeritage([]byte("<meta>"), "")
	require.Error(t, err)
}
