package meta_test

import (
	"encoding/xml"
	"io"
	"strings"
	"testing"

	"github.com/cgpkit/cgpkit/meta"
	"github.com/stretchr/testify/require"
)

// large is about as long and has about as many elements as a document may have.
var large = "<meta>" + strings.Repeat("\n  <a>"+strings.Repeat("x", 90)+"</a>", 9_000) + "\n</meta>\n"

func BenchmarkParse(b *testing.B) {
	for _, bb := range []struct{ name, src string }{
		{"ordinary", shared},
		{"one key", `<meta xmlns="http://client1.com/meta"><accessPwd><key>aab22kk</key></accessPwd></meta>`},
		{"large", large},
	} {
		b.Run(bb.name, func(b *testing.B) {
			src := []byte(bb.src)
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			for b.Loop() {
				_, err := meta.Parse(src)
				require.NoError(b, err)
			}
		})
	}
}

// BenchmarkTokens is what BenchmarkParse/ordinary cannot be faster than.
func BenchmarkTokens(b *testing.B) {
	b.SetBytes(int64(len(shared)))
	b.ReportAllocs()
	for b.Loop() {
		decoder := xml.NewDecoder(strings.NewReader(shared))
		for {
			if _, err := decoder.RawToken(); err == io.EOF {
				break
			}
		}
	}
}

func BenchmarkApply(b *testing.B) {
	for _, bb := range []struct{ name, src string }{
		{"ordinary", shared},
		{"large", large},
	} {
		b.Run(bb.name, func(b *testing.B) {
			doc, err := meta.Parse([]byte(bb.src))
			require.NoError(b, err)
			change := meta.AddKey(meta.Share{Key: meta.NewKey()})
			b.SetBytes(int64(len(bb.src)))
			b.ReportAllocs()
			for b.Loop() {
				_, err := doc.Apply(change)
				require.NoError(b, err)
			}
		})
	}
}

func BenchmarkAttributes(b *testing.B) {
	doc, err := meta.Parse([]byte(shared))
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		require.Len(b, doc.Attributes(), 3)
	}
}
