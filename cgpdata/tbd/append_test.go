package tbd_test

import (
	"testing"
	"time"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/tbd"
	"github.com/stretchr/testify/require"
)

func TestAppendRecord(t *testing.T) {
	t.Parallel()
	str := cgpdata.String
	xml, err := cgpdata.XML("<a/>")
	require.NoError(t, err)
	for _, tt := range []struct {
		name   string
		fields []cgpdata.Value
		want   string
	}{
		{"plain", []cgpdata.Value{str("user1@client1.com"), str("First User"), str("1000")}, "user1@client1.com\tFirst User\t1000\n"},
		{"empty fields", []cgpdata.Value{str(""), str("")}, "\t\n"},
		{"one empty field", []cgpdata.Value{str("")}, "\"\"\n"},
		{"no field", nil, "\"\"\n"},
		{"TAB and line ends", []cgpdata.Value{str("a\tb"), str("a\nb"), str("a\rb")}, "\"a\\tb\"\t\"a\\eb\"\t\"a\\rb\"\n"},
		{"marks", []cgpdata.Value{str("{a"), str("(a"), str("[a"), str(`"a`), str("#a")}, "\"{a\"\t\"(a\"\t\"[a\"\t\"\\\"a\"\t\"#a\"\n"},
		{"marks inside", []cgpdata.Value{str(`a"{([#\`)}, "a\"{([#\\\n"},
		{"not ASCII", []cgpdata.Value{str("Müller")}, "Müller\n"},
		{"no UTF-8", []cgpdata.Value{str("M\xfcller")}, "\"M\\252ller\"\n"},
		{"array", []cgpdata.Value{cgpdata.Array(str("a b"), str("c\td"))}, "(\"a b\",\"c\\td\")\n"},
		{"number and time", []cgpdata.Value{cgpdata.Number(-5), cgpdata.Date(time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC))}, "#-5\t#T01-01-1900\n"},
		{"XML in an array", []cgpdata.Value{cgpdata.Array(xml)}, "(<a/>)\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := tbd.AppendRecord([]byte("kept "), tt.fields)
			require.NoError(t, err)
			require.Equal(t, "kept "+tt.want, string(got))
		})
	}
}

func TestAppendRecordRefuses(t *testing.T) {
	t.Parallel()
	plain, err := cgpdata.XML("<a/>")
	require.NoError(t, err)
	tab, err := cgpdata.XML("<a\tb='c'/>")
	require.NoError(t, err)
	broken, err := cgpdata.XML("<a>\n</a>")
	require.NoError(t, err)
	for _, tt := range []struct {
		name    string
		field   cgpdata.Value
		wantErr string
	}{
		{"XML", plain, "tbd: field 2: XML would be read as plain text"},
		{"TAB in raw text", cgpdata.Array(tab), "tbd: field 2: raw text with a TAB"},
		{"line feed in raw text", cgpdata.Array(broken), "tbd: field 2: "},
		{"NUL in quotes", cgpdata.String("#\x00"), "tbd: field 2: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := tbd.AppendRecord([]byte("kept"), []cgpdata.Value{cgpdata.String("a"), tt.field})
			require.ErrorContains(t, err, tt.wantErr)
			require.Equal(t, "kept", string(got))
		})
	}
}

func TestAppendHeader(t *testing.T) {
	t.Parallel()
	got, err := tbd.AppendHeader([]byte("kept "), []string{"mail", "cn", "Full Name"})
	require.NoError(t, err)
	require.Equal(t, "kept mail\tcn\tFull Name\n", string(got))

	for _, tt := range []struct {
		name    string
		names   []string
		wantErr string
	}{
		{"none", nil, "tbd: no field names"},
		{"empty", []string{"a", ""}, "tbd: field name 2 cannot be written"},
		{"TAB", []string{"a\tb"}, "tbd: field name 1 cannot"},
		{"line feed", []string{"a\n"}, "tbd: field name 1 cannot"},
		{"byte order mark", []string{"\uFEFFa"}, "tbd: field name 1 cannot"},
		{"no UTF-8", []string{"\xfc"}, "tbd: field name 1 cannot"},
		{"twice", []string{"a", "b", "a"}, "tbd: field name 3 is there twice"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := tbd.AppendHeader([]byte("kept"), tt.names)
			require.ErrorContains(t, err, tt.wantErr)
			require.Equal(t, "kept", string(got))
		})
	}
}
