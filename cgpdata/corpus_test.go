package cgpdata_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/jsonform"
)

// A corpusCase is a case of testdata/valid or testdata/invalid; testdata/README.md tells
// what its parts mean.
type corpusCase struct {
	name string
	text []byte

	Rule, Source string
	Differs      map[string]string
	Options      struct {
		SingleLine         bool
		MaxBytes           int64
		MaxDepth, MaxItems int
	}
	corpusResult
	Lenient *struct {
		corpusResult
		Faults []string
	}
}

// A corpusResult is a value in JSON form, or an error.
type corpusResult struct {
	Value json.RawMessage
	Error *corpusError
}

type corpusError struct {
	Offset       int64
	Line, Column int
	Text, Path   string
}

// corpus returns all cases.
func corpus(t testing.TB) []corpusCase {
	t.Helper()
	var cases []corpusCase
	for _, dir := range []string{"testdata/valid", "testdata/invalid"} {
		err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			name, isText := strings.CutSuffix(path, ".cgp")
			if err != nil || !isText {
				return err
			}
			c := corpusCase{name: filepath.ToSlash(name)}
			c.text, err = os.ReadFile(path)
			require.NoError(t, err)
			about, err := os.ReadFile(name + ".json")
			require.NoError(t, err)
			d := json.NewDecoder(bytes.NewReader(about))
			d.DisallowUnknownFields()
			require.NoError(t, d.Decode(&c), name)
			cases = append(cases, c)
			return nil
		})
		require.NoError(t, err)
	}
	return cases
}

// options returns the options of the case, with these faults allowed.
func (c *corpusCase) options(allow cgpdata.Tolerance) *cgpdata.Options {
	o := c.Options
	return &cgpdata.Options{SingleLine: o.SingleLine, MaxBytes: o.MaxBytes, MaxDepth: o.MaxDepth, MaxItems: o.MaxItems, Allow: allow}
}

// streams reports whether a Decoder reads the text as Parse does: MaxBytes means
// something else to it, and it has many lines of single-line text.
func (c *corpusCase) streams() bool {
	o := c.Options
	return o.MaxBytes == 0 && (!o.SingleLine || !bytes.ContainsAny(c.text, "\r\n"))
}

func TestCorpus(t *testing.T) {
	t.Parallel()
	cases := corpus(t)
	require.GreaterOrEqual(t, len(cases), 400)
	var repaired cgpdata.Tolerance
	for _, c := range cases {
		if c.Lenient != nil && c.Lenient.Error == nil {
			repaired |= faults(t, c.Lenient.Faults)
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.NotEmpty(t, c.Rule)
			require.NotEmpty(t, c.Source)
			require.Equal(t, strings.HasPrefix(c.name, "testdata/valid/"), c.Error == nil)
			c.check(t, c.options(0), c.corpusResult)
			if c.Lenient == nil {
				c.check(t, c.options(cgpdata.Lenient), c.corpusResult)
				return
			}
			c.check(t, c.options(cgpdata.Lenient), c.Lenient.corpusResult)
			if c.Lenient.Error == nil {
				c.checkRepair(t)
			}
		})
	}
	require.Equal(t, cgpdata.Lenient, repaired, "every fault has a case")
}

// check makes sure that every way to read the text gives the result.
func (c *corpusCase) check(t *testing.T, o *cgpdata.Options, want corpusResult) {
	t.Helper()
	v, err := cgpdata.Parse(c.text, o)
	if want.Error != nil {
		got, ok := errors.AsType[*cgpdata.SyntaxError](err)
		require.True(t, ok, "no error but %v", v)
		require.Equal(t, *want.Error, corpusError{got.Offset, got.Line, got.Column, got.Err.Error(), got.Path})
		require.Equal(t, cgpdata.Value{}, v)
	} else {
		require.NoError(t, err)
		got, err := jsonform.Append(nil, v, "")
		require.NoError(t, err)
		require.Equal(t, jsonTokens(t, want.Value), jsonTokens(t, got))
		fromJSON, err := jsonform.Parse(want.Value, &cgpdata.Options{Allow: o.Allow})
		require.NoError(t, err)
		require.True(t, v.Equal(fromJSON), fromJSON)
		for _, layout := range layouts[1:] { // a single line cannot hold all
			text, err := cgpdata.Append(nil, v, &cgpdata.Format{Layout: layout, AllYears: true, Allow: o.Allow})
			require.NoError(t, err)
			back, err := cgpdata.Parse(text, &cgpdata.Options{Allow: o.Allow})
			require.NoError(t, err)
			require.True(t, v.Equal(back), back)
		}
	}

	require.Equal(t, err, cgpdata.Valid(c.text, o))
	var into any
	require.Equal(t, err, cgpdata.UnmarshalWith(c.text, &into, &cgpdata.UnmarshalOptions{Options: *o}))
	d, documentErr := cgpdata.ParseDocument(c.text, o)
	require.Equal(t, err, documentErr)
	if err == nil {
		require.Equal(t, string(c.text), string(d.Bytes()))
		require.True(t, v.Equal(d.Value()))
	}
	if !c.streams() {
		return
	}
	for name, way := range ways {
		got, streamErr := readText(bytes.NewReader(c.text), o, way)
		require.Equal(t, err, streamErr, name)
		require.True(t, name == "skip" || v.Equal(got), name)
	}
}

// checkRepair makes sure that lenient reading repairs the faults of the case, and none
// else, and tells of them, first of the one that strict reading refuses.
func (c *corpusCase) checkRepair(t *testing.T) {
	t.Helper()
	allow := faults(t, c.Lenient.Faults)
	o := c.options(allow)
	var told []*cgpdata.SyntaxError
	o.Warn = func(fault *cgpdata.SyntaxError) { told = append(told, fault) }
	_, err := cgpdata.Parse(c.text, o)
	require.NoError(t, err)
	require.Equal(t, error(told[0]), cgpdata.Valid(c.text, c.options(0)))
	for _, name := range c.Lenient.Faults {
		o := c.options(cgpdata.Lenient &^ faults(t, []string{name}))
		_, err := cgpdata.Parse(c.text, o)
		require.ErrorContains(t, err, ": "+name)
		require.Equal(t, err, cgpdata.Valid(c.text, o))
	}
}

// faults returns the set of faults with these names.
func faults(t *testing.T, names []string) (set cgpdata.Tolerance) {
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

// jsonTokens returns what matters in a JSON text, with the order of keys and all digits
// of numbers, and without white space and the spelling of strings.
func jsonTokens(t *testing.T, text []byte) (tokens []json.Token) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	for {
		token, err := d.Token()
		if err == io.EOF {
			return tokens
		}
		require.NoError(t, err)
		tokens = append(tokens, token)
	}
}
