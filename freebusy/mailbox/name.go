package mailbox

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// What the name of a mailbox may have. A file system takes no more than 255 bytes
// for one segment; the rest is our choice.
const (
	maxName    = 1024
	maxSegment = 255
	maxLevels  = 32
)

// diskPath returns the names of the directories that lead to a mailbox, and its
// own name on disk without the suffix of a form. A user chooses the name, so that
// it may be anything: one that is none gives fs.ErrInvalid.
func diskPath(name string) (folders []string, base string, err error) {
	if err := checkName(name); err != nil {
		return nil, "", fmt.Errorf("%w: %w", fs.ErrInvalid, err)
	}
	segments := strings.Split(name, "/")
	for i, segment := range segments {
		segments[i] = encodeName(segment)
		if len(segments[i])+len(folderSuffix) > maxSegment {
			return nil, "", fmt.Errorf("%w: a segment is too long", fs.ErrInvalid)
		}
		// What this system cannot have in a name, such as a colon on Windows.
		if _, err := filepath.Localize(segments[i]); err != nil {
			return nil, "", fmt.Errorf("%w: a segment cannot be a name of a file", fs.ErrInvalid)
		}
	}
	last := len(segments) - 1
	for i := range segments[:last] {
		segments[i] += folderSuffix
	}
	return segments[:last], segments[last], nil
}

func checkName(name string) error {
	switch {
	case len(name) > maxName:
		return fmt.Errorf("name is longer than %d bytes", maxName)
	case !utf8.ValidString(name):
		return errors.New("name is not UTF-8")
	case strings.ContainsFunc(name, unicode.IsControl):
		return errors.New("control character in a name")
	case strings.HasPrefix(name, "~"):
		return errors.New("name of a mailbox in another account")
	case strings.Count(name, "/") >= maxLevels:
		return fmt.Errorf("more than %d levels", maxLevels)
	}
	for segment := range strings.SplitSeq(name, "/") {
		if segment == "" || segment == "." || segment == ".." {
			return fmt.Errorf("segment %q", segment)
		}
	}
	return nil
}

// modifiedBase64 is the alphabet of RFC 3501 §5.1.3.
var modifiedBase64 = base64.NewEncoding("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,").WithPadding(base64.NoPadding)

// encodeName writes a name in modified UTF-7: printable ASCII stands for itself,
// "&" is "&-", and all else is UTF-16 in base64 between "&" and "-".
func encodeName(name string) string {
	var encoded strings.Builder
	var other []byte // UTF-16, big endian
	flush := func() {
		if len(other) > 0 {
			encoded.WriteString("&" + modifiedBase64.EncodeToString(other) + "-")
			other = other[:0]
		}
	}
	for _, r := range name {
		if r < ' ' || r > '~' {
			for _, unit := range utf16.AppendRune(nil, r) {
				other = append(other, byte(unit>>8), byte(unit))
			}
			continue
		}
		flush()
		encoded.WriteRune(r)
		if r == '&' {
			encoded.WriteByte('-')
		}
	}
	flush()
	return encoded.String()
}
