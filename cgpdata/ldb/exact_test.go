package ldb_test

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/ldb"
	"github.com/cgpkit/cgpkit/internal/fixture"
	"github.com/stretchr/testify/require"
)

// texts returns an array of strings.
func texts(values ...string) cgpdata.Value {
	elements := make([]cgpdata.Value, len(values))
	for i, v := range values {
		elements[i] = cgpdata.String(v)
	}
	return cgpdata.Array(elements...)
}

// TestWhatIsPutIsRead puts values of every form, into a new record and into one
// that is there: each is read back as it is, or refused, and nothing changes.
func TestWhatIsPutIsRead(t *testing.T) {
	t.Parallel()
	c := describe(fixture.NewSlapd(t).URL)
	c.Fields = []string{"mail", "cn", "sn", "description", "audio", "telephoneNumber", "userCertificate;binary"}
	table := open(t, c, nil)
	ctx := t.Context()
	text, data := cgpdata.String, func(s string) cgpdata.Value { return cgpdata.Data([]byte(s)) }
	date, err := cgpdata.Parse([]byte("#T22-10-2005_15:24:45"), nil)
	require.NoError(t, err)
	null, err := cgpdata.Parse([]byte("#NULL#"), nil)
	require.NoError(t, err)
	for _, tt := range []struct {
		name  string
		field string // "": description
		value cgpdata.Value
		kept  bool
	}{
		{"text", "", text("one"), true},
		{"nothing", "", text(""), true},
		{"blanks around", "", text("  one  two  "), true},
		{"a blank", "", text(" "), true},
		{"line feeds and NUL", "", text("a\r\n\tb\x00c"), true},
		{"letters", "", text("\u00fc\u65e5\u202e"), true},
		{"forms of one letter", "", texts("\u00fc", "u\u0308x"), true},
		{"looks like data", "", text("[YWJj]"), true},
		{"looks like an array", "", text("(a,b)"), true},
		{"long", "", text(strings.Repeat("x", 100_000)), true},
		{"array", "", texts("one", "two", "three"), true},
		{"order", "", texts("z", "a", "m"), true},
		{"long array", "", texts(strings.Split("x y z 1 2 3 4 5 6 7 8 9", " ")...), true},
		{"data", "audio", data("\xff\x00\x01"), true},
		{"long data", "audio", data(strings.Repeat("\xff", 100_000)), true},
		{"array of data", "audio", cgpdata.Array(data("\xff"), data("\xfe")), true},
		{"text and data", "audio", cgpdata.Array(text("text"), data("\xfe")), true},

		{"empty array", "", texts(), false},
		{"one element", "", texts("one"), false},
		{"empty element", "", texts("one", ""), false},
		{"array in an array", "", cgpdata.Array(texts("a"), text("b")), false},
		{"arrays in an array", "", cgpdata.Array(texts("a", "b"), texts("c", "d")), false},
		{"empty array in an array", "", cgpdata.Array(texts(), text("b")), false},
		{"dictionary", "", cgpdata.Dictionary(cgpdata.Pair{Key: "a", Value: text("b")}), false},
		{"empty dictionary", "", cgpdata.Dictionary(), false},
		{"dictionary in an array", "", cgpdata.Array(cgpdata.Dictionary(), text("b")), false},
		{"twice", "", texts("one", "two", "one"), false},
		{"twice in other letter case", "", texts("one", "ONE"), false},
		{"twice with other blanks", "", texts("one  two", "one two"), false},
		{"number", "", cgpdata.Number(5), false},
		{"number in an array", "", cgpdata.Array(cgpdata.Number(5), text("b")), false},
		{"time", "", date, false},
		{"null", "", null, false},
		{"text that is no UTF-8", "audio", text("\xff"), false},
		{"data that is UTF-8", "audio", data("abc"), false},
		{"data that is UTF-8 in an array", "audio", cgpdata.Array(data("abc"), data("\xff")), false},
		{"empty data", "audio", data(""), false},
		{"what the syntax does not have", "description", data("\xff"), false},
		{"text for a binary attribute", "userCertificate;binary", text("abc"), false},
		{"text for a telephone", "telephoneNumber", text("\u00fc"), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.field == "" {
				tt.field = "description"
			}
			pair := cgpdata.Pair{Key: tt.field, Value: tt.value}
			for _, before := range []cgpdata.Value{{}, record("a@x", description(texts("old", "older")))} {
				key := cgpdata.String("a@x")
				if before.Kind() == cgpdata.KindDictionary {
					require.NoError(t, table.Put(ctx, before))
				} else if err := table.Delete(ctx, "a@x"); err != nil {
					require.ErrorIs(t, err, fs.ErrNotExist)
				}
				was, wasErr := table.Get(ctx, "a@x")
				err := table.Put(ctx, cgpdata.Dictionary(cgpdata.Pair{Key: "mail", Value: key}, cgpdata.Pair{Key: "cn", Value: text("new")}, cgpdata.Pair{Key: "sn", Value: text("new")}, pair))
				got, gotErr := table.Get(ctx, "a@x")
				if tt.kept {
					require.NoError(t, err)
					require.NoError(t, gotErr)
					is, _ := got.Get(tt.field)
					require.True(t, tt.value.Equal(is), "%v, not %v", is, tt.value)
					require.NoError(t, table.Put(ctx, got), "what comes out goes in")
					continue
				}
				require.ErrorIs(t, err, fs.ErrInvalid)
				require.Equal(t, wasErr == nil, gotErr == nil)
				require.True(t, was.Equal(got), "%v, not %v", got, was)
			}
		})
	}
}

// TestKeysAreExact puts records whose keys the server takes for one.
func TestKeysAreExact(t *testing.T) {
	t.Parallel()
	c := describe(fixture.NewSlapd(t).URL)
	c.Fields = []string{"cn", "sn", "mail", "description"}
	table := open(t, c, nil)
	ctx := t.Context()
	put := func(key, text string) error {
		return table.Put(ctx, cgpdata.Dictionary(cgpdata.Pair{Key: "cn", Value: cgpdata.String(key)}, cgpdata.Pair{Key: "sn", Value: cgpdata.String("s")}, description(cgpdata.String(text))))
	}
	for _, tt := range []struct {
		key    string
		others []string // that are the same to the server
	}{
		{"John Smith", []string{"john smith", "JOHN SMITH", " John Smith", "John Smith ", "John  Smith"}},
		{"  leading", []string{"leading", " leading"}},
		{"\u00fcber", []string{"\u00dcBER", "u\u0308ber"}},
		{strings.Repeat("k", 200), []string{strings.Repeat("K", 200)}},
	} {
		require.NoError(t, put(tt.key, "of it"), "%q", tt.key)
		require.NoError(t, put(tt.key, "of it again"))
		for _, other := range tt.others {
			require.ErrorIs(t, put(other, "of the other"), fs.ErrInvalid, "%q", other)
			require.ErrorIs(t, table.Put(ctx, cgpdata.Dictionary(cgpdata.Pair{Key: "cn", Value: cgpdata.String(other)})), fs.ErrInvalid)
		}
		got, err := table.Get(ctx, tt.key)
		require.NoError(t, err)
		require.Equal(t, tt.key, got.Index(0).Text())
		require.Equal(t, "of it again", got.Index(3).Text())
	}
	for _, size := range []int{1000, 100_000} { // refused or kept
		long := strings.Repeat("x", size)
		err := put(long, "long")
		got, getErr := table.Get(ctx, long)
		require.Equal(t, err == nil, getErr == nil)
		require.True(t, err != nil || got.Index(0).Text() == long)
	}
	require.ErrorIs(t, table.Put(ctx, cgpdata.Dictionary(cgpdata.Pair{Key: "cn", Value: texts("a", "b")})), fs.ErrInvalid)
	require.ErrorIs(t, table.Put(ctx, cgpdata.Dictionary(cgpdata.Pair{Key: "cn", Value: texts("a")})), fs.ErrInvalid)
}

// TestOtherNamesOfAttributes lets no value be lost because the server calls its
// attribute something else.
func TestOtherNamesOfAttributes(t *testing.T) {
	t.Parallel()
	server := fixture.NewSlapd(t)
	require.NoError(t, open(t, describe(server.URL), nil).Put(t.Context(), record("a@x")))
	for _, fields := range [][]string{{"mail", "commonName"}, {"mail", "2.5.4.3"}, {"rfc822Mailbox", "cn"}} {
		c := describe(server.URL)
		c.Fields = fields
		table := open(t, c, &ldb.Options{})
		got, err := table.Get(t.Context(), "a@x")
		if err == nil {
			require.Equal(t, "c", got.Index(1).Text(), "%v", fields)
			require.Equal(t, "a@x", got.Index(0).Text(), "%v", fields)
			continue
		}
		require.ErrorContains(t, err, "another name")
	}
}
