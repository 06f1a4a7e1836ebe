package directory_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/filestore"
)

func parse(t testing.TB, text string) cgpdata.Value {
	t.Helper()
	v, err := cgpdata.Parse([]byte(text), nil)
	require.NoError(t, err)
	return v
}

var sizeTests = []struct {
	name, text string
	size       int64 // -1: error
	count      int64
}{
	{"bytes", "0", 0, 0},
	{"digits", "1234", 1234, 1234},
	{"leading zeros", "007", 7, 7},
	{"K", "3K", 3072, -1},
	{"M", "100M", 100 << 20, -1},
	{"G", "2G", 2 << 30, -1},
	{"unlimited", "unlimited", filestore.Unlimited, filestore.Unlimited},
	{"minus one", `"-1"`, filestore.Unlimited, filestore.Unlimited},
	{"typed", "#5", 5, 5},
	{"typed minus one", "#-1", filestore.Unlimited, filestore.Unlimited},
	{"largest", "9223372036854775807", filestore.Unlimited, filestore.Unlimited},
	{"too large", "9223372036854775808", -1, -1},
	{"too large with suffix", "9007199254740992K", -1, -1},
	{"largest with suffix", "9007199254740991K", 9007199254740991 << 10, -1},
	{"far too large", "99999999999999999999G", -1, -1},
	{"negative", `"-2"`, -1, -1},
	{"typed negative", "#-2", -1, -1},
	{"plus", `"+5"`, -1, -1},
	{"empty", `""`, -1, -1},
	{"suffix alone", "M", -1, -1},
	{"two suffixes", "1KM", -1, -1},
	{"small suffix", "1m", -1, -1},
	{"unlimited with suffix", "unlimitedM", -1, -1},
	{"minus one with suffix", `"-1K"`, -1, -1},
	{"fraction", "1.5M", -1, -1},
	{"blank", `"1 M"`, -1, -1},
	{"hexadecimal", "0x10", -1, -1},
	{"other digits", "\"\u0665\"", -1, -1},
	{"array", "(1)", -1, -1},
	{"null", "#NULL#", -1, -1},
}

func TestParseSizeAndCount(t *testing.T) {
	t.Parallel()
	for _, test := range sizeTests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			v := parse(t, test.text)
			size, err := directory.ParseSize(v)
			if test.size < 0 {
				require.ErrorContains(t, err, "read size: ")
			} else {
				require.NoError(t, err)
				require.Equal(t, test.size, size)
			}
			count, err := directory.ParseCount(v)
			if test.count < 0 {
				require.ErrorContains(t, err, "read count: ")
			} else {
				require.NoError(t, err)
				require.Equal(t, test.count, count)
			}
		})
	}
	_, err := directory.ParseSize(cgpdata.String(strings.Repeat("0", 1<<20)))
	require.ErrorContains(t, err, "longer than 4096 bytes")
}

func FuzzParseSize(f *testing.F) {
	for _, test := range sizeTests {
		f.Add(parse(f, test.text).Text())
	}
	f.Fuzz(func(t *testing.T, text string) {
		size, err := directory.ParseSize(cgpdata.String(text))
		require.GreaterOrEqual(t, size, int64(0))
		count, countErr := directory.ParseCount(cgpdata.String(text))
		require.GreaterOrEqual(t, count, int64(0))
		if err != nil {
			require.Zero(t, size)
			require.Error(t, countErr, "every count is a size")
		} else if countErr == nil {
			require.Equal(t, size, count)
		}
	})
}

func TestParseDuration(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, text string
		want       time.Duration // -1: error
	}{
		{"seconds", "15", 15 * time.Second},
		{"zero", "0", 0},
		{"minutes", "5m", 5 * time.Minute},
		{"hours", "10h", 10 * time.Hour},
		{"days", "7d", 7 * 24 * time.Hour},
		{"typed", "#15", 15 * time.Second},
		{"too long", "106752d", -1},
		{"far too long", "9223372036854775807", -1},
		{"longest", "106751d", 106751 * 24 * time.Hour},
		{"negative", `"-1"`, -1},
		{"size", "15M", -1},
		{"two", "1h5m", -1},
		{"suffix alone", "m", -1},
		{"empty", `""`, -1},
		{"array", "()", -1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := directory.ParseDuration(parse(t, test.text))
			if test.want < 0 {
				require.ErrorContains(t, err, "read time: ")
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.want, got)
		})
	}
}

func TestParseBool(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text    string
		want    bool
		wantErr bool
	}{
		{text: "YES", want: true}, {text: "NO"}, {text: "yes", wantErr: true}, {text: "1", wantErr: true}, {text: `""`, wantErr: true}, {text: "#1", wantErr: true}, {text: "(YES)", wantErr: true},
	} {
		t.Run(test.text, func(t *testing.T) {
			t.Parallel()
			got, err := directory.ParseBool(parse(t, test.text))
			require.Equal(t, test.wantErr, err != nil)
			require.Equal(t, test.want, got)
		})
	}
}

var serviceTests = []struct {
	name, text string
	on         []string // of Mail, WebSite, FTP, S/MIME
	bad        bool
}{
	{name: "all", text: "All", on: []string{"Mail", "WebSite", "FTP", "S/MIME"}},
	{name: "array", text: `(26, Mail, WebSite, "S/MIME")`, on: []string{"Mail", "WebSite", "S/MIME"}},
	{name: "typed number", text: `(#26, FTP)`, on: []string{"FTP"}},
	{name: "number alone", text: `(26)`},
	{name: "blanks", text: `"Mail  FTP"`, on: []string{"Mail", "FTP"}},
	{name: "one name", text: `FTP`, on: []string{"FTP"}},
	{name: "empty string", text: `""`},
	{name: "All in an array", text: `(26, All)`},
	{name: "All among names", text: `"All FTP"`, on: []string{"FTP"}},
	{name: "letter case", text: `(26, website, ftp)`},
	{name: "all in small letters", text: `all`},
	{name: "no number", text: `(Mail, FTP)`, bad: true},
	{name: "empty array", text: `()`, bad: true},
	{name: "array in array", text: `(26, (FTP))`, bad: true},
	{name: "number among names", text: `(26, FTP, #5)`, bad: true},
	{name: "number as a string is a name", text: `(26, 27, FTP)`, on: []string{"FTP"}},
	{name: "dictionary", text: `{FTP=YES;}`, bad: true},
	{name: "number", text: `#26`, bad: true},
	{name: "null", text: `#NULL#`, bad: true},
	{name: "very many", text: "(26" + strings.Repeat(",FTP", 300) + ")", bad: true},
}

func TestParseServices(t *testing.T) {
	t.Parallel()
	for _, test := range serviceTests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s, err := directory.ParseServices(parse(t, test.text))
			require.Equal(t, test.bad, err != nil, "%v", err)
			var on []string
			for _, name := range []string{"Mail", "WebSite", "FTP", "S/MIME"} {
				if s.Has(name) {
					on = append(on, name)
				}
			}
			require.Equal(t, test.on, on)
		})
	}
	require.False(t, directory.Services{}.Has("FTP"))
}

func FuzzParseServices(f *testing.F) {
	for _, test := range serviceTests {
		f.Add([]byte(test.text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		v, err := cgpdata.Parse(text, &cgpdata.Options{Allow: cgpdata.Lenient, MaxBytes: 1 << 16})
		if err != nil {
			return
		}
		s, err := directory.ParseServices(v)
		if err != nil {
			require.Equal(t, directory.Services{}, s)
		}
		if s.Has("WebSite") && v.Kind() == cgpdata.KindArray {
			require.Contains(t, v.String(), "WebSite")
		}
		if s.Has("no such service") {
			require.Equal(t, "All", v.Text())
		}
	})
}
