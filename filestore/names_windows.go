package filestore

import (
	"path/filepath"
	"strings"
)

// validOnHost refuses what Windows reads as something else: drive letters and
// alternate streams, device names, and names that lose their end.
func validOnHost(segment string) bool {
	return !strings.Contains(segment, ":") &&
		!strings.HasSuffix(segment, ".") && !strings.HasSuffix(segment, " ") &&
		filepath.IsLocal(segment)
}
