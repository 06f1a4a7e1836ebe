package edit_test

import (
	"testing"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/internal/corpus"
)

var lenient = &cgpdata.Options{Allow: cgpdata.Lenient}

func addCorpus(f *testing.F) {
	f.Helper()
	for _, c := range corpus.Cases(f, "../testdata") {
		f.Add(c.Text)
	}
}
