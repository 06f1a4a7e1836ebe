//go:build !race

package cgpdata_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/cgpdata"
)

// The race detector makes a sync.Pool forget at random, so allocations are counted
// without it.

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
