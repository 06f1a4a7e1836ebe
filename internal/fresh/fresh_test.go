package fresh

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestFresh(t *testing.T) {
	t.Parallel()
	var f Value[int]
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	next := func(old int) int { return old + 1 }

	_, ok := f.Load(start)
	require.False(t, ok)
	require.Equal(t, 0, f.Last())
	require.Equal(t, 1, f.Renew(start, next))
	for _, test := range []struct {
		name  string
		after time.Duration
		ok    bool
	}{
		{"at once", 0, true},
		{"just before", recheck - 1, true},
		{"in time", recheck, false},
		{"clock a little back", -recheck + 1, true},
		{"clock set back", -time.Hour, false},
	} {
		_, ok := f.Load(start.Add(test.after))
		require.Equal(t, test.ok, ok, test.name)
	}
	require.Equal(t, 1, f.Renew(start, next), "somebody else was first")
	require.Equal(t, 2, f.Renew(start.Add(recheck), next))
	require.Equal(t, 2, f.Last())
}

// However many ask at once, the value is worked out once.
func TestFreshOnce(t *testing.T) {
	t.Parallel()
	var f Value[int]
	var group sync.WaitGroup
	now := time.Now()
	for range 50 {
		group.Go(func() { f.Renew(now, func(old int) int { return old + 1 }) })
	}
	group.Wait()
	require.Equal(t, 1, f.Last())
}
