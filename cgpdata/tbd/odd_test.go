package tbd_test

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/tbd"
)

// in16 writes a text in UTF-16.
func in16(order binary.AppendByteOrder, text string) string {
	var out []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		out = order.AppendUint16(out, unit)
	}
	return string(out)
}

// A table in UTF-16 is refused, and never read as garbage.
func TestOtherEncodings(t *testing.T) {
	t.Parallel()
	const wantEncoding, wantControl = "tbd: line 1: table is in UTF-16", "tbd: line 1: control character in a field name"
	for _, tt := range []struct{ name, src, want string }{
		{"UTF-16LE as Excel writes it", in16(binary.LittleEndian, "\uFEFF"+strings.ReplaceAll(sample, "\n", "\r\n")), wantEncoding},
		{"UTF-16BE", in16(binary.BigEndian, "\uFEFF"+sample), wantEncoding},
		{"UTF-16LE without a mark", in16(binary.LittleEndian, sample), wantEncoding},
		{"UTF-16BE without a mark", in16(binary.BigEndian, sample), wantEncoding},
		{"UTF-16LE of one column in Russian", in16(binary.LittleEndian, "почта\na\n"), wantControl},
		{"UTF-16BE of two columns in Russian", in16(binary.BigEndian, "почта\tимя\n"), wantEncoding},
		{"mark alone", "\xFF\xFE", wantEncoding},
		{"UTF-32", "m\x00\x00\x00a\x00\x00\x00\n\x00\x00\x00", wantEncoding},
		{"NUL bytes", "mail\x00\tcn\n", wantEncoding},
		{"escape sequence", "\x1b[1mmail\tcn\n", wantControl},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := tbd.NewReader(iotest.OneByteReader(strings.NewReader(tt.src)), nil)
			require.ErrorContains(t, err, tt.want)
			require.ErrorAs(t, err, new(*tbd.SyntaxError))
			path := filepath.Join(t.TempDir(), "a.tbd")
			require.NoError(t, os.WriteFile(path, []byte(tt.src), 0o600))
			_, err = tbd.Open(path, nil)
			require.ErrorContains(t, err, tt.want)
		})
	}
	_, err := tbd.AppendHeader(nil, []string{"a\x00"})
	require.Error(t, err, "what cannot be read is not written")
}

// Any end of line ends a line, wherever the buffer ends.
func TestLineEnds(t *testing.T) {
	t.Parallel()
	want := [][]string{{"user1@client1.com", `"First User"`, "1000"}, {"user2@client1.com", `"Second User"`, "2000"}, {"user3@client1.com", `"Third User"`, "1256"}}
	for name, src := range map[string]string{
		"CR": strings.ReplaceAll(sample, "\n", "\r"), "CR, empty lines": strings.ReplaceAll(sample, "\n", "\r\r"), "CR, no last end": strings.TrimSuffix(strings.ReplaceAll(sample, "\n", "\r"), "\r"),
		"mixed": strings.Replace(strings.Replace(sample, "\n", "\r", 1), "\n", "\r\n", 1), "LF CR": strings.ReplaceAll(sample, "\n", "\n\r"),
	} {
		got, errs := texts(t, strings.NewReader(src), nil)
		require.Empty(t, errs, name)
		require.Equal(t, want, got, name)
		got, errs = texts(t, iotest.OneByteReader(strings.NewReader(src)), nil)
		require.Empty(t, errs, name)
		require.Equal(t, want, got, name)
	}
	for length := 4080; length < 4110; length++ { // around the buffer of the reader
		for _, end := range []string{"\r", "\r\n", "\n"} {
			got, errs := texts(t, strings.NewReader("key"+end+strings.Repeat("x", length)+end+"y"+end), nil)
			require.Empty(t, errs)
			require.Equal(t, [][]string{{strings.Repeat("x", length)}, {"y"}}, got, length)
		}
	}
	table, err := tbd.NewReader(strings.NewReader("key\ra\tb\rc\r"), nil)
	require.NoError(t, err)
	for _, err := range table.Records() {
		require.EqualError(t, err, "tbd: line 2: 2 fields, but 1 names")
		break
	}
}

// A change of a table whose lines end in CR touches one line, and writes CR.
func TestTableOfCR(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.tbd")
	require.NoError(t, os.WriteFile(path, []byte("mail\tcn\ra\tA\r\rb\tB"), 0o600))
	table, err := tbd.Open(path, nil)
	require.NoError(t, err)
	defer table.Close()
	put := func(mail, cn string) {
		require.NoError(t, table.Put(t.Context(), cgpdata.Dictionary(cgpdata.Pair{Key: "mail", Value: cgpdata.String(mail)}, cgpdata.Pair{Key: "cn", Value: cgpdata.String(cn)})))
	}
	put("c", "C")
	put("a", "Anna")
	require.NoError(t, table.AddField(t.Context(), "Limit"))
	require.NoError(t, table.Delete(t.Context(), "b"))
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "mail\tcn\tLimit\ra\tAnna\r\rc\tC\r", string(text))
}

// Names that hide a field are told of, and the rest is read.
func TestWarn(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		header string
		want   []string
	}{
		{"mail\tcn", nil},
		{"mail\tcn\tmail", []string{"tbd: line 1: field name 3 is the same as 1"}},
		{"mail\t\tcn\t\t", []string{"tbd: line 1: field name 2 is empty", "tbd: line 1: field name 4 is empty", "tbd: line 1: field name 5 is empty"}},
		{"\tcn", []string{"tbd: line 1: field name 1 is empty"}},
		{"mail\tMail", nil},
	} {
		var got []string
		o := &tbd.Options{Warn: func(e *tbd.SyntaxError) { got = append(got, e.Error()) }}
		records, errs := texts(t, strings.NewReader(tt.header+"\na\n"), o)
		require.Empty(t, errs)
		require.Len(t, records, 1)
		require.Equal(t, tt.want, got, tt.header)
	}
}
