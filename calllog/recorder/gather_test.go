package recorder_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/calllog/recorder"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// gate is a store that counts uploads. Once shut, it holds the next one up.
type gate struct {
	filestore.Store
	uploads atomic.Int32
	shut    atomic.Bool
	cancel  atomic.Bool   // the next upload ends its own context
	reached chan struct{} // closed by the upload that is held up
	open    chan struct{} // closed to let it go on
}

func (g *gate) Create(ctx context.Context, name string, o filestore.CreateOptions, l filestore.Limits) (filestore.Upload, error) {
	g.uploads.Add(1)
	if g.shut.CompareAndSwap(true, false) {
		close(g.reached)
		select {
		case <-g.open:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if end, ok := ctx.Value(cancelKey{}).(context.CancelFunc); ok && g.cancel.CompareAndSwap(true, false) {
		end()
		return nil, ctx.Err()
	}
	return g.Store.Create(ctx, name, o, l)
}

// cancelKey is the key of a context's own cancel function.
type cancelKey struct{}

// gathering is a Recorder that is held up while it writes the record "first",
// and other records, "0", "1" and so on, that wait for that.
type gathering struct {
	*recorder.Recorder
	accounts accounts
	gate     *gate
	first    chan error // what Record returned
	others   chan error
}

// gather holds up the record "first", which has the context ctx.
func gather(ctx context.Context, t *testing.T, others int) gathering {
	t.Helper()
	g := gathering{
		gate:  &gate{Store: memstore.New(), reached: make(chan struct{}), open: make(chan struct{})},
		first: make(chan error, 1), others: make(chan error, others),
	}
	g.accounts = accounts{Directory: fixture.New(func() filestore.Store { return g.gate })}
	g.accounts.Write(t, john, march, line("old"))
	g.gate.uploads.Store(0)
	g.gate.shut.Store(true)
	g.Recorder = &recorder.Recorder{Views: fixture.Views(g.accounts), Settings: g.accounts, Location: time.UTC}
	go func() { g.first <- g.Record(ctx, john, call("first")) }()
	<-g.gate.reached
	for i := range others {
		go func() { g.others <- g.Record(t.Context(), john, call(fmt.Sprint(i))) }()
	}
	g.waiting(t, others)
	return g
}

// waiting waits until so many records wait.
func (g gathering) waiting(t *testing.T, n int) {
	t.Helper()
	require.Eventually(t, func() bool { return g.Waiting() == n }, time.Minute, time.Millisecond)
}

// lines returns what the log has, apart from the record "old" that begins it.
func (g gathering) lines(t *testing.T) []string {
	t.Helper()
	text, ok := g.accounts.Read(t, john, march)
	require.True(t, ok)
	text, ok = strings.CutPrefix(text, line("old"))
	require.True(t, ok)
	return strings.SplitAfter(text, "\n")
}

func TestRecordsThatWaitAreWrittenTogether(t *testing.T) {
	t.Parallel()
	const others = 20
	g := gather(t.Context(), t, others)
	close(g.gate.open)
	require.NoError(t, <-g.first)
	for range others {
		require.NoError(t, <-g.others)
	}
	lines := g.lines(t)
	require.Equal(t, line("first"), lines[0])
	require.Len(t, lines, 1+others+1)
	for i := range others {
		require.Contains(t, lines, line(fmt.Sprint(i)))
	}
	require.EqualValues(t, 2, g.gate.uploads.Load())
	require.Zero(t, g.Logs())
}

// Of records that wait together, those that fit are written.
func TestRecordsThatWaitDoNotShareALimit(t *testing.T) {
	t.Parallel()
	const others, fit = 5, 3
	g := gather(t.Context(), t, others)
	size := int64(len(line("old") + line("first") + strings.Repeat(line("0"), fit)))
	g.accounts.Update(john, func(x *fixture.Account) { x.Limits.Bytes = size })
	close(g.gate.open)
	require.NoError(t, <-g.first)
	refused := 0
	for range others {
		if err := <-g.others; err != nil {
			require.ErrorIs(t, err, filestore.ErrLimit)
			refused++
		}
	}
	require.Equal(t, others-fit, refused)
	require.Len(t, g.lines(t), 1+fit+1)
}

// The end of one context takes no other record along.
func TestContextOfTheRecordThatIsWritten(t *testing.T) {
	t.Parallel()
	const others = 5
	ctx, cancel := context.WithCancel(t.Context())
	g := gather(ctx, t, others)
	cancel()
	require.ErrorIs(t, <-g.first, context.Canceled)
	for range others {
		require.NoError(t, <-g.others)
	}
	require.Len(t, g.lines(t), others+1)
	require.NotContains(t, g.lines(t), line("first"))
}

// Nor does it if the one that writes had taken others with it.
func TestContextOfTheRecordThatWritesForOthers(t *testing.T) {
	t.Parallel()
	const others = 5
	g := gather(t.Context(), t, 0)
	for i := range others {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		ctx = context.WithValue(ctx, cancelKey{}, cancel)
		go func() { g.first <- g.Record(ctx, john, call(fmt.Sprint(i))) }()
	}
	g.waiting(t, others)
	g.gate.cancel.Store(true)
	close(g.gate.open)
	canceled := 0
	for range others + 1 {
		if err := <-g.first; err != nil {
			require.ErrorIs(t, err, context.Canceled)
			canceled++
		}
	}
	require.Equal(t, 1, canceled)
	require.Len(t, g.lines(t), others+1, "first, and all but one")
}

func TestContextOfARecordThatWaits(t *testing.T) {
	t.Parallel()
	g := gather(t.Context(), t, 2)
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan error)
	go func() { gone <- g.Record(ctx, john, call("gone")) }()
	g.waiting(t, 3)
	cancel()
	require.ErrorIs(t, <-gone, context.Canceled)
	g.waiting(t, 2)
	close(g.gate.open)
	require.NoError(t, <-g.first)
	require.NoError(t, <-g.others)
	require.NoError(t, <-g.others)
	require.NotContains(t, g.lines(t), line("gone"))
}

// lateContext holds up whoever first wants to wait for its end.
type lateContext struct {
	context.Context
	once          sync.Once
	reached, open chan struct{}
}

func (c *lateContext) Done() <-chan struct{} {
	c.once.Do(func() {
		close(c.reached)
		<-c.open
	})
	return c.Context.Done()
}

// Who finds the own record written, and the log free, writes nothing.
func TestRecordWrittenByAnotherIsNotFollowedByAnEmptyUpload(t *testing.T) {
	t.Parallel()
	for range 20 { // the runtime tosses a coin
		g := gather(t.Context(), t, 0)
		ctx := &lateContext{Context: t.Context(), reached: make(chan struct{}), open: make(chan struct{})}
		late := make(chan error, 1)
		go func() { late <- g.Record(ctx, john, call("late")) }()
		<-ctx.reached
		close(g.gate.open)
		require.NoError(t, <-g.first)
		require.NoError(t, g.Record(t.Context(), john, call("second")))
		close(ctx.open)
		require.NoError(t, <-late)
		require.Equal(t, []string{line("first"), line("late"), line("second"), ""}, g.lines(t))
		require.EqualValues(t, 2, g.gate.uploads.Load())
	}
}
