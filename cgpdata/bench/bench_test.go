package bench

import (
	"encoding/json"
	"testing"

	goccy "github.com/goccy/go-json"
	"howett.net/plist"

	"github.com/cgpkit/cgpkit/cgpdata"
)

// measure runs work, which reads or writes size bytes of text.
func measure(b *testing.B, name string, size int, work func() error) {
	b.Run(name, func(b *testing.B) {
		b.SetBytes(int64(size))
		b.ReportAllocs()
		for b.Loop() {
			if err := work(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	text := newTexts(b)
	measure(b, "cgpdata", len(text.cgp), func() error {
		_, err := cgpdata.Parse(text.cgp, nil)
		return err
	})
	measure(b, "goccy", len(text.json), func() error {
		var v any
		return goccy.Unmarshal(text.json, &v)
	})
	measure(b, "plist", len(text.openStep), func() error {
		var v any
		_, err := plist.Unmarshal(text.openStep, &v)
		return err
	})
}

func BenchmarkValid(b *testing.B) {
	text := newTexts(b)
	measure(b, "cgpdata", len(text.cgp), func() error { return cgpdata.Valid(text.cgp, nil) })
	measure(b, "json", len(text.json), func() error {
		if !json.Valid(text.json) {
			b.Fatal("not valid")
		}
		return nil
	})
}

func BenchmarkUnmarshal(b *testing.B) {
	text := newTexts(b)
	measure(b, "cgpdata", len(text.cgp), func() error {
		var tree map[string]account
		return cgpdata.Unmarshal(text.cgp, &tree)
	})
	measure(b, "goccy", len(text.json), func() error {
		var tree map[string]account
		return goccy.Unmarshal(text.json, &tree)
	})
}

func BenchmarkMarshal(b *testing.B) {
	text, tree := newTexts(b), accounts()
	measure(b, "cgpdata", len(text.cgp), func() error {
		_, err := cgpdata.Marshal(tree)
		return err
	})
	measure(b, "goccy", len(text.json), func() error {
		_, err := goccy.Marshal(tree)
		return err
	})
}
