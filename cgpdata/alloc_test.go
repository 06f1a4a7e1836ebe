//go:build !race

package cgpdata_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/cgpdata"
)

// The race detector makes a sync.Pool forget at random, so allocations are counted
// without it.

// A map inside another is not made for all that is left of the text.
func TestMapsInMapsTakeNoMoreThanTheyHold(t *testing.T) {
	text := []byte("{")
	for i := range 3000 {
		text = fmt.Appendf(text, "k%05d={Password=secret;RealName=xxxxxxxxxxxxx;Limit=100M;};", i)
	}
	text = append(text, '}')
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var accounts map[string]map[string]string
	require.NoError(t, cgpdata.Unmarshal(text, &accounts))
	runtime.ReadMemStats(&after)
	require.Len(t, accounts, 3000)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(50*len(text)))
}

func TestValidDoesNotAllocate(t *testing.T) {
	var in strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&in, ` account%d = {RealName="J. \"D\" %d"; Limit=#%d; Created=#T22-10-2005_15:24:45; Host=#I[10.0.44.55]:25; Key=[HcqHfHI=]; Tags=(a,b,{});};`, i*7919%1000, i, i)
	}
	src := []byte("{" + in.String() + "}")
	allocs := testing.AllocsPerRun(20, func() {
		if err := cgpdata.Valid(src, nil); err != nil {
			t.Error(err)
		}
	})
	require.Zero(t, allocs)
}
