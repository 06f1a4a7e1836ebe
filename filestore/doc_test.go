package filestore_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The package documentation shows the rights that the suite tests by every way
// in.
func TestDocumentedRights(t *testing.T) {
	t.Parallel()
	matrix, err := os.ReadFile("testdata/rights.txt")
	require.NoError(t, err)
	var comment strings.Builder
	for line := range strings.Lines(string(matrix)) {
		if line = strings.TrimRight(line, "\n"); line == "" {
			comment.WriteString("//\n")
			continue
		}
		comment.WriteString("//\t" + line + "\n")
	}
	documentation, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	require.Contains(t, string(documentation), comment.String())
}
