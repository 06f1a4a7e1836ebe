package table_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/ldb"
	"github.com/cgpkit/cgpkit/cgpdata/table"
	"github.com/cgpkit/cgpkit/internal/fixture"
	"github.com/stretchr/testify/require"
)

// write puts a file into a directory of its own.
func write(t *testing.T, name, text string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func record(key string, fields ...string) cgpdata.Value {
	pairs := []cgpdata.Pair{{Key: "mail", Value: cgpdata.String(key)}}
	for i := 0; i < len(fields); i += 2 {
		pairs = append(pairs, cgpdata.Pair{Key: fields[i], Value: cgpdata.String(fields[i+1])})
	}
	return cgpdata.Dictionary(pairs...)
}

var _ table.Table = (*ldb.Table)(nil)

// withLDAP opens tables of all types.
var withLDAP = &table.Options{Openers: map[string]table.Opener{
	".ldb": func(path string) (table.Table, error) { return ldb.OpenFile(path, nil) },
}}

// TestTypes lets each type show that it is a Table.
func TestTypes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		path func(t *testing.T) string
	}{
		{"tbd", func(t *testing.T) string { return write(t, "users.TBD", "mail\tcn\tsn\tdescription\n") }},
		{"ldb", func(t *testing.T) string {
			return write(t, "users.ldb", fmt.Sprintf(`{Server="%s";Fields=(mail,cn,sn,description);LoginName="%s";LoginPassword="%s";SearchBase="%s";}`,
				fixture.NewSlapd(t).URL, fixture.SlapdLogin, fixture.SlapdPassword, fixture.SlapdBase))
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			users, err := table.Open(tt.path(t), withLDAP)
			require.NoError(t, err)
			defer users.Close()
			check(t, users)
		})
	}
}

func check(t *testing.T, users table.Table) {
	ctx := t.Context()
	require.Equal(t, []string{"mail", "cn", "sn", "description"}, users.Fields())
	_, err := users.Get(ctx, "a@x")
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = users.Get(ctx, "")
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.ErrorIs(t, users.Delete(ctx, "a@x"), fs.ErrNotExist)
	require.ErrorIs(t, users.Delete(ctx, ""), fs.ErrNotExist)

	require.NoError(t, users.Put(ctx, record("a@x", "cn", "A", "sn", "S")))
	require.NoError(t, users.Put(ctx, record("a@x", "description", "(x\ty)*")))
	want := record("a@x", "cn", "A", "sn", "S", "description", "(x\ty)*")
	got, err := users.Get(ctx, "a@x")
	require.NoError(t, err)
	require.True(t, want.Equal(got), "%v", got)
	require.NoError(t, users.Put(ctx, got), "what comes out goes in")

	for _, bad := range []cgpdata.Value{record(""), record("b@x", "Mail", "x"), cgpdata.Array(), cgpdata.Dictionary()} {
		require.ErrorIs(t, users.Put(ctx, bad), fs.ErrInvalid, "%v", bad)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	require.ErrorIs(t, users.Put(ended, record("b@x", "cn", "B", "sn", "S")), context.Canceled)
	_, err = users.Get(ended, "a@x")
	require.ErrorIs(t, err, context.Canceled)
	for _, err := range users.All(ended) {
		require.ErrorIs(t, err, context.Canceled)
	}

	// Several change fields of one record, and add others.
	fields := []string{"cn", "sn", "description"}
	errs := make([]error, len(fields))
	var wg sync.WaitGroup
	for w, field := range fields {
		wg.Go(func() {
			for i := range 10 {
				text := fmt.Sprintf("%s %d", field, i)
				errs[w] = errors.Join(errs[w], users.Put(ctx, record("a@x", field, text)),
					users.Put(ctx, record(fmt.Sprintf("%s%d@x", field, i), "cn", text, "sn", text, "description", text)))
			}
		})
	}
	wg.Wait()
	require.NoError(t, errors.Join(errs...))
	got, err = users.Get(ctx, "a@x")
	require.NoError(t, err)
	require.True(t, record("a@x", "cn", "cn 9", "sn", "sn 9", "description", "description 9").Equal(got), "%v", got)

	require.NoError(t, users.Delete(ctx, "a@x"))
	seen := map[string]bool{}
	for record, err := range users.All(ctx) {
		require.NoError(t, err)
		require.True(t, record.Index(1).Equal(record.Index(3)))
		seen[record.Index(0).Text()] = true
		require.NoError(t, users.Delete(ctx, record.Index(0).Text()), "while iterating")
	}
	require.Len(t, seen, 30)
	for range users.All(ctx) {
		t.Error("all were deleted")
	}

	require.NoError(t, users.Close())
	_, err = users.Get(ctx, "a@x")
	require.ErrorIs(t, err, fs.ErrClosed)
	require.ErrorIs(t, users.Put(ctx, record("a@x")), fs.ErrClosed)
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		path string
		is   error
	}{
		{"another type", write(t, "users.dbf", "mail\n"), errors.ErrUnsupported},
		{"no type", write(t, "tbd", "mail\n"), errors.ErrUnsupported},
		{"no text table", filepath.Join(t.TempDir(), "users.tbd"), fs.ErrNotExist},
		{"no description", filepath.Join(t.TempDir(), "users.ldb"), fs.ErrNotExist},
		{"empty text table", write(t, "users.tbd", ""), nil},
		{"bad description", write(t, "users.ldb", `{LoginPassword="secret";Fields=(mail);}`), nil},
		{"login without a password", write(t, "users.ldb", `{Server=localhost;Fields=(mail);LoginName="cn=a";}`), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			users, err := table.Open(tt.path, withLDAP)
			require.Error(t, err)
			require.Nil(t, users)
			require.NotContains(t, err.Error(), "secret")
			if tt.is != nil {
				require.ErrorIs(t, err, tt.is)
			}
		})
	}
}

func TestOpeners(t *testing.T) {
	t.Parallel()
	description := write(t, "users.ldb", `{Server=localhost;Fields=(mail);}`)
	_, err := table.Open(description, nil)
	require.ErrorIs(t, err, errors.ErrUnsupported, "who has not asked for LDAP has none")

	text := write(t, "users.TBD", "mail\n")
	users, err := table.Open(text, withLDAP)
	require.NoError(t, err, "other types leave that of text tables alone")
	require.NoError(t, users.Close())

	var opened []string
	broken := errors.New("broken")
	own := &table.Options{Openers: map[string]table.Opener{".tbd": func(path string) (table.Table, error) {
		opened = append(opened, path)
		var none *ldb.Table
		return none, broken
	}, ".ldb": nil}}
	users, err = table.Open(text, own)
	require.ErrorIs(t, err, broken)
	require.Nil(t, users, "no Table with a nil in it")
	require.Equal(t, []string{text}, opened, "an opener comes before the type that is there by itself")
	_, err = table.Open(description, own)
	require.ErrorIs(t, err, errors.ErrUnsupported, "a nil opener is none")
}
