//go:build !race

package calllog_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/calllog"
)

// The race detector allocates too, so allocations are counted without it.

func TestParseRecordDoesNotAllocate(t *testing.T) {
	allocs := testing.AllocsPerRun(100, func() {
		if _, err := calllog.ParseRecord(samples[0].line, march2009); err != nil {
			t.Error(err)
		}
	})
	require.Zero(t, allocs)
}

func TestReadAllocatesOnceForTenRecords(t *testing.T) {
	const lines = 10_000
	src := strings.Repeat(samples[0].line+"\n", lines)
	allocs := testing.AllocsPerRun(5, func() {
		for _, err := range calllog.Read(strings.NewReader(src), march2009) {
			if err != nil {
				t.Error(err)
			}
		}
	})
	require.Less(t, allocs, lines/10.)
}

// A line longer than a block has a string of its own.
func TestReadAllocatesOnceForALongRecord(t *testing.T) {
	const lines = 1000
	src := strings.Repeat(strings.Replace(samples[0].line, "a84b4c76", strings.Repeat("x", 2000), 1)+"\n", lines)
	allocs := testing.AllocsPerRun(5, func() {
		for _, err := range calllog.Read(strings.NewReader(src), march2009) {
			if err != nil {
				t.Error(err)
			}
		}
	})
	require.Less(t, allocs, lines+10.)
}
