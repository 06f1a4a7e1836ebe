package cgpdata_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/internal/corpus"
	"github.com/cgpkit/cgpkit/cgpdata/jsonform"
)

func TestCorpus(t *testing.T) {
	t.Parallel()
	cases := corpus.Cases(t, "testdata")
	require.GreaterOrEqual(t, len(cases), 400)
	var repaired cgpdata.Tolerance
	for _, c := range cases {
		if c.Lenient != nil && c.Lenient.Error == nil {
			repaired |= corpus.Faults(t, c.Lenient.Faults)
		}
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			require.NotEmpty(t, c.Rule)
			require.NotEmpty(t, c.Source)
			require.Equal(t, strings.HasPrefix(c.Name, "valid/"), c.Error == nil)
			check(t, &c, c.With(0), c.Result)
			if c.Lenient == nil {
				check(t, &c, c.With(cgpdata.Lenient), c.Result)
				return
			}
			check(t, &c, c.With(cgpdata.Lenient), c.Lenient.Result)
			if c.Lenient.Error == nil {
				checkRepair(t, &c)
			}
		})
	}
	require.Equal(t, cgpdata.Lenient, repaired, "every fault has a case")
}

// check makes sure that every way to read the text gives the result.
func check(t *testing.T, c *corpus.Case, o *cgpdata.Options, want corpus.Result) {
	t.Helper()
	v, err := cgpdata.Parse(c.Text, o)
	if want.Error != nil {
		got, ok := errors.AsType[*cgpdata.SyntaxError](err)
		require.True(t, ok, "no error but %v", v)
		require.Equal(t, *want.Error, corpus.Error{Offset: got.Offset, Line: got.Line, Column: got.Column, Text: got.Err.Error(), Path: got.Path})
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

	require.Equal(t, err, cgpdata.Valid(c.Text, o))
	var into any
	require.Equal(t, err, cgpdata.UnmarshalWith(c.Text, &into, &cgpdata.UnmarshalOptions{Options: *o}))
}

// checkRepair makes sure that lenient reading repairs the faults of the case, and none
// else, and tells of them, first of the one that strict reading refuses.
func checkRepair(t *testing.T, c *corpus.Case) {
	t.Helper()
	allow := corpus.Faults(t, c.Lenient.Faults)
	o := c.With(allow)
	var told []*cgpdata.SyntaxError
	o.Warn = func(fault *cgpdata.SyntaxError) { told = append(told, fault) }
	_, err := cgpdata.Parse(c.Text, o)
	require.NoError(t, err)
	require.Equal(t, error(told[0]), cgpdata.Valid(c.Text, c.With(0)))
	for _, name := range c.Lenient.Faults {
		o := c.With(cgpdata.Lenient &^ corpus.Faults(t, []string{name}))
		_, err := cgpdata.Parse(c.Text, o)
		require.ErrorContains(t, err, ": "+name)
		require.Equal(t, err, cgpdata.Valid(c.Text, o))
	}
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
