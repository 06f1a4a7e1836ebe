package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	february = "2\t28-Feb 10:00:00\tI\t\"Ann\" <ann@d5>\t1\t125\t7\t\n"
	march    = "2\t01-Mar 00:00:01\tO\t\"=cmd\" <=cmd@d4>\t2\t\t20\t486\n"
)

// write makes logs, and returns their paths.
func write(t *testing.T, logs ...[2]string) (paths []string) {
	t.Helper()
	dir := t.TempDir()
	for _, log := range logs {
		path := filepath.Join(dir, log[0])
		require.NoError(t, os.WriteFile(path, []byte(log[1]), 0o600))
		paths = append(paths, path)
	}
	return paths
}

func TestPrintsCSV(t *testing.T) {
	t.Parallel()
	var stdout, stderr strings.Builder
	status := run(write(t, [2]string{"calls-2009-Feb", february}, [2]string{"calls-2009-Mar", march}), &stdout, &stderr)
	require.Zero(t, status)
	require.Empty(t, stderr.String())
	require.Equal(t, `group,key,calls,failed,seconds,longest
total,,2,1,125,125
day,2009-02-28,1,0,125,125
day,2009-03-01,1,1,0,0
direction,incoming,1,0,125,125
direction,outgoing,1,1,0,0
peer,'=cmd@d4,1,1,0,0
peer,ann@d5,1,0,125,125
error,,1,0,125,125
error,486,1,1,0,0
program,,2,1,125,125
bad lines,,0,0,0,0
other formats,,0,0,0,0
`, stdout.String())
}

func TestTellsOfBadLinesAndGoesOn(t *testing.T) {
	t.Parallel()
	paths := write(t, [2]string{"calls-2009-Feb", "torn\n" + february}, [2]string{"calls-2009-Mar", march + "2\t01-M"})
	var stdout, stderr strings.Builder
	require.Equal(t, 1, run(append([]string{"-format", "json"}, paths...), &stdout, &stderr))
	require.Equal(t, paths[0]+":1: record does not start with a version number\n"+paths[1]+":2: record of 2 fields\n", stderr.String())
	var report struct {
		Total    struct{ Calls int }
		BadLines int
	}
	require.NoError(t, json.Unmarshal([]byte(stdout.String()), &report))
	require.Equal(t, 2, report.Total.Calls)
	require.Equal(t, 2, report.BadLines)
}

func TestTellsWhatIsWrong(t *testing.T) {
	t.Parallel()
	log := write(t, [2]string{"calls-2009-Feb", february}, [2]string{"notes.txt", "x"})
	for _, tt := range []struct {
		name   string
		args   []string
		status int
		want   string
	}{
		{"no log", nil, 2, "want logs"},
		{"unknown format", []string{"-format", "xml", log[0]}, 2, "csv or json"},
		{"unknown flag", []string{"-x", log[0]}, 2, "-x"},
		{"no name of a log", []string{log[0], log[1]}, 2, "want a name such as"},
		{"help", []string{"-h"}, 0, "-format"},
		{"missing", []string{filepath.Join(filepath.Dir(log[0]), "calls-2008-Jan")}, 1, "callstats: open"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr strings.Builder
			require.Equal(t, tt.status, run(tt.args, &stdout, &stderr))
			require.Contains(t, stderr.String(), tt.want)
			require.Empty(t, stdout.String())
		})
	}
	var stderr strings.Builder
	require.Equal(t, 1, run(log[:1], brokenWriter{}, &stderr))
	require.Equal(t, "callstats: disk is full\n", stderr.String())
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("disk is full") }
