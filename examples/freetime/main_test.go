package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/freebusy"
)

// write makes files of people who are busy in these hours of two days, in UTC.
func write(t *testing.T, people ...[]int) (paths []string) {
	t.Helper()
	friday := time.Date(2009, time.March, 6, 0, 0, 0, 0, time.UTC)
	for i, hours := range people {
		s := freebusy.Schedule{Start: friday, End: friday.AddDate(0, 0, 4)}
		for _, hour := range hours {
			start := friday.Add(time.Duration(hour) * time.Hour)
			s.Periods = append(s.Periods, freebusy.Period{Start: start, End: start.Add(time.Hour)})
		}
		path := filepath.Join(t.TempDir(), string(rune('a'+i))+".vfb")
		require.NoError(t, os.WriteFile(path, freebusy.Append(nil, s), 0o600))
		paths = append(paths, path)
	}
	return paths
}

func TestPrintsFreeTime(t *testing.T) {
	t.Parallel()
	var stdout, stderr strings.Builder
	paths := write(t, []int{8, 9}, []int{9, 10, 12})
	require.Zero(t, run(append([]string{"-zone", "Europe/Berlin"}, paths...), &stdout, &stderr))
	require.Equal(t, "Fri 2009-03-06 12:00 - 13:00\nFri 2009-03-06 14:00 - 17:00\nMon 2009-03-09 09:00 - 17:00\n", stdout.String())
	require.Empty(t, stderr.String())

	stdout.Reset()
	require.Equal(t, 1, run(append([]string{"-length", "9h"}, paths...), &stdout, &stderr))
	require.Empty(t, stdout.String())
	require.Zero(t, run([]string{"-h"}, &stdout, &stderr))
}

// One bad period does not lose the others, and is told of.
func TestPartOfAFile(t *testing.T) {
	t.Parallel()
	path := write(t, []int{8, 9})[0]
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	text = []byte(strings.Replace(string(text), "END:VFREEBUSY", "FREEBUSY:20090306T120000Z/soon,20090306t140000z/pt2h\r\nEND:VFREEBUSY", 1))
	require.NoError(t, os.WriteFile(path, text, 0o600))
	var stdout, stderr strings.Builder
	require.Zero(t, run([]string{path}, &stdout, &stderr))
	require.Equal(t, "Fri 2009-03-06 10:00 - 14:00\nFri 2009-03-06 16:00 - 17:00\nMon 2009-03-09 09:00 - 17:00\n", stdout.String())
	require.Contains(t, stderr.String(), "they may be busy at other times as well: freebusy: line 10: time is not")
}

func TestFaults(t *testing.T) {
	t.Parallel()
	good := write(t, []int{8})[0]
	bad := filepath.Join(t.TempDir(), "bad.vfb")
	require.NoError(t, os.WriteFile(bad, []byte("text"), 0o600))
	for _, args := range [][]string{
		nil, {"-nonsense"}, {bad}, {good, filepath.Join(t.TempDir(), "missing")}, {"-length", "0s", good}, {"-zone", "Nowhere", good}, {"-from", "18h", good},
	} {
		var stdout, stderr strings.Builder
		require.Equal(t, 2, run(args, &stdout, &stderr), args)
		require.Empty(t, stdout.String())
		require.NotEmpty(t, stderr.String())
	}
}
