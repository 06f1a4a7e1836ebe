package stream_test

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/stream"
)

func TestDecoderLimits(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		in   string
		o    cgpdata.Options
	}{
		{name: "depth", in: "((()))", o: cgpdata.Options{MaxDepth: 3}},
		{name: "a level too many", in: "((()))", o: cgpdata.Options{MaxDepth: 2}},
		{name: "depth of dictionaries", in: "{a={b=c;};}", o: cgpdata.Options{MaxDepth: 1}},
		{name: "depth of XML", in: "<a><b><c/></b></a>", o: cgpdata.Options{MaxDepth: 2}},
		{name: "braces that are missing are a level", in: "a=(b);", o: cgpdata.Options{MaxDepth: 1, Allow: cgpdata.Lenient}},
		{name: "all items", in: "(a,{b=c;})", o: cgpdata.Options{MaxItems: 4}},
		{name: "an item too many", in: "(a,{b=c;})", o: cgpdata.Options{MaxItems: 3}},
		{name: "missing values are items", in: "{a=;b=;}", o: cgpdata.Options{MaxItems: 2, Allow: cgpdata.Lenient}},
		{name: "a million items and more", in: "(" + strings.Repeat("a,", 1<<20) + "a)"},
		{name: "10,001 levels", in: strings.Repeat("(", 10_001), o: cgpdata.Options{MaxDepth: 1 << 30}},
		{name: "a million opaque", in: "#" + strings.Repeat("(", 1_000_000)},
		{name: "a million XML elements", in: strings.Repeat("<a>", 1_000_000)},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			if len(row.in) < 1000 {
				sameAsParse(t, []byte(row.in), &row.o)
				return
			}
			_, want := cgpdata.Parse([]byte(row.in), &row.o)
			require.Error(t, want)
			for _, way := range ways {
				_, err := readText(strings.NewReader(row.in), &row.o, way)
				require.Equal(t, want, err)
			}
		})
	}
}

func TestDecoderMaxBytes(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, in string
		token    int64 // where reading by token ends for 4 bytes; -1 if it does not
		value    int64 // the same for reading by value
	}{
		{"fits", `(a,b)`, -1, 4},
		{"four", `(ab)`, -1, -1},
		{"white space does not count", "(" + strings.Repeat(" ", 100) + "abcd" + strings.Repeat("\n// x\n", 100) + ")", -1, 4},
		{"white space behind a string", `abcd  `, 4, 4},
		{"atom", `abcd`, -1, -1},
		{"long atom", `(abcde)`, 5, 4},
		{"string", `("ab")`, -1, 4},
		{"long string", `("abc")`, 5, 4},
		{"long string that does not end", `"abcdef`, 4, 4},
		{"long string with a fault behind", `"abc\9"`, 4, 4},
		{"strings that are one", `(a,"" /* much */ "")`, -1, 4},
		{"strings that are too long", `(a,"" /* much */ "x")`, 19, 4},
		{"datablock", `(a,[] [])`, -1, 4},
		{"long datablock", `(a,[AA]  [AA])`, 9, 4},
		{"number", `{a=#123;}`, -1, 4},
		{"long number", `{a=#1234;}`, 7, 4},
		{"key", `{abcd=b;}`, -1, 4},
		{"long key", `{abcde=b;}`, 5, 4},
		{"XML", `<a/>`, -1, -1},
		{"long XML", `<ab/>`, 4, 4},
		{"broken XML", `<a/></b`, 4, 4},
		{"object", `#(a)`, -1, -1},
		{"long object", `#(ab)`, 4, 4},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			for wayName, want := range map[string]int64{"tokens": row.token, "next": row.token, "value": row.value, "skip": row.token} {
				for name, r := range readers([]byte(row.in)) {
					_, err := readText(r, &cgpdata.Options{MaxBytes: 4}, ways[wayName])
					if want < 0 {
						require.NoError(t, err, "%s, %s", wayName, name)
						continue
					}
					require.ErrorIs(t, err, cgpdata.ErrSize, "%s, %s", wayName, name)
					at, ok := errors.AsType[*cgpdata.SyntaxError](err)
					require.True(t, ok)
					require.Equal(t, want, at.Offset, "%s, %s", wayName, name)
				}
			}
		})
	}
}

func TestDecoderKeyMemory(t *testing.T) {
	t.Parallel()
	o := &cgpdata.Options{MaxBytes: 1 << 16}
	var ascending, unordered strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&ascending, "k%06d=v;", i)
		fmt.Fprintf(&unordered, "k%06d=v;", i*7919%100_000)
	}
	_, err := readText(strings.NewReader("{"+ascending.String()+"}"), o, ways["skip"])
	require.NoError(t, err)
	_, err = readText(strings.NewReader("{"+ascending.String()+"k000001=v;}"), o, ways["skip"])
	require.ErrorIs(t, err, cgpdata.ErrSize)
	require.ErrorContains(t, err, "line 1, column 1000002: more keys without order than can be compared")
	_, err = readText(strings.NewReader("{"+ascending.String()+"k099999=v;}"), o, ways["skip"])
	require.ErrorContains(t, err, "duplicate key")
	_, err = readText(strings.NewReader("{"+unordered.String()+"}"), o, ways["skip"])
	require.ErrorIs(t, err, cgpdata.ErrSize)
	_, err = readText(strings.NewReader("{"+unordered.String()+"}"), &cgpdata.Options{MaxBytes: 1 << 16, Allow: cgpdata.Lenient}, ways["skip"])
	require.NoError(t, err)
	_, err = readText(strings.NewReader("{"+unordered.String()+"}"), nil, ways["skip"])
	require.NoError(t, err)
}

// endless repeats a text, between a head and a tail.
func endless(head, middle, tail string, times int) io.Reader {
	chunk := strings.Repeat(middle, 1+1<<16/len(middle))
	parts := []io.Reader{strings.NewReader(head)}
	for range times * len(middle) / len(chunk) {
		parts = append(parts, strings.NewReader(chunk))
	}
	return io.MultiReader(append(parts, strings.NewReader(tail))...)
}

func TestDecoderMemory(t *testing.T) {
	const size = 48 << 20
	element := `{Name="John \"Q\" Public"; Created=#T22-10-2005_15:24:45; Hosts=(#I[10.0.44.55],a,b); Photo=[` + strings.Repeat("HcqH", 1500) + "]; },\n"
	for _, row := range []struct {
		name               string
		head, middle, tail string
		read               func(*stream.Decoder) error
	}{
		{"array by token", "(", element, "a)", func(d *stream.Decoder) error {
			_, err := d.ReadToken()
			return err
		}},
		{"array skipped", "(", element, "a)", (*stream.Decoder).SkipValue},
		{"comment", "/*", " * no end ", "*/ a", (*stream.Decoder).SkipValue},
		{"white space", "(a", " \r\n", ")", (*stream.Decoder).SkipValue},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := stream.NewDecoder(endless(row.head, row.middle, row.tail, size/len(row.middle)), &cgpdata.Options{MaxItems: 1 << 30})
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			peak, next := uint64(0), int64(0)
			for {
				err := row.read(d)
				if err == io.EOF {
					break
				}
				require.NoError(t, err)
				if d.InputOffset() >= next {
					next += 50 << 20
					runtime.GC()
					runtime.ReadMemStats(&after)
					peak = max(peak, after.HeapAlloc)
				}
			}
			require.Greater(t, d.InputOffset(), int64(size*9/10))
			require.Less(t, peak, before.HeapAlloc+4<<20)
		})
	}
}
