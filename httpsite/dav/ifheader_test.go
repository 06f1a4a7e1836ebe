package dav

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var ifHeaders = []struct {
	header string
	want   []ifList // nil: refused
}{
	{`(<urn:a>)`, []ifList{{"", []ifCondition{{token: "urn:a"}}}}},
	{` ( <urn:a> ["tag"] ) (Not <DAV:no-lock>)`, []ifList{{"", []ifCondition{{token: "urn:a"}, {tag: `"tag"`}}}, {"", []ifCondition{{not: true, token: "DAV:no-lock"}}}}},
	{`(not["a b"])`, []ifList{{"", []ifCondition{{not: true, tag: `"a b"`}}}}},
	{`([W/"weak"])`, []ifList{{"", []ifCondition{{tag: `W/"weak"`}}}}},
	{`(["a]b"])`, []ifList{{"", []ifCondition{{tag: `"a]b"`}}}}},
	{`<http://h/a> (<urn:a>) (["t"]) </b> (<urn:b>)`, []ifList{{"http://h/a", []ifCondition{{token: "urn:a"}}}, {"http://h/a", []ifCondition{{tag: `"t"`}}}, {"/b", []ifCondition{{token: "urn:b"}}}}},
	{"", nil},
	{"()", nil},
	{"(", nil},
	{"(<urn:a>", nil},
	{"(<urn:a", nil},
	{"(<>)", nil},
	{"(<urn:a b>)", nil},
	{"(<urn:<a>)", nil},
	{"<urn:a>", nil},
	{"</a> </b> (<urn:a>)", nil},
	{"<> (<urn:a>)", nil},
	{"(<urn:a>) </b> (<urn:b>)", nil},
	{`("tag")`, nil},
	{`(["tag)`, nil},
	{`([tag])`, nil},
	{"(Not)", nil},
	{"(Not Not <urn:a>)", nil},
	{"(<urn:a>) x", nil},
	{"urn:a", nil},
	{strings.Repeat("(<urn:a>)", 300), nil},
	{strings.Repeat("</a>(<urn:a>)", 17), nil},
}

func TestParseIf(t *testing.T) {
	t.Parallel()
	for _, tt := range ifHeaders {
		got, err := parseIf(tt.header)
		if tt.want == nil {
			require.ErrorIs(t, err, fs.ErrInvalid, tt.header)
			continue
		}
		require.NoError(t, err, tt.header)
		require.Equal(t, tt.want, got, tt.header)
	}
}

// What is read is bounded, and written anew it is read as the same.
func FuzzParseIf(f *testing.F) {
	for _, tt := range ifHeaders {
		f.Add(tt.header)
	}
	f.Fuzz(func(t *testing.T, header string) {
		lists, err := parseIf(header)
		if err != nil {
			require.ErrorIs(t, err, fs.ErrInvalid)
			return
		}
		var again strings.Builder
		for _, l := range lists {
			if l.resource != "" {
				again.WriteString("<" + l.resource + ">")
			}
			again.WriteByte('(')
			require.NotEmpty(t, l.conditions)
			for _, c := range l.conditions {
				require.NotEqual(t, c.token == "", c.tag == "")
				if c.not {
					again.WriteString("Not ")
				}
				if c.token != "" {
					again.WriteString("<" + c.token + ">")
				} else {
					again.WriteString("[" + c.tag + "]")
				}
			}
			again.WriteByte(')')
		}
		if got, err := parseIf(again.String()); err == nil { // a tagged list may be repeated more often than is allowed
			require.Equal(t, lists, got)
		}
	})
}
