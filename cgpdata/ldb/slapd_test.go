package ldb_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/ldb"
	"github.com/cgpkit/cgpkit/internal/fixture"
	"github.com/stretchr/testify/require"
)

// describe returns the description of the table that the tests use.
func describe(url string) ldb.Config {
	return ldb.Config{
		Server: url, Fields: []string{"mail", "cn", "sn", "description", "userCertificate;binary"},
		LoginName: fixture.SlapdLogin, LoginPassword: fixture.SlapdPassword, SearchBase: fixture.SlapdBase,
	}
}

// open opens a table that is closed when the test ends.
func open(t *testing.T, c ldb.Config, o *ldb.Options) *ldb.Table {
	t.Helper()
	table, err := ldb.Open(c, o)
	require.NoError(t, err)
	t.Cleanup(func() { table.Close() })
	return table
}

// record makes a record with what an inetOrgPerson has to have.
func record(key string, pairs ...cgpdata.Pair) cgpdata.Value {
	return cgpdata.Dictionary(append([]cgpdata.Pair{
		{Key: "mail", Value: cgpdata.String(key)}, {Key: "cn", Value: cgpdata.String("c")}, {Key: "sn", Value: cgpdata.String("s")},
	}, pairs...)...)
}

func description(v cgpdata.Value) cgpdata.Pair { return cgpdata.Pair{Key: "description", Value: v} }

func key(v cgpdata.Value) cgpdata.Value {
	return cgpdata.Dictionary(cgpdata.Pair{Key: "mail", Value: v})
}

func TestTable(t *testing.T) {
	t.Parallel()
	table := open(t, describe(fixture.NewSlapd(t).URL), nil)
	ctx := t.Context()
	_, err := table.Get(ctx, "a@x")
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.ErrorIs(t, table.Delete(ctx, "a@x"), fs.ErrNotExist)

	two := cgpdata.Array(cgpdata.String("one"), cgpdata.String("two"))
	require.NoError(t, table.Put(ctx, record("a@x", description(two))))
	got, err := table.Get(ctx, "A@X")
	require.NoError(t, err)
	require.Equal(t, `{mail=a@x;cn=c;sn=s;description=(one,two);"userCertificate;binary"="";}`, got.String())

	require.NoError(t, table.Put(ctx, cgpdata.Dictionary(cgpdata.Pair{Key: "mail", Value: cgpdata.String("a@x")}, description(cgpdata.String("")))))
	require.NoError(t, table.Put(ctx, cgpdata.Dictionary(cgpdata.Pair{Key: "mail", Value: cgpdata.String("a@x")})), "it is there")
	got, err = table.Get(ctx, "a@x")
	require.NoError(t, err)
	require.Equal(t, `{mail=a@x;cn=c;sn=s;description="";"userCertificate;binary"="";}`, got.String())

	require.NoError(t, table.Delete(ctx, "a@x"))
	require.ErrorIs(t, table.Delete(ctx, "a@x"), fs.ErrNotExist)
	err = table.Put(ctx, cgpdata.Dictionary(cgpdata.Pair{Key: "mail", Value: cgpdata.String("a@x")}))
	require.ErrorContains(t, err, "Object Class Violation")

	for _, bad := range []cgpdata.Value{
		cgpdata.String("a@x"), record(""), record("\xff"), key(cgpdata.Number(5)), key(two), cgpdata.Dictionary(),
		record("a@x", description(cgpdata.Number(5))), record("a@x", description(cgpdata.Array(two))),
		record("a@x", description(cgpdata.Array(cgpdata.String("")))),
		record("a@x", cgpdata.Pair{Key: "userPassword", Value: cgpdata.String("x")}),
	} {
		require.ErrorIs(t, table.Put(ctx, bad), fs.ErrInvalid, "%v", bad)
	}
	require.NoError(t, table.Close())
	_, err = table.Get(ctx, "a@x")
	require.ErrorIs(t, err, fs.ErrClosed)
}

// TestHostileValues lets each value be a key and a field, beside one that a
// pattern would match as well.
func TestHostileValues(t *testing.T) {
	t.Parallel()
	c := describe(fixture.NewSlapd(t).URL)
	c.Fields = []string{"cn", "mail", "sn", "description"} // cn takes any UTF-8
	table := open(t, c, nil)
	ctx := t.Context()
	put := func(key, text string) error {
		return table.Put(ctx, cgpdata.Dictionary(
			cgpdata.Pair{Key: "cn", Value: cgpdata.String(key)}, cgpdata.Pair{Key: "sn", Value: cgpdata.String("s")}, description(cgpdata.String(text))))
	}
	require.NoError(t, put("victim", "untouched"))
	keys := []string{
		"*", "vic*", "victim)(cn=*", "*)(|(cn=*", "\\", "\\2a", "a\\,b", "(", ")", "&", "|", "!", "=", "a=b", "~=", ":dn:=x",
		"x,cn=victim", "victim,o=test", "x+sn=s", "\"quoted\"", "<a>", ";", "#", "#04024869", "# x", "a\x00b", "\x00", "a\nb", "a\r\ndn: o=test",
		"ü", "日本", "\u202e", "a/b", "%2a", "${x}", "'", "-", "victim\\00",
	}
	for _, key := range keys {
		require.NoError(t, put(key, "of "+key), "%q", key)
	}
	for _, key := range keys {
		got, err := table.Get(ctx, key)
		require.NoError(t, err, "%q", key)
		require.Equal(t, key, got.Index(0).Text())
		require.Equal(t, "of "+key, got.Index(3).Text())
	}
	for _, key := range append(keys, "**", "v*m", "o=test", "victim)") {
		if err := table.Delete(ctx, key); err != nil {
			require.ErrorIs(t, err, fs.ErrNotExist, "%q", key)
			require.NotContains(t, keys, key)
		}
	}
	var left []string
	for record, err := range table.All(ctx) {
		require.NoError(t, err)
		left = append(left, record.Index(0).Text()+" "+record.Index(3).Text())
	}
	require.Equal(t, []string{"victim untouched"}, left)
}

func TestEntryWithAnotherName(t *testing.T) {
	t.Parallel()
	server := fixture.NewSlapd(t)
	byName := describe(server.URL)
	byName.Fields = []string{"cn", "sn", "mail"}
	names, mails := open(t, byName, nil), open(t, describe(server.URL), nil)
	ctx := t.Context()
	mail := func(values ...string) cgpdata.Value {
		array := make([]cgpdata.Value, len(values))
		for i, value := range values {
			array[i] = cgpdata.String(value)
		}
		if len(array) == 1 {
			return array[0]
		}
		return cgpdata.Array(array...)
	}
	put := func(name string, mail cgpdata.Value) {
		require.NoError(t, names.Put(ctx, cgpdata.Dictionary(cgpdata.Pair{Key: "cn", Value: cgpdata.String(name)},
			cgpdata.Pair{Key: "sn", Value: cgpdata.String("s")}, cgpdata.Pair{Key: "mail", Value: mail})))
	}
	put("one", mail("1@x", "both@x"))
	got, err := mails.Get(ctx, "both@x")
	require.NoError(t, err)
	require.Equal(t, "1@x", got.Index(0).Text(), "a key is one string")
	require.ErrorContains(t, mails.Put(ctx, record("1@x")), "another name")
	err = mails.Delete(ctx, "1@x")
	require.ErrorContains(t, err, "another name")
	require.NotErrorIs(t, err, fs.ErrNotExist)

	put("two", mail("both@x"))
	_, err = mails.Get(ctx, "both@x")
	require.ErrorContains(t, err, "several")
}

func TestPaging(t *testing.T) {
	t.Parallel()
	const entries = 2100
	server := fixture.NewSlapd(t)
	table := open(t, describe(server.URL), &ldb.Options{PageSize: 100})
	ctx := t.Context()
	fill(t, table, entries)

	t.Run("all", func(t *testing.T) {
		seen := map[string]bool{}
		for record, err := range table.All(ctx) {
			require.NoError(t, err)
			seen[record.Index(0).Text()] = true
			if len(seen)%500 == 0 {
				require.NoError(t, table.Put(ctx, record), "while iterating")
			}
		}
		require.Len(t, seen, entries)
	})
	t.Run("page over the limit of bytes", func(t *testing.T) {
		small := open(t, describe(server.URL), &ldb.Options{PageSize: 1000, MaxReply: 2000})
		var last error
		for _, last = range small.All(ctx) {
		}
		require.Error(t, last)
		_, err := small.Get(ctx, "1@x")
		require.NoError(t, err)
	})
	t.Run("break off and cancel", func(t *testing.T) {
		for range table.All(ctx) {
			break
		}
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		seen := 0
		var last error
		for record, err := range table.All(ctx) {
			if last = err; err == nil {
				require.NotZero(t, record.Len())
				seen++
				cancel()
			}
		}
		require.ErrorIs(t, last, context.Canceled)
		require.Equal(t, 100, seen, "the page that was there")
	})
	t.Run("server goes away and comes back", func(t *testing.T) {
		seen := 0
		var errs []error
		for record, err := range table.All(ctx) {
			if err != nil {
				errs = append(errs, err)
				continue
			}
			require.NotEmpty(t, record.Index(0).Text())
			if seen++; seen == 250 {
				server.Kill()
			}
		}
		require.Equal(t, 300, seen, "whole pages")
		require.Len(t, errs, 1)
		_, err := table.Get(ctx, "1@x")
		require.Error(t, err)
		require.NotErrorIs(t, err, fs.ErrNotExist)
		require.NotContains(t, err.Error(), fixture.SlapdPassword)

		server.Start(t)
		_, err = table.Get(ctx, "1@x")
		require.NoError(t, err)
		seen = 0
		for _, err := range table.All(ctx) {
			require.NoError(t, err)
			seen++
		}
		require.Equal(t, entries, seen)

		server.Kill() // with connections that are kept
		server.Start(t)
		require.NoError(t, table.Put(ctx, record("1@x", description(cgpdata.String("new")))))
	})
}

// fill puts records from many goroutines.
func fill(t *testing.T, table *ldb.Table, entries int) {
	t.Helper()
	var wg sync.WaitGroup
	errs := make([]error, 20)
	for w := range errs {
		wg.Go(func() {
			for i := w; i < entries && errs[w] == nil; i += len(errs) {
				errs[w] = table.Put(t.Context(), record(fmt.Sprintf("%d@x", i)))
			}
		})
	}
	wg.Wait()
	require.NoError(t, errors.Join(errs...))
}

func TestAtOnce(t *testing.T) {
	t.Parallel()
	table := open(t, describe(fixture.NewSlapd(t).URL), nil)
	var wg sync.WaitGroup
	errs := make([]error, 12)
	for w := range errs {
		wg.Go(func() {
			for i := range 10 {
				text := cgpdata.String(fmt.Sprint(w, " ", i))
				err := table.Put(t.Context(), cgpdata.Dictionary(cgpdata.Pair{Key: "mail", Value: cgpdata.String("a@x")},
					cgpdata.Pair{Key: "cn", Value: text}, cgpdata.Pair{Key: "sn", Value: text}, description(text)))
				got, err2 := table.Get(t.Context(), "a@x")
				if errs[w] = errors.Join(err, err2); errs[w] != nil {
					return
				}
				if cn, sn := got.Index(1), got.Index(2); !cn.Equal(sn) {
					errs[w] = errors.New("half a record: " + got.String())
				}
			}
		})
	}
	wg.Wait()
	require.NoError(t, errors.Join(errs...))
}

func TestTLS(t *testing.T) {
	t.Parallel()
	server := fixture.NewSlapd(t)
	trust := &tls.Config{RootCAs: server.Roots}
	for _, tt := range []struct {
		name    string
		url     string
		o       ldb.Options
		wantErr string
	}{
		{"ldaps", server.TLSURL, ldb.Options{TLS: trust}, ""},
		{"StartTLS", server.URL, ldb.Options{TLS: trust, StartTLS: true}, ""},
		{"StartTLS with ldaps", server.TLSURL, ldb.Options{TLS: trust, StartTLS: true}, ""},
		{"ldaps of an unknown authority", server.TLSURL, ldb.Options{}, "certificate"},
		{"StartTLS of an unknown authority", server.URL, ldb.Options{StartTLS: true}, "certificate"},
		{"ldaps of another name", server.TLSURL, ldb.Options{TLS: &tls.Config{RootCAs: server.Roots, ServerName: "x.example"}}, "certificate"},
		{"ldaps without TLS", strings.Replace(server.URL, "ldap:", "ldaps:", 1), ldb.Options{TLS: trust}, "iterate"},
		{"ldap with TLS", strings.Replace(server.TLSURL, "ldaps:", "ldap:", 1), ldb.Options{TLS: trust}, "iterate"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var last error
			for _, last = range open(t, describe(tt.url), &tt.o).All(t.Context()) {
			}
			if tt.wantErr == "" {
				require.NoError(t, last)
				return
			}
			require.ErrorContains(t, last, tt.wantErr)
			require.NotContains(t, last.Error(), fixture.SlapdPassword)
		})
	}
}

func TestLogin(t *testing.T) {
	t.Parallel()
	server := fixture.NewSlapd(t)
	c := describe(server.URL)
	c.LoginPassword = "wrong-pw"
	_, err := open(t, c, nil).Get(t.Context(), "a@x")
	require.ErrorIs(t, err, fs.ErrPermission)
	require.NotContains(t, err.Error(), "wrong-pw")

	c = describe(server.URL)
	c.LoginName, c.LoginPassword = "", ""
	nobody := open(t, c, nil)
	_, err = nobody.Get(t.Context(), "a@x")
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.ErrorContains(t, nobody.Put(t.Context(), record("a@x")), "Strong")
}

// elsewhere is a connection to a server that seems to be far away.
type elsewhere struct{ net.Conn }

func (elsewhere) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 389} }

func TestPlainBind(t *testing.T) {
	t.Parallel()
	server := fixture.NewSlapd(t)
	dial := func(ctx context.Context, host string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, "tcp", host)
		return elsewhere{c}, err
	}
	for _, tt := range []struct {
		name string
		url  string
		o    ldb.Options
		want error
	}{
		{"plain", server.URL, ldb.Options{}, ldb.ErrPlainBind},
		{"plain, allowed", server.URL, ldb.Options{PlainBind: true}, fs.ErrNotExist},
		{"ldaps", server.TLSURL, ldb.Options{TLS: &tls.Config{RootCAs: server.Roots}}, fs.ErrNotExist},
		{"StartTLS", server.URL, ldb.Options{StartTLS: true, TLS: &tls.Config{RootCAs: server.Roots}}, fs.ErrNotExist},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			table := open(t, describe(tt.url), &tt.o)
			table.DialWith(dial)
			_, err := table.Get(t.Context(), "a@x")
			require.ErrorIs(t, err, tt.want)
		})
	}
}
