package filestore_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// How often a view calls its store, whatever a directory holds.
func TestViewCallsOfTheStore(t *testing.T) {
	t.Parallel()
	d := fixture.New(func() filestore.Store { return memstore.New() })
	d.Write(t, owner, "private/box.meta", list("mary=lr"))
	for i := range 1000 {
		d.Write(t, owner, fmt.Sprintf("private/box/f%03d", i), "x")
		d.Write(t, owner, fmt.Sprintf("private/box/f%03d.meta", i), list("mary=r"))
	}
	d.Write(t, owner, "public.txt", "x")
	far := fixture.NewFar(d)
	views := fixture.Views(far)
	for _, tt := range []struct{ who, op, name, want string }{
		{"owner", "list", "private/box", "list"},
		{"other", "list", "private/box", "stat, sidecar, list"}, // of the directory, whatever is in it
		{"owner", "read", "private/box/f000", "open"},
		{"other", "read", "private/box/f000", "stat, sidecar, open"}, // its own is remembered
		{"stranger", "read", "public.txt", "open"},
		{"owner", "create", "public.txt", "create, commit"},
		{"owner", "rename", "public.txt", "rename"},
	} {
		far.Calls()
		v := views.View(callers[tt.who], owner)
		if tt.op == "list" {
			listed := len(strings.Fields(names(t, v, tt.name)))
			require.Equal(t, map[string]int{"owner": 2000, "other": 1000}[tt.who], listed)
		} else {
			require.NoError(t, operations[tt.op](t.Context(), v, tt.name))
		}
		_, calls := far.Calls()
		require.Equal(t, tt.want, calls, "%s %s", tt.who, tt.op)
	}
}

// A View asks for its account, the role and the store once, whatever it does.
func TestViewLooksUpOnce(t *testing.T) {
	t.Parallel()
	for who, want := range map[string]string{
		"owner": "account, role, store, server role", "admin": "account, role, store, server role", "other": "account, role, store, server role", "stranger": "account, store",
	} {
		d := house(t)
		far := fixture.NewFar(d)
		v := fixture.Views(far).View(callers[who], owner)
		for range 2 {
			for _, op := range []string{"stat", "read", "create", "mkdir", "copy", "rename", "remove", "manage", "usage"} {
				for _, name := range []string{"public.txt", "private/secret.txt", "missing", "protected/pwd/rootkey/secret.txt", "$ServerSkins/x"} {
					_ = operations[op](t.Context(), v, name)
				}
			}
			_, _ = v.DefaultPage(t.Context(), "dir")
			_ = v.WithTokens("token").Mkdir(t.Context(), "other")
			same, err := v.SameAccount(t.Context(), "John@CLIENT1.com")
			require.NoError(t, err)
			require.True(t, same)
		}
		asked, _ := far.Calls()
		require.Equal(t, want, asked, who)
	}
}

// faultyServer is a mail server of which one part is at fault for a while.
type faultyServer struct {
	*fixture.Far
	what string
	err  error
}

func (f *faultyServer) Account(ctx context.Context, address string) (filestore.Account, error) {
	a, err := f.Far.Account(ctx, address)
	if f.what == "account" && err == nil {
		return filestore.Account{Address: a.Address}, f.err
	}
	return a, err
}

func (f *faultyServer) Role(ctx context.Context, caller filestore.Caller, account string) (filestore.Role, error) {
	if r, err := f.Far.Role(ctx, caller, account); f.what != "role" || err != nil {
		return r, err
	}
	return filestore.Stranger, f.err
}

func (f *faultyServer) Stores() filestore.Stores { return f }

func (f *faultyServer) Store(ctx context.Context, account string) (filestore.Store, error) {
	if s, err := f.Far.Stores().Store(ctx, account); f.what != "store" || err != nil {
		return s, err
	}
	return nil, f.err
}

// What a View could not find out for a reason that passes, it asks again; that there is
// no account or no storage it remembers.
func TestViewAsksAgainAfterFaults(t *testing.T) {
	t.Parallel()
	for _, fault := range []error{context.Canceled, context.DeadlineExceeded, filestore.ErrExhausted, errors.New("i/o")} {
		for _, what := range []string{"account", "role", "store"} {
			far := &faultyServer{fixture.NewFar(house(t)), what, fault}
			v := fixture.Views(far).View(callers["owner"], owner)
			_, err := v.Stat(t.Context(), "private/secret.txt")
			require.ErrorIs(t, err, fault, what)
			far.what = ""
			far.Calls()
			for range 2 {
				_, err = v.Stat(t.Context(), "private/secret.txt")
				require.NoError(t, err, what)
			}
			asked, _ := far.Calls()
			want := map[string]string{"account": "account, role, store", "role": "role, store", "store": "store"}[what]
			require.Equal(t, want, asked, "%s: %v", what, fault)
		}
	}

	far := fixture.NewFar(house(t))
	v := fixture.Views(far).View(callers["owner"], missing)
	for range 2 {
		_, err := v.Stat(t.Context(), "public.txt")
		require.ErrorIs(t, err, fs.ErrNotExist)
	}
	asked, _ := far.Calls()
	require.Equal(t, "account, server role", asked)

	d := house(t)
	d.Update(owner, func(a *fixture.Account) { a.Store = nil })
	far = fixture.NewFar(d)
	v = fixture.Views(far).View(callers["owner"], owner)
	for range 2 {
		_, err := v.Stat(t.Context(), "public.txt")
		require.ErrorIs(t, err, fs.ErrNotExist)
	}
	asked, _ = far.Calls()
	require.Equal(t, "account, role, store", asked)
}

// A right that is taken away counts for the next View, and not for one that has begun.
func TestViewGoesByWhatItFound(t *testing.T) {
	t.Parallel()
	d := house(t)
	views := fixture.Views(d)
	v := views.View(callers["stranger"], owner)
	require.NoError(t, operations["read"](t.Context(), v, "public.txt"))
	d.Update(owner, func(a *fixture.Account) { a.WebSite = false })
	require.NoError(t, operations["read"](t.Context(), v, "dir/page.html"))
	require.Equal(t, "not there", outcome(operations["read"](t.Context(), views.View(callers["stranger"], owner), "dir/page.html")))
}
