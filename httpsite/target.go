package httpsite

import (
	"io/fs"
	"net/url"
	"slices"
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
)

// target is what a URL path names.
type target struct {
	account   string // address of the account
	name      string // clean name in its storage
	directory bool   // the path ends in a slash
	location  string // the path again, escaped by us, without a final slash
}

// realms are first segments that never are account names: they belong to
// other parts of a CommuniGate Pro server (Guide, Access).
var realms = []string{"Session", "SkinFiles", "sys", "cgi-bin", "cli", "Settings", "MainAdmin", "UserDAV"}

// parsePath takes an escaped URL path apart. The path is split first and each
// segment decoded once, so that an escaped slash is no separator; a segment
// that holds one is refused. Nothing is folded: "." and ".." and empty
// segments are fs.ErrInvalid. A path that cannot lead to an account is
// fs.ErrNotExist.
func parsePath(escaped string, site filestore.Site) (target, error) {
	rest, ok := strings.CutPrefix(escaped, "/")
	if !ok && escaped != "" {
		return target{}, fs.ErrInvalid
	}
	var t target
	if site.Account != "" {
		t.account = site.Account
	} else {
		var first string
		var below bool
		first, rest, below = strings.Cut(rest, "/")
		segment, err := decodeSegment(first)
		if err == nil && segment != "" {
			err = filestore.CheckName(segment)
		}
		if err != nil {
			return target{}, err
		}
		if t.account, ok = accountOf(segment, site); !ok {
			return target{}, fs.ErrNotExist
		}
		t.location = "/" + url.PathEscape(segment)
		if !below {
			t.name = filestore.Root // "/~john" without its slash
			return t, nil
		}
	}
	name, err := decodeName(rest, &t.location)
	if err != nil {
		return target{}, err
	}
	t.name, t.directory, err = filestore.CleanName(name)
	return t, err
}

// decodeName decodes the segments of an escaped name, and adds them to the
// location as we would escape them.
func decodeName(escaped string, location *string) (string, error) {
	var name, escapedName strings.Builder
	for segment := range strings.SplitSeq(escaped, "/") {
		decoded, err := decodeSegment(segment)
		if err != nil {
			return "", err
		}
		if name.Len() > 0 || escapedName.Len() > 0 {
			name.WriteByte('/')
		}
		escapedName.WriteByte('/')
		name.WriteString(decoded)
		escapedName.WriteString(url.PathEscape(decoded))
	}
	*location = strings.TrimSuffix(*location+escapedName.String(), "/")
	return name.String(), nil
}

func decodeSegment(escaped string) (string, error) {
	s, err := url.PathUnescape(escaped)
	if err != nil || strings.Contains(s, "/") {
		return "", fs.ErrInvalid
	}
	return s, nil
}

// accountOf reads the first segment of a path as an account name, and returns
// its address.
func accountOf(segment string, site filestore.Site) (address string, ok bool) {
	name, ok := strings.CutPrefix(segment, "~")
	if !ok && site.Prefix != "" {
		name, ok = strings.CutPrefix(segment, site.Prefix)
	}
	if !ok {
		if !site.BareNames || slices.Contains(realms, segment) {
			return "", false
		}
		name = segment
	}
	if name == "" {
		return "", false
	}
	if !strings.Contains(name, "@") {
		name += "@" + site.Domain
	}
	return name, true
}
