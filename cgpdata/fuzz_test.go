package cgpdata_test

import (
	"bytes"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/internal/corpus"
)

func addCorpus(f *testing.F) {
	f.Helper()
	for _, c := range corpus.Cases(f, "testdata") {
		f.Add(c.Text)
	}
}

// Valid and Parse agree, and lenient reading accepts what strict reading does.
func FuzzParse(f *testing.F) {
	addCorpus(f)
	f.Fuzz(func(t *testing.T, src []byte) {
		for _, o := range []cgpdata.Options{{}, {SingleLine: true}} {
			strict, err := cgpdata.Parse(src, &o)
			require.Equal(t, err, cgpdata.Valid(src, &o))
			o.Allow = cgpdata.Lenient
			o.Warn = func(w *cgpdata.SyntaxError) { require.LessOrEqual(t, w.Offset, int64(len(src))) }
			lenient, lenientErr := cgpdata.Parse(src, &o)
			require.Equal(t, lenientErr, cgpdata.Valid(src, &o))
			if err == nil {
				require.NoError(t, lenientErr)
				require.True(t, strict.Equal(lenient))
				require.Equal(t, strict.String(), lenient.String())
			} else {
				require.NotEmpty(t, err.Error())
			}
		}
	})
}

// What Append writes, strict Parse reads back, with an equal value; and the same
// value has the same text each time, in every format.
func FuzzAppend(f *testing.F) {
	addCorpus(f)
	f.Fuzz(func(t *testing.T, src []byte) {
		_, strictErr := cgpdata.Parse(src, nil)
		v, err := cgpdata.Parse(src, lenient)
		if err != nil {
			return
		}
		require.True(t, v.Equal(v.Clone()))
		require.False(t, bytes.ContainsAny([]byte(v.String()), "\r\n"))
		for i := range 3 * 3 * 2 * 2 {
			format := cgpdata.Format{Layout: cgpdata.Layout(i % 3), Atoms: cgpdata.Atoms(i / 3 % 3), ASCII: i/9%2 == 1, SortKeys: i/18 == 1, AllYears: true, LF: cgpdata.Escape(i % 2)}
			text, err := cgpdata.Append(nil, v, &format)
			if strictErr == nil && (format.Layout != cgpdata.SingleLine || !bytes.ContainsAny(src, "\r\n")) {
				require.NoError(t, err)
			}
			if err != nil {
				continue
			}
			require.True(t, utf8.Valid(text))
			back, err := cgpdata.Parse(text, &cgpdata.Options{SingleLine: format.Layout == cgpdata.SingleLine})
			require.NoError(t, err)
			require.True(t, v.Equal(back))
			again, err := cgpdata.Append(nil, back, &format)
			require.NoError(t, err)
			require.Equal(t, string(text), string(again))
		}
	})
}

// Any string and any text of XML survives.
func FuzzString(f *testing.F) {
	for _, seed := range []string{"", "a", "-1", "a b", "\x00\xff\"\\\r\n\t", "é\xc3", "\ufeff", "<a/>", "<a>\r\n</a>"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v := cgpdata.Array(cgpdata.Dictionary(cgpdata.Pair{Key: s, Value: cgpdata.String(s)}), cgpdata.Data([]byte(s)))
		if xml, err := cgpdata.XML(s); err == nil {
			v = cgpdata.Array(v, xml)
		}
		for _, ascii := range []bool{false, true} {
			text, err := cgpdata.Append(nil, v, &cgpdata.Format{Layout: cgpdata.Settings, ASCII: ascii, Allow: cgpdata.EmptyKey | cgpdata.NULByte})
			require.NoError(t, err)
			back, err := cgpdata.Parse(text, &cgpdata.Options{Allow: cgpdata.EmptyKey | cgpdata.NULByte})
			require.NoError(t, err)
			require.True(t, v.Equal(back))
		}
	})
}

// Unmarshal accepts and refuses what Parse does, into what takes anything, and finds the same
// keys and values.
func FuzzUnmarshalAsParse(f *testing.F) {
	addCorpus(f)
	f.Fuzz(func(t *testing.T, src []byte) {
		for _, o := range []cgpdata.Options{{}, {SingleLine: true}, {Allow: cgpdata.Lenient}, {Allow: cgpdata.Lenient, MaxItems: 5}} {
			want, wantErr := cgpdata.Parse(src, &o)
			var anything any
			require.Equal(t, wantErr, cgpdata.UnmarshalWith(src, &anything, &cgpdata.UnmarshalOptions{Options: o}))
			if wantErr != nil || want.Kind() != cgpdata.KindDictionary {
				continue
			}
			var fields struct {
				A    any                      `cgp:"a"`
				Rest map[string]cgpdata.Value `cgp:",inline"`
			}
			require.NoError(t, cgpdata.UnmarshalWith(src, &fields, &cgpdata.UnmarshalOptions{Options: o}))
			values := map[string]cgpdata.Value{}
			require.NoError(t, cgpdata.UnmarshalWith(src, &values, &cgpdata.UnmarshalOptions{Options: o}))
			require.Len(t, values, want.Len())
			for key, v := range want.Pairs() {
				require.True(t, v.Equal(values[key]))
				require.Contains(t, anything, key)
				if key != "a" {
					require.True(t, v.Equal(fields.Rest[key]))
				}
			}
		}
	})
}
