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

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/internal/corpus"
	"github.com/cgpkit/cgpkit/cgpdata/stream"
)

// writeTokens writes a value token by token; those that whole chooses are written whole.
func writeTokens(e *stream.Encoder, v cgpdata.Value, whole func() bool) error {
	var begin, end stream.TokenKind
	switch {
	case whole():
		return e.WriteValue(v)
	case v.Kind() == cgpdata.KindArray:
		begin, end = stream.BeginArray, stream.EndArray
	case v.Kind() == cgpdata.KindDictionary:
		begin, end = stream.BeginDictionary, stream.EndDictionary
	default:
		return e.WriteToken(stream.Token{Kind: stream.ValueToken, Value: v})
	}
	if err := e.WriteToken(stream.Token{Kind: begin}); err != nil {
		return err
	}
	if v.Kind() == cgpdata.KindArray {
		for elem := range v.Elements() {
			if err := writeTokens(e, elem, whole); err != nil {
				return err
			}
		}
	}
	for key, elem := range v.Pairs() {
		if err := e.WriteToken(stream.Token{Kind: stream.KeyToken, Key: key}); err != nil {
			return err
		}
		if err := writeTokens(e, elem, whole); err != nil {
			return err
		}
	}
	return e.WriteToken(stream.Token{Kind: end})
}

// sameAsAppend makes sure that an Encoder writes the bytes of Append, or refuses what that refuses.
func sameAsAppend(t *testing.T, v cgpdata.Value, f cgpdata.Format) {
	t.Helper()
	want, wantErr := cgpdata.Append(nil, v, &f)
	if f.Layout == cgpdata.SingleLine {
		want = append(want, '\n')
	}
	random := rand.New(rand.NewPCG(1, uint64(len(want))))
	for name, whole := range map[string]func() bool{
		"tokens": func() bool { return false },
		"value":  func() bool { return true },
		"mixed":  func() bool { return random.IntN(3) == 0 },
	} {
		var got bytes.Buffer
		e := stream.NewEncoder(&got, &f)
		err := writeTokens(e, v, whole)
		if wantErr != nil {
			require.Error(t, err)
			require.Equal(t, strings.TrimPrefix(wantErr.Error(), "cgpdata: append: "), strings.TrimPrefix(err.Error(), "cgpdata: encode: "), name)
			continue
		}
		require.NoError(t, err, name)
		require.NoError(t, e.Close())
		require.Equal(t, string(want), got.String(), "%v, %s", f.Layout, name)
	}
}

var layouts = []cgpdata.Layout{cgpdata.SingleLine, cgpdata.Settings, cgpdata.Indented}

func TestEncoderWritesAsAppend(t *testing.T) {
	t.Parallel()
	texts := []string{
		`(((a)))`, `((),{},(),a)`, `((),(a),b)`, `(a,b,((),{}),{})`, `(a,{},{b=();},c,({d=(e,(f));}))`, `{a={};b=(c,({},()));}`,
		`{}`, `{a={b={c=d;};};}`, `(a,b,c)`, `{""=a;}`, `{a=(b,"\000");}`, `{a=(b,{c=#12.5;});}`,
	}
	for _, c := range corpus.Cases(t, "../testdata") {
		if cgpdata.Valid(c.Text, lenient) == nil {
			texts = append(texts, string(c.Text))
		}
	}
	for _, text := range texts {
		for _, layout := range layouts {
			sameAsAppend(t, parse(t, text), cgpdata.Format{Layout: layout, AllYears: true})
		}
	}
	for _, file := range []string{"HTTPU.settings", "Main.settings", "Indented.settings"} {
		src, err := os.ReadFile("../testdata/" + file)
		require.NoError(t, err)
		for _, layout := range layouts {
			sameAsAppend(t, parse(t, string(src)), cgpdata.Format{Layout: layout})
		}
	}
	sameAsAppend(t, parse(t, "((a,((b))))"), cgpdata.Format{MaxDepth: 3})
	sameAsAppend(t, parse(t, "((a,((b))))"), cgpdata.Format{MaxDepth: 4})
}

// Every token is tried in every state: one that is refused changes nothing.
func TestEncoderRefusesTokens(t *testing.T) {
	t.Parallel()
	tokens := []stream.Token{
		{},
		{Kind: stream.ValueToken, Value: cgpdata.String("x y")},
		{Kind: stream.ValueToken, Value: cgpdata.String("\x00")},
		{Kind: stream.ValueToken, Value: cgpdata.Array(cgpdata.Array(cgpdata.Null()))},
		{Kind: stream.KeyToken},
		{Kind: stream.KeyToken, Key: "a"},
		{Kind: stream.KeyToken, Key: "b"},
		{Kind: stream.BeginArray},
		{Kind: stream.EndArray},
		{Kind: stream.BeginDictionary},
		{Kind: stream.EndDictionary},
		{Kind: 17},
	}
	random := rand.New(rand.NewPCG(3, 4))
	taken := 0
	for i := range 600 {
		layout := layouts[i%len(layouts)]
		var text bytes.Buffer
		e := stream.NewEncoder(&text, &cgpdata.Format{Layout: layout, MaxDepth: 4})
		for range 40 {
			token := tokens[random.IntN(len(tokens))]
			if err := e.WriteToken(token); err == nil {
				taken++
			} else {
				require.ErrorContains(t, err, "cgpdata: encode: ")
			}
		}
		for e.Close() != nil { // finish what is open
			if e.WriteToken(stream.Token{Kind: stream.EndArray}) != nil && e.WriteToken(stream.Token{Kind: stream.EndDictionary}) != nil {
				require.NoError(t, e.WriteValue(cgpdata.String("end")))
			}
		}
		require.Error(t, e.WriteValue(cgpdata.Null()), "closed")
		require.NoError(t, e.Close())
		d := stream.NewDecoder(&text, &cgpdata.Options{SingleLine: layout == cgpdata.SingleLine})
		for {
			_, err := d.ReadValue()
			if err == io.EOF {
				break
			}
			require.NoError(t, err)
		}
	}
	require.Greater(t, taken, 2000)
}

func TestEncoderErrors(t *testing.T) {
	t.Parallel()
	begin, key := stream.Token{Kind: stream.BeginDictionary}, func(k string) stream.Token { return stream.Token{Kind: stream.KeyToken, Key: k} }
	array, value := stream.Token{Kind: stream.BeginArray}, stream.Token{Kind: stream.ValueToken}
	end, endArray := stream.Token{Kind: stream.EndDictionary}, stream.Token{Kind: stream.EndArray}
	for _, row := range []struct {
		name   string
		layout cgpdata.Layout
		tokens []stream.Token
		want   string
	}{
		{"key outside", 0, []stream.Token{key("a")}, "want a value, not KeyToken"},
		{"end outside", 0, []stream.Token{end}, "want a value, not EndDictionary"},
		{"value without key", 0, []stream.Token{begin, value}, "want a key or EndDictionary, not ValueToken"},
		{"key without value", 0, []stream.Token{begin, key("a"), end}, "want a value, not EndDictionary at a"},
		{"two keys", 0, []stream.Token{begin, key("a"), key("b")}, "want a value, not KeyToken at a"},
		{"key in an array", 0, []stream.Token{array, value, key("b")}, "want a value or EndArray, not KeyToken at [1]"},
		{"wrong end", 0, []stream.Token{begin, key("a"), array, end}, "want a value or EndArray, not EndDictionary at a[0]"},
		{"repeated key", 0, []stream.Token{begin, key("a"), value, key("b"), value, key("a")}, "duplicate key at a"},
		{"empty key", 0, []stream.Token{array, begin, key("")}, `empty key at [0].""`},
		{"second value", cgpdata.Settings, []stream.Token{array, endArray, value}, "want nothing more, not ValueToken"},
		{"no token", 0, []stream.Token{{}}, "want a value, not NoToken"},
		{"a wrong Value", 0, []stream.Token{array, {Kind: stream.ValueToken, Value: cgpdata.Array(cgpdata.String("\x00"))}}, "NUL byte in string at [0][0]"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			e := stream.NewEncoder(io.Discard, &cgpdata.Format{Layout: row.layout})
			last := len(row.tokens) - 1
			for _, token := range row.tokens[:last] {
				require.NoError(t, e.WriteToken(token))
			}
			depth, path := e.StackDepth(), e.Path()
			require.EqualError(t, e.WriteToken(row.tokens[last]), "cgpdata: encode: "+row.want)
			require.Equal(t, depth, e.StackDepth())
			require.Equal(t, path, e.Path())
		})
	}

	e := stream.NewEncoder(io.Discard, &cgpdata.Format{Layout: cgpdata.Indented})
	require.EqualError(t, e.Close(), "cgpdata: encode: empty text")
	require.NoError(t, e.WriteToken(array))
	require.EqualError(t, e.Close(), "cgpdata: encode: array without its end at [0]")
	require.NoError(t, e.WriteToken(begin))
	require.EqualError(t, e.Close(), "cgpdata: encode: dictionary without its end at [0]")

	e = stream.NewEncoder(io.Discard, &cgpdata.Format{JoinCRLF: true})
	require.NoError(t, e.WriteToken(begin))
	require.NoError(t, e.WriteToken(key("a\r\nb")))
	require.NoError(t, e.WriteToken(value))
	require.NoError(t, e.WriteToken(key("a\nb")), "keys are not joined, so these are two")
	require.NoError(t, e.WriteToken(value))
	require.ErrorContains(t, e.WriteToken(key("a\r\nb")), "duplicate key")
}

type brokenWriter struct{ after int }

var errBroken = errors.New("disk full")

func (w *brokenWriter) Write(b []byte) (int, error) {
	if w.after -= len(b); w.after < 0 {
		return 0, errBroken
	}
	return len(b), nil
}

type shortWriter struct{}

func (shortWriter) Write(b []byte) (int, error) { return len(b) / 2, nil }

func TestEncoderWriterFails(t *testing.T) {
	t.Parallel()
	e := stream.NewEncoder(&brokenWriter{after: 100_000}, nil)
	require.NoError(t, e.WriteToken(stream.Token{Kind: stream.BeginArray}))
	var err error
	n := 0
	for ; err == nil && n < 1_000_000; n++ {
		err = e.WriteValue(cgpdata.String("0123456789"))
	}
	require.EqualError(t, err, "cgpdata: write: disk full")
	require.Less(t, n, 15_000, "what is written does not pile up")
	require.ErrorIs(t, e.WriteToken(stream.Token{Kind: stream.EndArray}), errBroken)
	require.ErrorIs(t, e.Close(), errBroken)
	require.ErrorIs(t, stream.NewEncoder(shortWriter{}, nil).WriteValue(cgpdata.Null()), io.ErrShortWrite)
}

func TestEncoderLongArray(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		n    int
		want string
	}{{4, "(0, 1, 2, 3)\n"}, {100_000, "(\n  0,\n  1,\n"}} {
		var text bytes.Buffer
		e := stream.NewEncoder(&text, &cgpdata.Format{Layout: cgpdata.Indented})
		require.NoError(t, e.WriteToken(stream.Token{Kind: stream.BeginArray}))
		for i := range row.n {
			require.NoError(t, e.WriteValue(cgpdata.String(fmt.Sprint(i))))
		}
		require.NoError(t, e.WriteToken(stream.Token{Kind: stream.EndArray}))
		require.NoError(t, e.Close())
		require.True(t, strings.HasPrefix(text.String(), row.want), text.String()[:min(text.Len(), 100)])
		require.Equal(t, row.n, parse(t, text.String()).Len())
	}
}

func TestEncoderUncheckedKeys(t *testing.T) {
	t.Parallel()
	var text bytes.Buffer
	e := stream.NewEncoder(&text, &cgpdata.Format{Allow: cgpdata.DuplicateKey})
	require.NoError(t, e.WriteToken(stream.Token{Kind: stream.BeginDictionary}))
	for _, key := range []string{"b", "a", "b"} {
		require.NoError(t, e.WriteToken(stream.Token{Kind: stream.KeyToken, Key: key}))
		require.Equal(t, key, e.Path())
		require.NoError(t, e.WriteValue(cgpdata.Null()))
	}
	require.NoError(t, e.WriteToken(stream.Token{Kind: stream.EndDictionary}))
	require.Equal(t, "{b=#NULL#;a=#NULL#;b=#NULL#;}\n", text.String())
}
