package recent

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMap(t *testing.T) {
	t.Parallel()
	r := New[int, string](10)
	require.Equal(t, "used", r.Add(-1, "used"))
	require.Equal(t, "used", r.Add(-1, "other"), "the first one stays")
	for i := range 1000 {
		r.Add(i, "x")
		v, ok := r.Get(-1)
		require.True(t, ok, "what is used stays")
		require.Equal(t, "used", v)
		require.LessOrEqual(t, len(r.first)+len(r.second), 20)
	}
	_, ok := r.Get(900)
	require.False(t, ok)
	for i := 991; i < 1000; i++ {
		_, ok := r.Get(i)
		require.True(t, ok, i)
	}
	r.Set(-1, "new")
	v, ok := r.Get(-1)
	require.True(t, ok)
	require.Equal(t, "new", v)
}
