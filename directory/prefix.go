package directory

import (
	"errors"
	"strings"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/filestore"
)

// parsePrefix reads WebSitePrefix: what stands before account names in URL paths
// in place of "~". A slash at its beginning is the one that every path begins
// with. One that no path can match is an error: account names would be reached by
// "~" only, and nobody would know why. "~" comes first, so a longer prefix that
// begins with it never has its turn.
func parsePrefix(v cgpdata.Value) (string, error) {
	s, err := text(v)
	if err != nil {
		return "", err
	}
	s = strings.TrimPrefix(s, "/")
	switch {
	case s == "" || s == "~":
		return s, nil
	case s[0] == '~':
		return "", errors.New("no path matches a prefix that begins with ~ and goes on")
	case filestore.CheckName(s+"x") != nil: // the names of accounts stand behind it
		return "", errors.New("no path matches a prefix that has an empty, . or .. segment, or what no name may have")
	}
	return s, nil
}
