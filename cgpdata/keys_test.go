package cgpdata_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/cgpdata"
)

// Dictionaries that follow each other share their keys only if they are the same.
func TestKeysOfNeighbours(t *testing.T) {
	t.Parallel()
	in := `({a=1;b=2;},{a=3;b=4;},{a=5;},{b=6;a=7;},{b=8;a=9;a=10;},{b=11;a=12;},{a=13;b=14;},{"\a"=15;b={a=16;b=17;};},{"\a"=18;b=19;})`
	v, err := cgpdata.Parse([]byte(in), lenient)
	require.NoError(t, err)
	require.Equal(t, `({a=1;b=2;},{a=3;b=4;},{a=5;},{b=6;a=7;},{b=8;a=10;},{b=11;a=12;},{a=13;b=14;},{"\\a"=15;b={a=16;b=17;};},{"\\a"=18;b=19;})`, v.String())
	for i := range v.Len() {
		require.True(t, v.Index(i).Equal(v.Index(i).Clone()))
		_, ok := v.Index(i).Get("b")
		require.Equal(t, i != 2, ok)
	}
}

// Each byte, at each place of the words in which strings are scanned.
func TestPlainBytes(t *testing.T) {
	t.Parallel()
	for c := range 256 {
		for at := range 18 {
			text := strings.Repeat("x", at) + string([]byte{byte(c)}) + strings.Repeat("~", 17-at)
			v, err := cgpdata.Parse([]byte(`"`+text+`"`), nil)
			require.Equal(t, err, cgpdata.Valid([]byte(`"`+text+`"`), nil))
			if c >= ' ' && c < 0x7F && c != '"' && c != '\\' {
				require.NoError(t, err)
				require.Equal(t, text, v.Text())
			} else {
				var wrong *cgpdata.SyntaxError
				require.ErrorAs(t, err, &wrong)
			}
		}
	}
}
