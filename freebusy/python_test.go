package freebusy

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/internal/fixture"
)

// python runs a script of testdata with the modules that .ci/run installs, and
// returns what it prints.
func python(t testing.TB, script, input string, args ...string) string {
	t.Helper()
	// Debian's modules belong to Debian's Python, which need not be first in PATH.
	program := fixture.Program(t, "/usr/bin/python3")
	if out, err := exec.CommandContext(t.Context(), program, "-c", "import gi, icalendar, recurring_ical_events; gi.require_version('ICalGLib', '3.0')").CombinedOutput(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("Python lacks modules; .ci/run installs them: %s", out)
		}
		t.Skipf("Python lacks modules: %s", out)
	}
	command := exec.CommandContext(t.Context(), program, append([]string{filepath.Join("testdata", script)}, args...)...)
	command.Stdin = strings.NewReader(input)
	command.Stderr = os.Stderr
	out, err := command.Output()
	require.NoError(t, err)
	return string(out)
}
