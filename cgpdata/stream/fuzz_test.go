package stream_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/stream"
)

// A Decoder agrees with Parse, however the text is split and read.
func FuzzDecoder(f *testing.F) {
	addCorpus(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		sameAsParse(t, text, nil)
		sameAsParse(t, text, lenient)
		if lines := bytes.FieldsFunc(text, func(c rune) bool { return c == '\n' || c == '\r' }); len(lines) > 0 {
			line := bytes.TrimPrefix(lines[0], []byte("\xEF\xBB\xBF"))
			if len(bytes.Trim(line, " ")) > 0 {
				sameAsParse(t, line, &cgpdata.Options{SingleLine: true})
				sameAsParse(t, line, &cgpdata.Options{SingleLine: true, Allow: cgpdata.Lenient})
			}
		}
	})
}

// However a stream of lines is split, its values are the same.
func FuzzDecoderLines(f *testing.F) {
	addCorpus(f)
	f.Add([]byte("{a=b;}\r\n\r\n (c, d) \r#5\n\n\"e f\" \"g\"\nh"))
	f.Fuzz(func(t *testing.T, text []byte) {
		var want []cgpdata.Value
		var wantErr error
		for i, name := range []string{"whole", "one byte", "random"} {
			d := stream.NewDecoder(readers(text)[name], &cgpdata.Options{SingleLine: true, Allow: cgpdata.Lenient, MaxBytes: 64})
			var got []cgpdata.Value
			var err error
			for err == nil {
				var v cgpdata.Value
				if v, err = d.ReadValue(); err == nil {
					got = append(got, v)
				}
			}
			if i == 0 {
				want, wantErr = got, err
				continue
			}
			require.Equal(t, wantErr, err)
			require.True(t, cgpdata.Array(want...).Equal(cgpdata.Array(got...)))
		}
	})
}

// What an Encoder writes of the tokens of a Decoder is the same value.
func FuzzEncoder(f *testing.F) {
	addCorpus(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		want, err := cgpdata.Parse(text, lenient)
		if err != nil {
			return
		}
		for _, layout := range layouts {
			format := cgpdata.Format{Layout: layout, AllYears: true}
			sameAsAppend(t, want, format)
			var out bytes.Buffer
			d, e := stream.NewDecoder(bytes.NewReader(text), nil), stream.NewEncoder(&out, &format)
			var err error
			for err == nil {
				var token stream.Token
				if token, err = d.ReadToken(); err == nil {
					err = e.WriteToken(token)
				}
			}
			if err != io.EOF {
				continue // refused by strict reading, or by this layout
			}
			require.NoError(t, e.Close())
			got, err := cgpdata.Parse(out.Bytes(), nil)
			require.NoError(t, err)
			require.True(t, want.Equal(got))
		}
	})
}
