package lru

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMap(t *testing.T) {
	t.Parallel()
	var m *Map[int, string]
	require.Zero(t, m.Len())
	_, ok := m.Get(1)
	require.False(t, ok)
	m = New[int, string](10)
	require.Equal(t, "used", m.Add(-1, "used"))
	require.Equal(t, "used", m.Add(-1, "other"), "the first one stays")
	for i := range 1000 {
		m.Add(i, "x")
		v, ok := m.Get(-1)
		require.True(t, ok, "what is used stays")
		require.Equal(t, "used", v)
		require.LessOrEqual(t, m.Len(), 20)
	}
	_, ok = m.Get(900)
	require.False(t, ok)
	for i := 991; i < 1000; i++ {
		_, ok := m.Get(i)
		require.True(t, ok, i)
	}
	m.Set(-1, "new")
	v, ok := m.Get(-1)
	require.True(t, ok)
	require.Equal(t, "new", v)
}

// To replace values drops no others.
func TestReplace(t *testing.T) {
	t.Parallel()
	m := New[int, int](2)
	m.Set(1, 0)
	m.Set(2, 0)
	for i := range 100 {
		m.Set(2, i)
	}
	_, ok := m.Get(1)
	require.True(t, ok)
	v, ok := m.Get(2)
	require.True(t, ok)
	require.Equal(t, 99, v)
}

func TestWeighted(t *testing.T) {
	t.Parallel()
	m := NewWeighted[int, int](1000, 10, func(v int) int { return v })
	kept := func() (weight int) {
		for _, values := range []map[int]int{m.first, m.second} {
			for _, v := range values {
				weight += v
			}
		}
		return weight
	}
	for i := range 1000 {
		m.Set(i, 1+i%4)
		require.LessOrEqual(t, kept(), 20)
		require.LessOrEqual(t, m.weight, 10)
		_, ok := m.Get(i)
		require.True(t, ok)
	}
	m.Set(0, 9)
	m.Set(0, 1)
	m.Set(1, 9)
	for _, key := range []int{0, 1} {
		_, ok := m.Get(key)
		require.True(t, ok, "the lighter value in place of a heavy one leaves room")
	}
	m.Set(0, 11)
	_, ok := m.Get(0)
	require.False(t, ok, "too heavy, and the one before is out of date")
	_, ok = m.Get(1)
	require.True(t, ok)
	light := NewWeighted[int, int](5, 10, func(int) int { return 0 })
	for i := range 100 {
		light.Set(i, 0)
		require.LessOrEqual(t, light.Len(), 10, "the number counts as well")
	}
}
