package httpsite_test

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/internal/fixture"
)

// TestLitmus runs the test suite for WebDAV servers: all of it passes, with no warnings
// more than Apache has.
func TestLitmus(t *testing.T) {
	t.Parallel()
	program := fixture.Program(t, "litmus")
	for store, open := range stores(t) {
		t.Run(store, func(t *testing.T) {
			t.Parallel()
			s := newServerOn(t, open)
			command := exec.CommandContext(t.Context(), program, "-k", s.URL+"/~john/", "john", "john-pw")
			command.Dir = t.TempDir() // for its log
			out, err := command.CombinedOutput()
			text := string(out)
			require.NoError(t, err, text)
			passed, warnings := 0, strings.Count(text, "WARNING:")
			for _, found := range regexp.MustCompile(`of (\d+) tests run: (\d+) passed`).FindAllStringSubmatch(text, -1) {
				require.Equal(t, found[1], found[2], text)
			}
			passed = strings.Count(text, "pass")
			require.GreaterOrEqual(t, passed, 104, text)
			require.LessOrEqual(t, warnings, 2, text)
		})
	}
}
