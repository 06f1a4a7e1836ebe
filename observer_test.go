package cgpkit_test

import (
	"context"
	"net/textproto"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// heard is an Observer that passes on what it hears.
type heard chan filestore.Event

func (h heard) Observe(_ context.Context, e filestore.Event) { h <- e }

// until returns what is heard up to the first event of a kind that is ok.
func (h heard) until(kind filestore.EventKind, ok func(filestore.Event) bool) (events []filestore.Event) {
	for {
		e := <-h
		events = append(events, e)
		if e.Kind == kind && ok(e) {
			return events
		}
	}
}

// One observer hears the same of every way in: the operation and the request, and where
// somebody logs in that and the end of the session.
func TestWaysInTellTheObserver(t *testing.T) {
	t.Parallel()
	d := fixture.New(func() filestore.Store { return memstore.New() })
	d.Write(t, john, "private/secret.txt", "secret")
	d.Write(t, john, "public.txt", "public")
	for _, tt := range []struct {
		over     func(*testing.T, heard) wayIn
		user     string
		name     string
		kinds    []filestore.EventKind // of one login and one file, without the session's end
		sessions bool
	}{
		{func(t *testing.T, h heard) wayIn { return overHTTP(t, d, nil, h) }, john, "private/secret.txt", []filestore.EventKind{filestore.EventOperation, filestore.EventLogin, filestore.EventOperation, filestore.EventRequest}, false},
		{func(t *testing.T, h heard) wayIn { return overFTP(t, d, nil, h) }, john, "private/secret.txt", []filestore.EventKind{filestore.EventLogin, filestore.EventOperation, filestore.EventRequest}, true},
		{func(t *testing.T, h heard) wayIn { return overTFTP(t, d, "", nil, h) }, "", "public.txt", []filestore.EventKind{filestore.EventOperation, filestore.EventRequest}, false},
		{func(t *testing.T, h heard) wayIn { return overCLI(t, d, nil, h) }, john, "private/secret.txt", []filestore.EventKind{filestore.EventLogin, filestore.EventOperation, filestore.EventRequest}, true},
	} {
		h := make(heard, 100)
		var name string
		isRead := func(e filestore.Event) bool { return e.Name == tt.name }
		t.Run("requests", func(t *testing.T) {
			w := tt.over(t, h)
			name = w.name
			require.NotEmpty(t, w.try(t, tt.user, "read", john, tt.name), name)
			var kinds []filestore.EventKind
			for _, e := range h.until(filestore.EventRequest, isRead) {
				kinds = append(kinds, e.Kind)
				require.True(t, e.Remote.IsLoopback(), "%s: %+v", name, e)
				if e.Kind == filestore.EventLogin {
					require.Equal(t, filestore.Event{Kind: e.Kind, Service: name, Remote: e.Remote, Account: tt.user, Name: tt.user, Duration: e.Duration}, e)
					continue
				}
				require.Equal(t, john, e.Storage)
				require.Equal(t, tt.name, e.Name)
				if e.Err == nil {
					require.Equal(t, tt.user, e.Account)
					require.GreaterOrEqual(t, e.Bytes, int64(6), "%s: %+v", name, e) // HTTP looks at the type as well
				}
				if e.Kind == filestore.EventRequest {
					require.NoError(t, e.Err, name)
					require.Equal(t, name, e.Service)
				} else {
					require.Equal(t, "Open", e.Op)
				}
			}
			require.Equal(t, tt.kinds, kinds, name)
			if w.addr != "" {
				failLogin(t, w.addr)
				failed := h.until(filestore.EventLogin, func(filestore.Event) bool { return true })
				e := failed[len(failed)-1]
				require.ErrorIs(t, e.Err, filestore.ErrLogin, name)
				require.Equal(t, filestore.Event{Kind: e.Kind, Service: name, Remote: e.Remote, Name: "mary", Duration: e.Duration, Err: e.Err}, e)
			} else if tt.user != "" {
				require.Equal(t, "401", w.try(t, "mallory", "read", john, tt.name))
				failed := h.until(filestore.EventLogin, func(filestore.Event) bool { return true })
				require.ErrorIs(t, failed[len(failed)-1].Err, filestore.ErrLogin, name)
			}
		})
		// Clients and servers have ended.
		if tt.sessions {
			ended := h.until(filestore.EventSession, func(e filestore.Event) bool { return e.Account == john })
			e := ended[len(ended)-1]
			require.Positive(t, e.Duration)
			require.Equal(t, filestore.Event{Kind: e.Kind, Service: name, Remote: e.Remote, Account: john, Bytes: 6, Duration: e.Duration}, e)
			continue
		}
		for len(h) > 0 {
			require.NotEqual(t, filestore.EventSession, (<-h).Kind, name)
		}
	}
}

// failLogin logs in with a wrong password, by FTP or the CLI.
func failLogin(t *testing.T, addr string) {
	c, err := textproto.Dial("tcp", addr)
	require.NoError(t, err)
	defer c.Close()
	_, err = c.ReadLine()
	require.NoError(t, err)
	for _, line := range []string{"USER mary", "PASS wrong", "QUIT"} {
		require.NoError(t, c.PrintfLine("%s", line))
		_, err = c.ReadLine()
		require.NoError(t, err)
	}
}
