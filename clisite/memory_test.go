package clisite_test

import (
	"encoding/base64"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/clisite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// TestMemory has sessions that send or ask for much and go no further. These tests
// count bytes in use, so they run alone.
func TestMemory(t *testing.T) {
	const mib = 1 << 20
	d := accounts(t)
	d.Write(t, "john@client1.com", "large", strings.Repeat("x", 16*mib))
	d.Update("john@client1.com", func(a *fixture.Account) { a.Store = longDirectory{Store: a.Store, entries: 50_000} })
	for _, row := range []struct {
		name     string
		sessions int
		login    bool
		sent     []string
		limit    int64 // in all
	}{
		{name: "before the login", sessions: 500, sent: []string{"USER " + strings.Repeat("x", 2000)}, limit: 500 * 48 << 10},
		{name: "answers nobody reads", sessions: 40, login: true, sent: []string{`ReadStorageFile * FILE "large"` + "\r\n"}, limit: 40 * 128 << 10},
		{name: "listings nobody reads", sessions: 20, login: true, sent: []string{"ListStorageFiles *\r\n"}, limit: 20 * 2 * mib},
		{name: "unfinished lines", sessions: 20, login: true, sent: []string{`WriteStorageFile * FILE "x" DATA [`, strings.Repeat("QUJD", 11*mib/2)}, limit: 40 * mib},
		{name: "short unfinished lines", sessions: 20, login: true, sent: []string{strings.Repeat("x", 60<<10)}, limit: 20 * 256 << 10},
	} {
		t.Run(row.name, func(t *testing.T) {
			s, l := &clisite.Server{Views: fixture.Views(d), MaxSessions: 1000, MaxSessionsPerAddr: 1000, MaxMemory: 32 * mib}, fixture.NewPipes()
			served := make(chan error, 1)
			go func() { served <- s.Serve(l) }()
			before := fixture.Heap()
			var clients []*client
			for range row.sessions {
				c := newClient(t, l.Dial(t))
				clients = append(clients, c)
				if row.login {
					c.login("john")
				} else {
					c.expect("200 cgpkit PWD server ready")
				}
			}
			var sending sync.WaitGroup
			for _, c := range clients {
				sending.Go(func() {
					for _, text := range row.sent { // each is read before the next
						if _, err := c.conn.Write([]byte(text)); err != nil {
							t.Error(err)
						}
					}
				})
			}
			sending.Wait()
			require.Less(t, fixture.Heap()-before, row.limit)
			require.NoError(t, s.Close())
			require.ErrorIs(t, <-served, clisite.ErrServerClosed)
			clients = nil
			require.Less(t, fixture.Heap()-before, row.limit/4+mib, "afterwards it is free")
		})
	}
}

// A command for which there is no memory is refused, and nothing else.
func TestMemoryIsFull(t *testing.T) {
	t.Parallel()
	d := accounts(t)
	server := serve(t, &clisite.Server{Views: fixture.Views(d), MaxMemory: 1 << 20})
	c := dial(t, server)
	c.login("john")
	data := func(n int) string { return base64.StdEncoding.EncodeToString(make([]byte, n)) }
	for range 3 {
		c.ask(`WriteStorageFile * FILE "big" DATA [`+data(2<<20)+`]`, "501 server is busy, try again later")
		c.ask(`WriteStorageFile * FILE "small" DATA [`+data(3<<16)+`]`, "200 OK") // and gives back what it had
		c.ask(`WriteStorageFile * FILE "other" DATA "`+data(3<<17)+`"`, "501 server is busy, try again later")
	}
	_, stored := d.Read(t, "john@client1.com", "big")
	require.False(t, stored)
	small, _ := d.Read(t, "john@client1.com", "small")
	require.Len(t, small, 3<<16)
	other := dial(t, server)
	other.login("john")
	other.ask("NOOP", "200 OK")
}

// What a datablock holds is read the same wherever memory for it comes from.
func TestDatablocks(t *testing.T) {
	t.Parallel()
	d := accounts(t)
	c := dial(t, serve(t, &clisite.Server{Views: fixture.Views(d)}))
	c.login("john")
	for _, row := range []struct{ data, want string }{
		{"[]", ""},
		{"[QQ==]", "A"},
		{"[QQ=]", "A"}, // as cgpdata reads it
		{"[QUI=]", "AB"},
		{"[QUJD]", "ABC"},
		{"[QUJDQUJDQQ==]", "ABCABCA"},
		{"[QU JD]", "ABC"},
		{"[QU\r\nJD]", "ABC"},
		{`"QUJD"`, "ABC"},
		{`"[QUJD]"`, "ABC"},
		{`"[QU JD]"`, "ABC"},
		{"QUJD", "ABC"},
		{"+/8=", "\xfb\xff"},
		{"QUI", "AB"},
		{`""`, ""},
	} {
		c.ask(`WriteStorageFile * FILE "x" DATA `+row.data, "200 OK")
		got, _ := d.Read(t, "john@client1.com", "x")
		require.Equal(t, row.want, got, row.data)
	}
	for _, data := range []string{"[Q]", "[====]", "[Q===]", "[QQ==QQ==]", "[QUJ*]", "[QU[JD]", "QUJD]", "\"[QUJD\"", "QUJD="} {
		c.ask(`WriteStorageFile * FILE "y" DATA `+data, "500 syntax error")
	}
}
