package httpsite

import (
	"io/fs"
	"net/http"
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
	root      string // that of the top of the storage
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
		below, err := t.cutAccount(&rest, site)
		if err != nil {
			return target{}, err
		}
		if !below {
			t.name, t.root = filestore.Root, t.location // "/~john" without its slash
			return t, nil
		}
	}
	if rest == "/" {
		return target{}, fs.ErrInvalid // an empty segment: CleanName would take it for the root
	}
	t.root = t.location
	name, err := decodeName(rest, &t.location)
	if err != nil {
		return target{}, err
	}
	t.name, t.directory, err = filestore.CleanName(name)
	return t, err
}

// rawPath is the path of a URL as it came. [url.URL.EscapedPath] is that only if
// all that should be escaped is: otherwise it escapes the decoded path anew, in
// which an escaped slash has become a separator.
func rawPath(u *url.URL) string {
	if u.Opaque != "" {
		return u.Opaque // has no slash in front, and leads nowhere
	}
	if decoded, err := url.PathUnescape(u.RawPath); u.RawPath != "" && err == nil && decoded == u.Path {
		return u.RawPath
	}
	return u.EscapedPath()
}

// decodeName decodes the segments of an escaped name, and adds them to the
// location as we would escape them.
func decodeName(escaped string, location *string) (string, error) {
	if !strings.ContainsFunc(escaped, needsEscape) { // most names, and nothing to take apart
		*location = strings.TrimSuffix(*location+"/"+escaped, "/")
		return escaped, nil
	}
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

// needsEscape reports whether we would escape a character of a path, or whether it is an
// escape (RFC 3986 §2.3).
func needsEscape(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', strings.ContainsRune("/-._~", r):
		return false
	}
	return true
}

func decodeSegment(escaped string) (string, error) {
	s, err := url.PathUnescape(escaped)
	if err != nil || strings.Contains(s, "/") {
		return "", fs.ErrInvalid
	}
	return s, nil
}

// cutAccount takes the account name off the beginning of an escaped path, with
// what stands before it. below tells that there is a slash behind it.
func (t *target) cutAccount(path *string, site filestore.Site) (below bool, err error) {
	for _, form := range accountForms(site) {
		head, err := cutSegments(*path, 1+strings.Count(form, "/"))
		if err != nil {
			return false, err
		}
		name, ok := strings.CutPrefix(head.text, form)
		switch {
		case !ok:
			continue
		case name == "", form == "" && slices.Contains(realms, name):
			return false, fs.ErrNotExist
		}
		t.account, t.location, *path = filestore.QualifyAccount(name, site.Domain), head.location, head.rest
		return head.below, nil
	}
	return false, fs.ErrNotExist
}

// isOwn reports whether a request is about the storages, whatever comes of it.
func isOwn(r *http.Request, site filestore.Site) bool {
	if site.Account != "" || r.URL.Path == "*" {
		return true
	}
	rest, ok := strings.CutPrefix(rawPath(r.URL), "/")
	if !ok {
		return false
	}
	for _, form := range accountForms(site) {
		head := make([]string, 0, 2)
		for escaped := range strings.SplitSeq(rest, "/") {
			if len(head) > strings.Count(form, "/") {
				break
			}
			segment, err := url.PathUnescape(escaped)
			if err != nil {
				break
			}
			head = append(head, segment)
		}
		name, ok := strings.CutPrefix(strings.Join(head, "/"), form)
		if ok && name != "" && (form != "" || !slices.Contains(realms, name)) {
			return true
		}
	}
	return false
}

// accountForms returns what may stand before the name of an account.
func accountForms(site filestore.Site) []string {
	forms := []string{"~"}
	if site.Prefix != "" {
		forms = append(forms, site.Prefix)
	}
	if site.BareNames {
		forms = append(forms, "")
	}
	return forms
}

// segments are the first ones of a path.
type segments struct {
	text     string // decoded, with slashes between them
	location string // as we would escape them, each behind a slash
	rest     string // of the path
	below    bool   // there is a slash before rest
}

// cutSegments takes n segments off a path, or all that there are.
func cutSegments(path string, n int) (s segments, err error) {
	s.rest, s.below = path, true
	for i := 0; i < n && s.below; i++ {
		var escaped string
		escaped, s.rest, s.below = strings.Cut(s.rest, "/")
		segment, err := decodeSegment(escaped)
		if err == nil && segment != "" {
			err = filestore.CheckName(segment)
		}
		if err == nil && segment == filestore.Root {
			err = fs.ErrInvalid
		}
		if err != nil {
			return segments{}, err
		}
		if i > 0 {
			s.text += "/"
		}
		s.text += segment
		s.location += "/" + url.PathEscape(segment)
	}
	return s, nil
}
