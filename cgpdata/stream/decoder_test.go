package stream_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/internal/corpus"
	"github.com/cgpkit/cgpkit/cgpdata/stream"
)

// A splitReader returns pieces of random length, and now and then nothing.
type splitReader struct {
	rest   []byte
	random *rand.Rand
}

func (r *splitReader) Read(b []byte) (int, error) {
	n := copy(b, r.rest[:min(len(r.rest), r.random.IntN(9))])
	r.rest = r.rest[n:]
	if len(r.rest) == 0 {
		return n, io.EOF
	}
	return n, nil
}

// readers returns readers of the text that split it in many ways.
func readers(text []byte) map[string]io.Reader {
	return map[string]io.Reader{
		"whole":     bytes.NewReader(text),
		"data, EOF": iotest.DataErrReader(bytes.NewReader(text)),
		"one byte":  iotest.OneByteReader(bytes.NewReader(text)),
		"half":      iotest.HalfReader(bytes.NewReader(text)),
		"random":    &splitReader{text, rand.New(rand.NewPCG(uint64(len(text)), 7))},
	}
}

// readTokens reads a value token by token.
func readTokens(d *stream.Decoder) (cgpdata.Value, error) {
	return valueOfTokens(d.ReadToken)
}

// readNext reads a value token by token, and each by two calls.
func readNext(d *stream.Decoder) (cgpdata.Value, error) {
	n := 0
	return valueOfTokens(func() (stream.Token, error) {
		kind, err := d.Next()
		if err != nil {
			return stream.Token{}, err
		}
		text := ""
		if n++; n%2 == 0 {
			text = string(d.Text())
		}
		t := d.Token()
		if t.Kind != kind || n%2 == 0 && text != t.Key+textOf(t.Value) || string(d.Text()) != t.Key+textOf(t.Value) {
			return t, fmt.Errorf("Next returned %v and Text %q, but Token %+v", kind, text, t)
		}
		return t, nil
	})
}

// textOf returns the text of a String.
func textOf(v cgpdata.Value) string {
	if v.Kind() != cgpdata.KindString {
		return ""
	}
	return v.Text()
}

func valueOfTokens(read func() (stream.Token, error)) (cgpdata.Value, error) {
	t, err := read()
	if err != nil {
		return cgpdata.Value{}, err
	}
	return restOfTokens(read, t)
}

func restOfTokens(read func() (stream.Token, error), t stream.Token) (cgpdata.Value, error) {
	var elems []cgpdata.Value
	var pairs []cgpdata.Pair
	switch t.Kind {
	case stream.ValueToken:
		return t.Value, nil
	case stream.BeginArray, stream.BeginDictionary:
	default:
		return cgpdata.Value{}, fmt.Errorf("%v where a value is due", t.Kind)
	}
	for {
		next, err := read()
		if err != nil {
			return cgpdata.Value{}, err
		}
		switch next.Kind {
		case stream.EndArray:
			return cgpdata.Array(elems...), nil
		case stream.EndDictionary:
			return cgpdata.Dictionary(pairs...), nil
		case stream.KeyToken:
			v, err := valueOfTokens(read)
			if err != nil {
				return cgpdata.Value{}, err
			}
			pairs = append(pairs, cgpdata.Pair{Key: next.Key, Value: v})
		default:
			v, err := restOfTokens(read, next)
			if err != nil {
				return cgpdata.Value{}, err
			}
			elems = append(elems, v)
		}
	}
}

// readMixed reads arrays and dictionaries by token, but every second value in them whole.
func readMixed(d *stream.Decoder) (cgpdata.Value, error) {
	n := 0
	var read func() (cgpdata.Value, error)
	read = func() (cgpdata.Value, error) {
		if n++; n%2 == 0 {
			return d.ReadValue()
		}
		var elems []cgpdata.Value
		var pairs []cgpdata.Pair
		t, err := d.ReadToken()
		if err != nil || t.Kind == stream.ValueToken {
			return t.Value, err
		}
		for {
			switch d.PeekKind() {
			case stream.NoToken:
				_, err := d.ReadToken()
				return cgpdata.Value{}, err
			case stream.EndArray:
				_, err := d.ReadToken()
				return cgpdata.Array(elems...), err
			case stream.EndDictionary:
				_, err := d.ReadToken()
				return cgpdata.Dictionary(pairs...), err
			case stream.KeyToken:
				key, err := d.ReadToken()
				if err != nil {
					return cgpdata.Value{}, err
				}
				v, err := read()
				if err != nil {
					return cgpdata.Value{}, err
				}
				pairs = append(pairs, cgpdata.Pair{Key: key.Key, Value: v})
			default:
				v, err := read()
				if err != nil {
					return cgpdata.Value{}, err
				}
				elems = append(elems, v)
			}
		}
	}
	return read()
}

// ways are the ways to read a text that has one value.
var ways = map[string]func(*stream.Decoder) (cgpdata.Value, error){
	"value":  (*stream.Decoder).ReadValue,
	"tokens": readTokens,
	"next":   readNext,
	"mixed":  readMixed,
	"skip":   func(d *stream.Decoder) (cgpdata.Value, error) { return cgpdata.Value{}, d.SkipValue() },
}

// readText reads a text that has one value, in a way.
func readText(r io.Reader, o *cgpdata.Options, way func(*stream.Decoder) (cgpdata.Value, error)) (cgpdata.Value, error) {
	d := stream.NewDecoder(r, o)
	v, err := way(d)
	if err != nil {
		return cgpdata.Value{}, err
	}
	if _, err = d.ReadToken(); err != io.EOF {
		if err == nil {
			err = errors.New("more than one value")
		}
		return cgpdata.Value{}, err
	}
	return v, nil
}

// sameAsParse makes sure that a Decoder agrees with Parse about a text, however it is
// split and read. Of two faults in one dictionary the Decoder may tell of a repeated key,
// and Parse of the one behind it.
func sameAsParse(t *testing.T, text []byte, o *cgpdata.Options) {
	t.Helper()
	want, wantErr := cgpdata.Parse(text, o)
	for wayName, way := range ways {
		for name, r := range readers(text) {
			got, err := readText(r, o, way)
			if err != nil && wantErr != nil && strings.Contains(err.Error(), "duplicate key") && wayName != "value" {
				continue
			}
			require.Equal(t, wantErr == nil, err == nil, "%s, %s: %v, want %v", name, wayName, err, wantErr)
			if wantErr != nil {
				require.Equal(t, wantErr, err, "%s, %s", name, wayName)
			}
			if wayName != "skip" {
				require.True(t, want.Equal(got), "%s, %s: %v, want %v", name, wayName, got, want)
			}
		}
	}
}

func TestDecoderReadsAsParse(t *testing.T) {
	t.Parallel()
	for _, c := range corpus.Cases(t, "../testdata") {
		if !c.Streams() {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			sameAsParse(t, c.Text, c.With(0))
			sameAsParse(t, c.Text, c.With(cgpdata.Lenient))
			if c.Lenient != nil && c.Lenient.Error == nil {
				sameAsParse(t, c.Text, c.With(corpus.Faults(t, c.Lenient.Faults)))
			}
		})
	}
}

func TestDecoderTruncated(t *testing.T) {
	t.Parallel()
	whole := "\xEF\xBB\xBF{ // c\r\na=\"b\\\"c\" /**/ \"d\";\r\n e=(#T22-10-2005_15:24:45,[HcqH] [fHI=],\r<a b=\"c\">d</a>,#I[::1]:25,#(x));é={};\"\\u'e9'x\"=#12;}"
	for i := range len(whole) + 1 {
		sameAsParse(t, []byte(whole[:i]), nil)
		sameAsParse(t, []byte(whole[i:]), nil)
		sameAsParse(t, []byte(whole[i:]), lenient)
	}
}

func TestDecoderRealFiles(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"HTTPU.settings", "Main.settings", "Indented.settings"} {
		src, err := os.ReadFile("../testdata/" + file)
		require.NoError(t, err)
		sameAsParse(t, src, nil)
	}
}

func TestDecoderTokens(t *testing.T) {
	t.Parallel()
	text := "{ a = (b, #1) ;\n \"c\" /**/ = {} ; }\n"
	type step struct {
		token  string
		path   string
		depth  int
		peeked int64 // InputOffset after PeekKind
		after  int64 // and after ReadToken
	}
	want := []step{
		{"BeginDictionary", "", 1, 0, 1},
		{"KeyToken a", "a", 1, 2, 3},
		{"BeginArray", "a", 2, 6, 7},
		{"ValueToken b", "a[0]", 2, 7, 8},
		{"ValueToken #1", "a[1]", 2, 10, 12},
		{"EndArray", "a", 1, 12, 13},
		{"KeyToken c", "c", 1, 17, 26},
		{"BeginDictionary", "c", 2, 28, 29},
		{"EndDictionary", "c", 1, 29, 30},
		{"EndDictionary", "", 0, 33, 34},
	}
	for name, r := range readers([]byte(text)) {
		d := stream.NewDecoder(r, nil)
		var got []step
		for d.PeekKind() != stream.NoToken {
			kind, peeked := d.PeekKind(), d.InputOffset()
			token, err := d.ReadToken()
			require.NoError(t, err)
			require.Equal(t, kind, token.Kind)
			s := step{token.Kind.String(), d.Path(), d.StackDepth(), peeked, d.InputOffset()}
			switch token.Kind {
			case stream.KeyToken:
				s.token += " " + token.Key
			case stream.ValueToken:
				s.token += " " + token.Value.String()
			}
			got = append(got, s)
		}
		require.Equal(t, want, got, name)
		for range 2 {
			_, err := d.ReadToken()
			require.Equal(t, io.EOF, err)
			_, err = d.ReadValue()
			require.Equal(t, io.EOF, err)
			require.Equal(t, io.EOF, d.SkipValue())
		}
		require.Equal(t, int64(len(text)), d.InputOffset())
	}
	require.Equal(t, "TokenKind(17)", stream.TokenKind(17).String())
}

func TestDecoderWantsAValue(t *testing.T) {
	t.Parallel()
	d := stream.NewDecoder(strings.NewReader("{a=(b);}"), nil)
	refuses := func(kind string) {
		t.Helper()
		_, err := d.ReadValue()
		require.EqualError(t, err, "cgpdata: want a value, not "+kind)
		require.EqualError(t, d.SkipValue(), "cgpdata: want a value, not "+kind)
	}
	next := func() {
		t.Helper()
		_, err := d.ReadToken()
		require.NoError(t, err)
	}
	next()
	refuses("KeyToken")
	next()
	next()
	require.NoError(t, d.SkipValue())
	refuses("EndArray")
	next()
	refuses("EndDictionary")
	next()
	_, err := d.ReadToken()
	require.Equal(t, io.EOF, err)
}

func TestDecoderLines(t *testing.T) {
	t.Parallel()
	text := "\xEF\xBB\xBF \n{a=b;}\r\n\r\n (c, d) \r#5\n\n\"e f\" \"g\"\n[HQ==]\n<a/>\n#(x)\n#NULL#\r\nh"
	want := []string{"{a=b;}", "(c,d)", "#5", `"e fg"`, "[HQ==]", "<a/>", "#(x)", "#NULL#", "h"}
	for wayName, way := range ways {
		for name, r := range readers([]byte(text)) {
			d := stream.NewDecoder(r, &cgpdata.Options{SingleLine: true, MaxItems: 3})
			for _, w := range want {
				v, err := way(d)
				require.NoError(t, err)
				if wayName != "skip" {
					require.Equal(t, w, v.String(), "%s, %s", wayName, name)
				}
			}
			_, err := way(d)
			require.Equal(t, io.EOF, err)
		}
	}
	for _, row := range []struct{ name, in, want string }{
		{"two values on one line", "a\nb c\n", `line 2, column 3: want the end of the text, not "c"`},
		{"line end in a dictionary", "a\r\n{b=c;\n}", `line 2, column 6: want a key or '}', not "\n"`},
		{"line end behind a number in an array", "(#1\n)", `line 1, column 4: want the end of the value, not "\n" at [0]`},
		{"line end in a string", "\"a\n\"", "line 1, column 3: control byte or line end in string"},
		{"tab between the lines", "a\n\t\nb", `line 2, column 1: want a value, not "\t"`},
		{"missing braces", "a=b;", "line 1, column 1: missing braces around dictionary"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			for _, way := range ways {
				for _, r := range readers([]byte(row.in)) {
					d := stream.NewDecoder(r, &cgpdata.Options{SingleLine: true})
					var err error
					for err == nil {
						_, err = way(d)
					}
					require.EqualError(t, err, "cgpdata: "+row.want)
				}
			}
		})
	}
	d := stream.NewDecoder(strings.NewReader("a=b;c=d;\ne=f;"), &cgpdata.Options{SingleLine: true, Allow: cgpdata.Lenient})
	for _, w := range []string{"{a=b;c=d;}", "{e=f;}"} {
		v, err := d.ReadValue()
		require.NoError(t, err)
		require.Equal(t, w, v.String())
	}
}

// A value that is complete is returned before more of the stream is asked for.
func TestDecoderDoesNotWait(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		in string
		o  cgpdata.Options
	}{
		{in: "{a=b;}"},
		{in: "(a,(b))"},
		{in: "#(a)\n"},
		{in: "#1 "},
		{in: "a\n", o: cgpdata.Options{SingleLine: true}},
		{in: "#5\r", o: cgpdata.Options{SingleLine: true}},
		{in: "\"a b\"\n", o: cgpdata.Options{SingleLine: true}},
		{in: "<a/>\n", o: cgpdata.Options{SingleLine: true}},
	} {
		for wayName, way := range ways {
			wait := errors.New("would wait")
			for _, first := range []io.Reader{strings.NewReader(row.in), iotest.OneByteReader(strings.NewReader(row.in))} {
				d := stream.NewDecoder(io.MultiReader(first, iotest.ErrReader(wait)), &row.o)
				_, err := way(d)
				require.NoError(t, err, "%s, %s", row.in, wayName)
				_, err = d.ReadToken()
				require.ErrorIs(t, err, wait)
			}
		}
	}
}

func TestDecoderReaderFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("cable cut")
	text := "{a=\"b c\" \"d\"; // e\n f=(#12,[HQ==] [HQ==],<a>x</a>,#(y),#I[::1]:25); /* z */ }"
	for i := range len(text) {
		for wayName, way := range ways {
			r := io.MultiReader(strings.NewReader(text[:i]), iotest.ErrReader(broken))
			_, err := readText(r, nil, way)
			require.ErrorIs(t, err, broken, "%s, %s", text[:i], wayName)
			require.EqualError(t, err, "cgpdata: read: cable cut")
			_, isSyntax := errors.AsType[*cgpdata.SyntaxError](err)
			require.False(t, isSyntax)
		}
	}
	_, err := stream.NewDecoder(iotest.ErrReader(nil), nil).ReadValue()
	require.ErrorIs(t, err, io.ErrNoProgress)
}

func TestDecoderBuffered(t *testing.T) {
	t.Parallel()
	text := "{a=b;}rest of the stream"
	for name, r := range readers([]byte(text)) {
		d := stream.NewDecoder(r, nil)
		_, err := d.ReadValue()
		require.NoError(t, err)
		require.Equal(t, int64(6), d.InputOffset())
		rest, err := io.ReadAll(io.MultiReader(d.Buffered(), r))
		require.NoError(t, err)
		require.Equal(t, "rest of the stream", string(rest), name)
	}
}

func TestDecoderRepeatedKeys(t *testing.T) {
	t.Parallel()
	const n = 1000
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, "\n%c%d={x=y;};", 'a'+i%7, i)
	}
	for _, again := range []string{"a0", "b1", "d500", "d997"} {
		_, err := readText(strings.NewReader("{"+text.String()+"\n"+again+"=1; z=$"), nil, readTokens)
		require.EqualError(t, err, fmt.Sprintf("cgpdata: line %d, column 1: duplicate key", n+2), again)
	}

	var told []string
	o := &cgpdata.Options{Allow: cgpdata.Lenient, Warn: func(w *cgpdata.SyntaxError) { told = append(told, w.Error()) }}
	in := "{a={b=1;b=\"\\x\";c=(1,2,);};b=;a=3;}"
	d := stream.NewDecoder(iotest.OneByteReader(strings.NewReader(in)), o)
	v, err := readTokens(d)
	require.NoError(t, err)
	require.Equal(t, "{a=3;b=#NULL#;}", v.String())
	want := []string{
		"cgpdata: line 1, column 9: duplicate key at a",
		"cgpdata: line 1, column 12: unknown escape at a.b",
		"cgpdata: line 1, column 22: trailing comma at a.c[2]",
		"cgpdata: line 1, column 29: missing value at b",
		"cgpdata: line 1, column 30: duplicate key",
	}
	require.Equal(t, want, told)
	told = nil
	_, err = readMixed(stream.NewDecoder(iotest.OneByteReader(strings.NewReader(in)), o))
	require.NoError(t, err)
	require.ElementsMatch(t, want, told)

	// The path of a repeated key in a value that is read whole.
	d = stream.NewDecoder(strings.NewReader("(x,{a={b=1;b=2;};})"), nil)
	for range 2 {
		_, err = d.ReadToken()
		require.NoError(t, err)
	}
	_, err = d.ReadValue()
	require.EqualError(t, err, "cgpdata: line 1, column 12: duplicate key at [1].a")
}

// What has been read does not change when the window moves on, and what Next passes is not
// mistaken for something else.
func TestDecoderWindows(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	var want []string
	for i := range 40_000 {
		s := fmt.Sprintf("text %d", i)
		switch i % 3 {
		case 0:
			s = fmt.Sprintf("atom%d", i)
			fmt.Fprintf(&text, "%s,", s)
		case 1:
			fmt.Fprintf(&text, "%q,\n", s)
		default:
			fmt.Fprintf(&text, `"\116%s" "",`, s[1:]) // \116 is a t
		}
		want = append(want, s)
	}
	whole := "(" + strings.TrimSuffix(text.String(), ",") + ")"
	for passed := range 4 { // of each three tokens
		for name, r := range readers([]byte(whole)) {
			d := stream.NewDecoder(r, nil)
			_, err := d.ReadToken()
			require.NoError(t, err)
			var got []string
			for i := range want {
				if i%3 < passed {
					kind, err := d.Next()
					require.NoError(t, err)
					require.Equal(t, stream.ValueToken, kind)
					if passed < 3 || i%5 > 0 {
						got = append(got, string(d.Text()))
					} else {
						got = append(got, d.Token().Value.Text())
					}
					continue
				}
				token, err := d.ReadToken()
				require.NoError(t, err)
				got = append(got, token.Value.Text())
			}
			require.Equal(t, want, got, name)
		}
	}
}

// Token and Text have nothing to tell before and behind what has been read, and of brackets and
// other kinds of values.
func TestDecoderText(t *testing.T) {
	t.Parallel()
	d := stream.NewDecoder(strings.NewReader(`{a=(#5,[AAAA],b,"c\"");} `), nil)
	require.Equal(t, stream.Token{}, d.Token())
	require.Nil(t, d.Text())
	for _, row := range []struct{ token, text string }{
		{"BeginDictionary", ""}, {"KeyToken a", "a"}, {"BeginArray", ""}, {"ValueToken #5", ""}, {"ValueToken [AAAA]", ""},
		{"ValueToken b", "b"}, {`ValueToken "c\""`, `c"`}, {"EndArray", ""}, {"EndDictionary", ""},
	} {
		kind, err := d.Next()
		require.NoError(t, err)
		token := d.Token()
		require.Equal(t, kind, token.Kind)
		got := kind.String()
		switch kind {
		case stream.KeyToken:
			got += " " + token.Key
		case stream.ValueToken:
			got += " " + token.Value.String()
		}
		require.Equal(t, row.token, got)
		require.Equal(t, row.text, string(d.Text()))
	}
	_, err := d.Next()
	require.Equal(t, io.EOF, err)
	require.Equal(t, stream.Token{}, d.Token())
	require.Nil(t, d.Text())
}
