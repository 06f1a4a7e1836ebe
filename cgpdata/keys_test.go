package cgpdata_test

import (
	"maps"
	"math/rand/v2"
	"slices"
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

// The keys of a map come in byte order, few or many, whatever they have in common.
func TestMarshalOrdersKeys(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{1, 16, 17, 255, 256, 257, 3000} {
		for _, prefix := range []string{"", "user", "a prefix longer than a word "} {
			m, typed := map[string]any{}, map[string]struct{}{}
			for range n {
				key := make([]byte, 1+random.IntN(12))
				for i := range key {
					key[i] = "ab\x01\x7e0"[random.IntN(5)]
				}
				m[prefix+string(key)], typed[prefix+string(key)] = "", struct{}{}
			}
			for _, v := range []any{m, typed} {
				text, err := cgpdata.Marshal(v)
				require.NoError(t, err)
				back, err := cgpdata.Parse(text, nil)
				require.NoError(t, err)
				var keys []string
				for key := range back.Pairs() {
					keys = append(keys, key)
				}
				require.Equal(t, slices.Sorted(maps.Keys(m)), keys)
			}
		}
	}
}
