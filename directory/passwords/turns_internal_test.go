package passwords

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTurns(t *testing.T) {
	t.Parallel()
	who := func(network string, known, own bool) reputation {
		return reputation{guesser{network: netip.MustParseAddr(network)}, known, own}
	}
	a, b, c := who("192.0.2.1", false, false), who("192.0.2.2", false, false), who("192.0.2.3", false, false)
	known, own := who("192.0.2.9", true, false), who("192.0.2.9", true, true)
	known2 := who("192.0.2.8", true, false)
	for _, tt := range []struct {
		name   string
		places int
		wait   []reputation
		want   []int // the order in which they have their turn, when all wait already
	}{
		{"one network", 1, []reputation{a, a, a}, []int{0, 1, 2}},
		{"network by network", 1, []reputation{a, a, a, b, c, b}, []int{0, 3, 4, 1, 5, 2}},
		{"known ones first", 1, []reputation{a, b, known, known2, known}, []int{2, 3, 4, 0, 1}},
		{"who was here first", 1, []reputation{known, known, own, a}, []int{2, 0, 1, 3}},
		{"every fourth turn is for others", 1, []reputation{known, known, known, known, known, known, known, a, b, c}, []int{0, 1, 2, 7, 3, 4, 5, 8, 6, 9}},
		{"half of the places for one network", 4, []reputation{a, a, a, a, b}, []int{0, 4, 1, 2, 3}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				turns := newTurns(tt.places)
				var held []func() // all places
				for i := range tt.places {
					leave, err := turns.take(t.Context(), who(fmt.Sprintf("10.0.0.%d", i), false, false))
					require.NoError(t, err)
					held = append(held, leave)
				}
				var order []int
				next := make(chan func(), len(tt.wait))
				for i, s := range tt.wait {
					go func() {
						leave, err := turns.take(t.Context(), s)
						if err == nil {
							next <- func() { order = append(order, i); leave() }
						}
					}()
					synctest.Wait()
				}
				for _, leave := range held {
					leave()
					synctest.Wait()
				}
				for range tt.wait {
					(<-next)()
					synctest.Wait()
				}
				if tt.places == 1 {
					require.Equal(t, tt.want, order)
				} else {
					slices.Sort(order)
					slices.Sort(tt.want)
					require.Equal(t, tt.want, order)
				}
				require.Empty(t, turns.networks, "nothing is left behind")
				require.Zero(t, turns.working)
			})
		})
	}
}

// Of one network half of the places are taken, whoever else wants any.
func TestTurnsOfOneNetwork(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns(5)
		var working atomic.Int64
		release := make(chan struct{})
		for range 10 {
			go func() {
				leave, err := turns.take(t.Context(), reputation{})
				if err == nil {
					working.Add(1)
					<-release
					leave()
				}
			}()
			synctest.Wait()
		}
		require.EqualValues(t, 2, working.Load())
		close(release)
		synctest.Wait()
		require.EqualValues(t, 10, working.Load())
		require.Empty(t, turns.networks)
	})
}

// Whoever goes away while waiting leaves nothing behind, and takes no turn.
func TestTurnsThatAreGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns(1)
		leave, err := turns.take(t.Context(), reputation{})
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		var gone atomic.Int64
		for i := range 10 {
			go func() {
				_, err := turns.take(ctx, reputation{known: i%2 == 0, own: i%3 == 0})
				assert.ErrorIs(t, err, context.Canceled)
				gone.Add(1)
			}()
		}
		synctest.Wait()
		cancel()
		synctest.Wait()
		require.EqualValues(t, 10, gone.Load())
		_, err = turns.take(ctx, reputation{})
		require.ErrorIs(t, err, context.Canceled)
		leave()
		require.Empty(t, turns.networks)
		leave, err = turns.take(t.Context(), reputation{})
		require.NoError(t, err)
		leave()
		require.Zero(t, turns.working)
	})
}
