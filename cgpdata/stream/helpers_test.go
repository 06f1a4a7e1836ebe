package stream_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/internal/corpus"
)

var lenient = &cgpdata.Options{Allow: cgpdata.Lenient}

func parse(t *testing.T, text string) cgpdata.Value {
	t.Helper()
	v, err := cgpdata.Parse([]byte(text), lenient)
	require.NoError(t, err)
	return v
}

func addCorpus(f *testing.F) {
	f.Helper()
	for _, c := range corpus.Cases(f, "../testdata") {
		f.Add(c.Text)
	}
}
