package jsonform_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/jsonform"
)

var lenient = &cgpdata.Options{Allow: cgpdata.Lenient}

// forms are texts, read leniently, and their JSON.
var forms = []struct{ name, text, json string }{
	{"atom", `YES`, `"YES"`},
	{"empty string", `""`, `""`},
	{"digits are a string", `3`, `"3"`},
	{"string", `"Big \"Server\"\\\t\e"`, `"Big \"Server\"\\\t\n"`},
	{"HTML characters", `"<a href='x'>&</a>"`, `"<a href='x'>&</a>"`},
	{"not ASCII", `"Müller \u'1F600'"`, `"Müller 😀"`},
	{"replacement character", `"\u'FFFD'"`, `"` + "\uFFFD" + `"`},
	{"control bytes", `"\000\001\127"`, `"\u0000\u0001` + "\x7f" + `"`},
	{"not UTF-8", `"M\252ller"`, `{"#bytes":"TfxsbGVy"}`},
	{"number", `#-5`, `-5`},
	{"least number", `#-9223372036854775808`, `-9223372036854775808`},
	{"greatest number", `#9223372036854775807`, `9223372036854775807`},
	{"null", `#NULL#`, `null`},
	{"empty array", `()`, `[]`},
	{"array", `(a,(),#1)`, `["a",[],1]`},
	{"empty dictionary", `{}`, `{}`},
	{"order of keys", `{b=1;a=2;}`, `{"b":"1","a":"2"}`},
	{"key with #", `{"#a"=1;"##b"=2;"#time"=3;a#=4;}`, `{"##a":"1","###b":"2","##time":"3","a#":"4"}`},
	{"key like that of bytes", `{"#bytes:YQ=="=1;"bytes:"=2;}`, `{"##bytes:YQ==":"1","bytes:":"2"}`},
	{"key not UTF-8", `{"M\252ller"=1;}`, `{"#bytes:TfxsbGVy":"1"}`},
	{"key # not UTF-8", `{"#\252"=1;}`, `{"#bytes:I/w=":"1"}`},
	{"empty key", `{""=1;}`, `{"":"1"}`},
	{"datablock", `[HcqHfHI=]`, `{"#data":"HcqHfHI="}`},
	{"empty datablock", `[]`, `{"#data":""}`},
	{"time", `#T22-10-2005_15:24:45`, `{"#time":"2005-10-22T15:24:45Z"}`},
	{"date", `#T22-10-2005`, `{"#time":"2005-10-22"}`},
	{"first and last year", `(#T01-01-0001,#T31-12-9999_23:59:59)`, `[{"#time":"0001-01-01"},{"#time":"9999-12-31T23:59:59Z"}]`},
	{"past and future", `(#TPAST,#TFUTURE)`, `[{"#time":"past"},{"#time":"future"}]`},
	{"IPv4", `#I[10.0.44.55]`, `{"#ip":"10.0.44.55"}`},
	{"IPv4 with port", `#I[10.0.44.55]:25`, `{"#ip":"10.0.44.55:25"}`},
	{"IPv6", `#I[2001:DB8::0:1]`, `{"#ip":"2001:db8::1"}`},
	{"IPv6 with port", `#I[2001:db8::1]:25`, `{"#ip":"[2001:db8::1]:25"}`},
	{"IPv4 in IPv6", `#I[::ffff:10.0.0.1]:25`, `{"#ip":"[::ffff:10.0.0.1]:25"}`},
	{"no address", `(#I[localhost]:25,#I[],#I[10.0.0.01])`, `[{"#ip":"[localhost]:25"},{"#ip":"[]"},{"#ip":"[10.0.0.01]"}]`},
	{"no address, not UTF-8", "#I[\xfc]", `{"#ip":{"#bytes":"W/xd"}}`},
	{"no address, line end", "#I[a\nb]", `{"#ip":"[a\nb]"}`},
	{"XML", `<a b="c">d</a><e/>`, `{"#xml":"<a b=\"c\">d</a><e/>"}`},
	{"object", `#(a (b) "c")`, `{"#object":"#(a (b) \"c\")"}`},
	{"object, not UTF-8", "#(\xfc)", `{"#object":{"#bytes":"Iyj8KQ=="}}`},
	{"fraction", `#12.5`, `{"#object":"#12.5"}`},
}

func parseText(t *testing.T, text string) cgpdata.Value {
	t.Helper()
	v, err := cgpdata.Parse([]byte(text), lenient)
	require.NoError(t, err)
	return v
}

func TestForms(t *testing.T) {
	t.Parallel()
	for _, tt := range forms {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			v := parseText(t, tt.text)
			text, err := jsonform.Append([]byte("kept "), v, "")
			require.NoError(t, err)
			require.Equal(t, "kept "+tt.json, string(text))
			back, err := jsonform.Parse([]byte(tt.json), lenient)
			require.NoError(t, err)
			require.True(t, v.Equal(back), back)
			require.Equal(t, v.String(), back.String()) // the order of keys, too
		})
	}
}

func TestAppendIndented(t *testing.T) {
	t.Parallel()
	v := parseText(t, `{a=();b={};c=(1,(2),{d=#T22-10-2005;});}`)
	text, err := jsonform.Append(nil, v, "\t")
	require.NoError(t, err)
	require.Equal(t, "{\n\t\"a\": [],\n\t\"b\": {},\n\t\"c\": [\n\t\t\"1\",\n\t\t[\n\t\t\t\"2\"\n\t\t],\n\t\t{\n\t\t\t\"d\": {\"#time\": \"2005-10-22\"}\n\t\t}\n\t]\n}", string(text))
	back, err := jsonform.Parse(text, nil)
	require.NoError(t, err)
	require.True(t, v.Equal(back))
}

// nested returns an array in an array, and so on, depth of them.
func nested(depth int) cgpdata.Value {
	v := cgpdata.Array()
	for range depth - 1 {
		v = cgpdata.Array(v)
	}
	return v
}

func TestAppendRefuses(t *testing.T) {
	t.Parallel()
	year := func(n int) time.Time { return time.Date(n, 1, 1, 0, 0, 0, 0, time.UTC) }
	_, err := jsonform.Append(nil, nested(10_000), "")
	require.NoError(t, err)
	for _, tt := range []struct {
		name    string
		v       cgpdata.Value
		wantErr string
	}{
		{"year 0", cgpdata.Array(cgpdata.Time(year(0))), "jsonform: append: year outside 1 to 9999 at [0]"},
		{"year 10000", cgpdata.Date(year(10_000)), "jsonform: append: year outside 1 to 9999"},
		{"depth", nested(10_001), "jsonform: append: nested deeper than MaxDepth at [0][0][0]"},
		{"depth of dictionaries", cgpdata.Dictionary(cgpdata.Pair{Key: "a b", Value: nested(10_000)}), `jsonform: append: nested deeper than MaxDepth at "a b"[0]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text, err := jsonform.Append([]byte("kept"), tt.v, "")
			require.ErrorContains(t, err, tt.wantErr)
			require.Less(t, len(err.Error()), 300)
			require.Equal(t, "kept", string(text))
		})
	}
}

// written are JSON texts that Append would not write, and their values.
var written = []struct{ name, json, text string }{
	{"true and false", ` [true, false] `, `(YES,NO)`},
	{"byte order mark", "\xEF\xBB\xBF\r\n{}\t", `{}`},
	{"escapes", `"\u00fc\uD83D\uDE00\/\\ud800"`, `"ü😀/\\ud800"`},
	{"minus zero", `-0`, `#0`},
	{"bytes that are UTF-8", `{"#bytes":"YQ=="}`, `a`},
	{"key of bytes that is UTF-8", `{"#bytes:YQ==":1}`, `{a=#1;}`},
	{"blanks", ` { "#data" : "" } `, `[]`},
	{"time of another zone", `{"#time":"2005-10-22T17:24:45+02:00"}`, `#T22-10-2005_15:24:45`},
	{"IPv6 in brackets", `{"#ip":"[::1]"}`, `#I[::1]`},
	{"IPv4 in brackets", `{"#ip":"[10.0.0.1]:25"}`, `#I[10.0.0.1]:25`},
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, tt := range written {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			v, err := jsonform.Parse([]byte(tt.json), nil)
			require.NoError(t, err)
			require.True(t, parseText(t, tt.text).Equal(v), v)
		})
	}
}

// refused are JSON texts that strict reading refuses.
var refused = []struct{ name, json, wantErr string }{
	// no JSON
	{"empty", "", "line 1, column 1: JSON: unexpected EOF"},
	{"blanks only", " \r\n ", "line 2, column 2: JSON: unexpected EOF"},
	{"ends in an array", `["a",`, "line 1, column 6: JSON: unexpected EOF at [1]"},
	{"ends in a string", `{"a":"b`, "line 1, column 8: JSON: unexpected EOF at a"},
	{"ends in a word", `[tru`, "line 1, column 5: JSON: unexpected EOF at [0]"},
	{"trailing comma", "[\n 1,\n]", "line 3, column 1: JSON: invalid character ']' looking for beginning of value at [1]"},
	{"missing comma", `{"a":1 "b":2}`, "line 1, column 8: JSON: invalid character '\"' after object key:value pair"},
	{"single quotes", "\xEF\xBB\xBF{'a':1}", "line 1, column 5: JSON: invalid character '\\'' looking for beginning of object key string"},
	{"raw control byte", "\"a\nb\"", "line 1, column 3: JSON: invalid character '\\n' in string literal"},
	{"two values", `{} {}`, "line 1, column 4: want the end of the JSON text"},
	{"comma at the end", `1 ,`, "line 1, column 3: want the end of the JSON text"},
	{"dictionary text", `{a=b;}`, "line 1, column 2: JSON: invalid character 'a' looking for beginning of object key string"},

	// what package json would replace
	{"not UTF-8", "{\"a\":\"\uFFFDx\xfc\"}", "line 1, column 11: invalid UTF-8 at a"},
	{"not UTF-8 in a key", "{\"\xfc\":1}", "line 1, column 3: invalid UTF-8"},
	{"high surrogate", `["\\\uD83Dx"]`, "line 1, column 5: half of a surrogate pair at [0]"},
	{"two high surrogates", `["\uD83D\uD83D"]`, "line 1, column 3: half of a surrogate pair at [0]"},
	{"low surrogate", `["\uFFFD\uDE00\uD83D"]`, "line 1, column 9: half of a surrogate pair at [0]"},
	{"surrogate at the end", `"\uD83D"`, "line 1, column 2: half of a surrogate pair"},

	// no counterpart
	{"fraction", `{"a":[1,2.5]}`, "line 1, column 9: number that is not written as an integer at a[1]"},
	{"whole fraction", `2.0`, "line 1, column 1: number that is not written as an integer"},
	{"exponent", `1e3`, "line 1, column 1: number that is not written as an integer"},
	{"too great", `9223372036854775808`, "line 1, column 1: number beyond 64 bits"},
	{"too small", `-9223372036854775809`, "line 1, column 1: number beyond 64 bits"},
	{"duplicate key", `{"a":1,"b":2, "a":3}`, "line 1, column 15: duplicate key at a"},
	{"duplicate key in another form", `{"a":1,"#bytes:YQ==":3}`, "line 1, column 8: duplicate key at a"},
	{"empty key", `{"":1}`, "line 1, column 2: empty key"},
	{"empty key of bytes", `{"#bytes:":1}`, "line 1, column 2: empty key"},
	{"NUL", `["\u0000"]`, "line 1, column 2: NUL byte in string at [0]"},
	{"NUL in bytes", `{"#bytes":"AA=="}`, "line 1, column 11: NUL byte in string"},
	{"NUL in a key", `{"\u0000":1}`, "line 1, column 2: NUL byte in string"},

	// reserved keys
	{"unknown", `{"a":{"#foo":1}}`, "line 1, column 7: unknown reserved key; other keys that begin with '#' have two of them in JSON at a"},
	{"# alone", `{"#":1}`, "line 1, column 2: unknown reserved key"},
	{"unknown behind another", `{"a":1,"#foo":1}`, "line 1, column 8: a key that begins with '#' must have two of them in JSON"},
	{"another behind it", `{"#time":"past","a":1}`, "line 1, column 17: another key beside a reserved one"},
	{"no string", `{"#data":5}`, "line 1, column 10: want a string behind a reserved key"},
	{"null", `{"#time":null}`, "line 1, column 10: want a string behind a reserved key"},
	{"an array", `{"#ip":["10.0.0.1"]}`, "line 1, column 8: want a string behind a reserved key"},
	{"an object", `{"#xml":{"a":"<a/>"}}`, `line 1, column 10: want a string or {"#bytes":"..."}`},
	{"an empty object", `{"#xml":{}}`, `line 1, column 10: want a string or {"#bytes":"..."}`},
	{"bytes of bytes", `{"#xml":{"#bytes":{"#bytes":""}}}`, "line 1, column 19: want a string behind a reserved key"},
	{"more than bytes", `{"#xml":{"#bytes":"","a":1}}`, "line 1, column 22: another key beside a reserved one"},
	{"bytes for data", `{"#data":{"#bytes":""}}`, "line 1, column 10: want a string behind a reserved key"},
	{"no base64", `{"#data":"a_-="}`, "line 1, column 10: want base64 with padding"},
	{"base64 without padding", `{"#bytes":"YQ"}`, "line 1, column 11: want base64 with padding"},
	{"base64 with loose bits", `{"#bytes":"YR=="}`, "line 1, column 11: want base64 with padding"},
	{"base64 of a key", `{"#bytes:YQ":1}`, "line 1, column 2: want base64 with padding"},
	{"no time", `{"#time":"22-10-2005"}`, "line 1, column 10: want a time such as"},
	{"time without a zone", `{"#time":"2005-10-22T15:24:45"}`, "line 1, column 10: want a time such as"},
	{"parts of a second", `{"#time":"2005-10-22T15:24:45.5Z"}`, "line 1, column 10: want a time such as"},
	{"no such date", `{"#time":"2005-02-29"}`, "line 1, column 10: want a time such as"},
	{"year 0", `{"#time":"0000-01-01"}`, "line 1, column 10: year outside 1 to 9999"},
	{"year 0 by its zone", `{"#time":"0001-01-01T00:00:00+01:00"}`, "line 1, column 10: year outside 1 to 9999"},
	{"year 10000 by its zone", `{"#time":"9999-12-31T23:59:59-01:00"}`, "line 1, column 10: year outside 1 to 9999"},
	{"host name", `{"#ip":"localhost"}`, "line 1, column 8: want an IP address"},
	{"host name in brackets", `{"#ip":"[localhost]"}`, "line 1, column 8: invalid IP address"},
	{"zone", `{"#ip":"fe80::1%eth0"}`, "line 1, column 8: want an IP address"},
	{"port 0", `{"#ip":"10.0.0.1:0"}`, "line 1, column 8: want an IP address"},
	{"port in brackets too great", `{"#ip":"[::1]:65536"}`, "line 1, column 8: port outside 1 to 65535"},
	{"address and comment", `{"#ip":"[::1] // me"}`, "line 1, column 8: want an IP address"},
	{"two addresses", `{"#ip":"[::1] #I[::2]"}`, "line 1, column 8: want the end of the text"},
	{"no XML", `{"#xml":"a"}`, "line 1, column 9: want XML elements"},
	{"XML without an end", `{"#xml":"<a>"}`, "line 1, column 9: unterminated XML element"},
	{"XML and blanks", `{"#xml":"<a/> "}`, "line 1, column 9: want XML elements"},
	{"XML not UTF-8", `{"#xml":{"#bytes":"PGE+/DwvYT4="}}`, "line 1, column 9: invalid UTF-8"},
	{"no object", `{"#object":"(a)"}`, "line 1, column 12: want an object"},
	{"object without an end", `{"#object":"#(a"}`, "line 1, column 12: unterminated object"},
	{"object and more", `{"#object":"#(a) /* b */"}`, "line 1, column 12: want an object"},
	{"object not UTF-8", `{"#object":{"#bytes":"Iyj8KQ=="}}`, "line 1, column 12: invalid UTF-8"},
	{"fraction as an object", `{"#object":"#12.5"}`, "line 1, column 12: fraction in number"},
	{"number as an object", `{"#object":"#12"}`, "line 1, column 12: want an object"},
	{"depth", strings.Repeat("[", 129), "line 1, column 129: nested deeper than MaxDepth"},
	{"depth of objects", strings.Repeat(`{"a":`, 129), "line 1, column 641: nested deeper than MaxDepth at a.a.a"},
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range refused {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			v, err := jsonform.Parse([]byte(tt.json), nil)
			require.ErrorContains(t, err, "cgpdata: "+tt.wantErr)
			require.True(t, v.Equal(cgpdata.Value{}))
			require.Less(t, len(err.Error()), 400)
		})
	}
}

// An error has a place to which a program can go.
func TestParseError(t *testing.T) {
	t.Parallel()
	_, err := jsonform.Parse([]byte("{\r\n \"a\": [\"b\",\n"), nil)
	at, ok := errors.AsType[*cgpdata.SyntaxError](err)
	require.True(t, ok)
	require.Equal(t, cgpdata.SyntaxError{Offset: 15, Line: 3, Column: 1, Path: "a[1]", Err: at.Err}, *at)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)

	_, err = jsonform.Parse([]byte(`{"`+strings.Repeat("ü", 1000)+`":[1.5]}`), nil)
	at, ok = errors.AsType[*cgpdata.SyntaxError](err)
	require.True(t, ok)
	require.True(t, strings.HasSuffix(at.Path, "ü..."), at.Path)
}

func TestParseTolerates(t *testing.T) {
	t.Parallel()
	var faults []string
	o := &cgpdata.Options{Allow: cgpdata.Lenient, Warn: func(fault *cgpdata.SyntaxError) { faults = append(faults, fault.Error()) }}
	v, err := jsonform.Parse([]byte(`{"a":"\u0000","":{"#ip":"[x]"},"a":{"#object":"#1.5"}}`), o)
	require.NoError(t, err)
	require.Equal(t, `{a=#1.5;""=#I[x];}`, v.String())
	require.Equal(t, []string{
		"cgpdata: line 1, column 6: NUL byte in string at a",
		"cgpdata: line 1, column 15: empty key",
		`cgpdata: line 1, column 25: invalid IP address at ""`,
		"cgpdata: line 1, column 32: duplicate key at a",
		"cgpdata: line 1, column 47: fraction in number at a",
	}, faults)

	faults = nil
	_, err = jsonform.Parse([]byte("["+strings.Repeat(`"\u0000",`, 200)+"1]"), o)
	require.NoError(t, err)
	require.Len(t, faults, 100)
}

func TestParseLimits(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		json string
		o    cgpdata.Options
		want error
	}{
		{"size", `"abc"`, cgpdata.Options{MaxBytes: 5}, nil},
		{"above the size", `"abcd"`, cgpdata.Options{MaxBytes: 5}, cgpdata.ErrSize},
		{"depth", `{"a":[{"#data":""}]}`, cgpdata.Options{MaxDepth: 2}, nil},
		{"above the depth", `{"a":[{}]}`, cgpdata.Options{MaxDepth: 2}, cgpdata.ErrDepth},
		{"depth beside each other", `[[],[],{},{}]`, cgpdata.Options{MaxDepth: 2}, nil},
		{"greatest depth", strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000), cgpdata.Options{MaxDepth: 1 << 30}, nil},
		{"above the greatest depth", strings.Repeat("[", 20_000_000), cgpdata.Options{MaxDepth: 1 << 30}, cgpdata.ErrDepth},
		{"above the usual depth", strings.Repeat(`{"a":`, 200), cgpdata.Options{MaxDepth: -1}, cgpdata.ErrDepth},
		{"items", `[1,{"#data":""},{"a":[]}]`, cgpdata.Options{MaxItems: 5}, nil},
		{"above the items", `[1,{"#data":""},{"a":[]},null]`, cgpdata.Options{MaxItems: 5}, cgpdata.ErrItems},
		{"above the usual items", "[" + strings.Repeat("1,", 1<<20) + "1]", cgpdata.Options{}, cgpdata.ErrItems},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := jsonform.Parse([]byte(tt.json), &tt.o)
			require.ErrorIs(t, err, tt.want)
		})
	}
}

func Example() {
	v, err := cgpdata.Parse([]byte(`{RealName="Fred <Big> Fish"; Created=#T22-10-2005; Ports=(#25,#587);}`), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	text, err := jsonform.Append(nil, v, "  ")
	fmt.Printf("%s %v\n", text, err)

	back, err := jsonform.Parse(text, nil)
	fmt.Println(back, err)

	_, err = jsonform.Parse([]byte(`{"Quota": 1.5}`), nil)
	fmt.Println(err)
	// Output:
	// {
	//   "RealName": "Fred <Big> Fish",
	//   "Created": {"#time": "2005-10-22"},
	//   "Ports": [
	//     25,
	//     587
	//   ]
	// } <nil>
	// {RealName="Fred <Big> Fish";Created=#T22-10-2005;Ports=(#25,#587);} <nil>
	// cgpdata: line 1, column 11: number that is not written as an integer at Quota
}
