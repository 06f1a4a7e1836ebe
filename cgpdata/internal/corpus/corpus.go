// Package corpus reads the test cases of the directory cgpdata/testdata.
package corpus

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/cgpdata"
)

// A Case is a case of testdata/valid or testdata/invalid; testdata/README.md tells
// what its parts mean.
type Case struct {
	Name string
	Text []byte

	Rule, Source string
	Differs      map[string]string
	Options      struct {
		SingleLine         bool
		MaxBytes           int64
		MaxDepth, MaxItems int
	}
	Result
	Lenient *struct {
		Result
		Faults []string
	}
}

// A Result is a value in JSON form, or an error.
type Result struct {
	Value json.RawMessage
	Error *Error
}

type Error struct {
	Offset       int64
	Line, Column int
	Text, Path   string
}

// Cases returns all cases of the directory testdata.
func Cases(t testing.TB, testdata string) []Case {
	t.Helper()
	var cases []Case
	for _, dir := range []string{"valid", "invalid"} {
		err := filepath.WalkDir(filepath.Join(testdata, dir), func(path string, entry fs.DirEntry, err error) error {
			name, isText := strings.CutSuffix(path, ".cgp")
			if err != nil || !isText {
				return err
			}
			c := Case{}
			c.Text, err = os.ReadFile(path)
			require.NoError(t, err)
			about, err := os.ReadFile(name + ".json")
			require.NoError(t, err)
			d := json.NewDecoder(bytes.NewReader(about))
			d.DisallowUnknownFields()
			require.NoError(t, d.Decode(&c), name)
			name, err = filepath.Rel(testdata, name)
			require.NoError(t, err)
			c.Name = filepath.ToSlash(name)
			cases = append(cases, c)
			return nil
		})
		require.NoError(t, err)
	}
	return cases
}

// With returns the options of the case, with these faults allowed.
func (c *Case) With(allow cgpdata.Tolerance) *cgpdata.Options {
	o := c.Options
	return &cgpdata.Options{SingleLine: o.SingleLine, MaxBytes: o.MaxBytes, MaxDepth: o.MaxDepth, MaxItems: o.MaxItems, Allow: allow}
}

// Streams reports whether a Decoder reads the text as Parse does: MaxBytes means
// something else to it, and it has many lines of single-line text.
func (c *Case) Streams() bool {
	o := c.Options
	return o.MaxBytes == 0 && (!o.SingleLine || !bytes.ContainsAny(c.Text, "\r\n"))
}

// Faults returns the set of faults with these names.
func Faults(t *testing.T, names []string) (set cgpdata.Tolerance) {
	t.Helper()
	require.NotEmpty(t, names)
	for _, name := range names {
		fault := cgpdata.Tolerance(1)
		for fault.String() != name {
			fault <<= 1
			require.NotZero(t, fault&cgpdata.Lenient, name)
		}
		set |= fault
	}
	return set
}
