package jsonform_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/jsonform"
)

// The value of any text comes back from JSON, whatever the JSON is indented by.
func FuzzAppend(f *testing.F) {
	for _, row := range forms {
		f.Add([]byte(row.text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		v, err := cgpdata.Parse(text, lenient)
		if err != nil {
			return
		}
		_, strictErr := cgpdata.Parse(text, nil)
		for _, indent := range []string{"", " ", "\t"} {
			form, err := jsonform.Append(nil, v, indent)
			require.NoError(t, err)
			require.True(t, json.Valid(form))
			back, err := jsonform.Parse(form, lenient)
			require.NoError(t, err)
			require.True(t, v.Equal(back))
			require.Equal(t, v.String(), back.String())
			if strictErr == nil {
				_, err := jsonform.Parse(form, nil)
				require.NoError(t, err)
			}
		}
	})
}

// What Parse accepts is JSON, and its value comes back.
func FuzzParse(f *testing.F) {
	for _, row := range forms {
		f.Add([]byte(row.json))
	}
	for _, row := range written {
		f.Add([]byte(row.json))
	}
	for _, row := range refused {
		f.Add([]byte(row.json))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		v, err := jsonform.Parse(src, lenient)
		if err != nil {
			at, ok := err.(*cgpdata.SyntaxError)
			require.True(t, ok)
			require.LessOrEqual(t, at.Offset, int64(len(src)))
			require.Error(t, at.Err)
			return
		}
		require.True(t, json.Valid(bytes.TrimPrefix(src, []byte("\xEF\xBB\xBF"))))
		form, err := jsonform.Append(nil, v, "")
		require.NoError(t, err)
		back, err := jsonform.Parse(form, lenient)
		require.NoError(t, err)
		require.True(t, v.Equal(back))
		text, err := cgpdata.Append(nil, v, &cgpdata.Format{Layout: cgpdata.Settings, AllYears: true, Allow: cgpdata.Lenient})
		require.NoError(t, err)
		again, err := cgpdata.Parse(text, lenient)
		require.NoError(t, err)
		require.True(t, v.Equal(again))
	})
}
