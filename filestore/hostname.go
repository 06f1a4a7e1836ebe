package filestore

import (
	"io/fs"
	"net/netip"
	"strings"

	"golang.org/x/net/idna"
)

// Bounds of a host name (RFC 1035 §2.3.4).
const (
	maxHostBytes  = 253
	maxLabelBytes = 63
)

// CleanHost turns the name of a host as a client sent it, with or without a
// port (RFC 9112 §3.2), into the form that [Directory] takes: without port and
// final dot, in lower case, other letters than ASCII as A-labels (RFC 5891 §5).
// An IP address, or nothing at all, names no host and gives "".
//
// What is left must be labels of letters, digits, "-" and "_" with dots between
// them; anything else is fs.ErrInvalid. A clean host can be a file name, and
// never is "..".
func CleanHost(host string) (string, error) {
	name, ok := withoutPort(host)
	if !ok {
		return "", fs.ErrInvalid
	}
	if name == "" || isAddress(name) {
		return "", nil
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if strings.ContainsFunc(name, func(r rune) bool { return r >= 0x80 }) {
		var err error
		if name, err = idna.Lookup.ToASCII(name); err != nil {
			return "", fs.ErrInvalid
		}
	}
	if len(name) > maxHostBytes {
		return "", fs.ErrInvalid
	}
	for label := range strings.SplitSeq(name, ".") {
		if !validLabel(label) {
			return "", fs.ErrInvalid
		}
	}
	return name, nil
}

// withoutPort takes host[:port] apart (RFC 3986 §3.2.2, with bare IPv6
// addresses as well).
func withoutPort(host string) (name string, ok bool) {
	if inside, bracket := strings.CutPrefix(host, "["); bracket {
		address, port, closed := strings.Cut(inside, "]")
		return address, closed && isAddress(address) && validPort(port)
	}
	if strings.Count(host, ":") != 1 {
		return host, true
	}
	name, _, _ = strings.Cut(host, ":")
	return name, name != "" && validPort(host[len(name):])
}

// validPort accepts "" and a colon with digits, if any, behind it.
func validPort(s string) bool {
	digits, ok := strings.CutPrefix(s, ":")
	return s == "" || ok && strings.Trim(digits, "0123456789") == ""
}

// isAddress reports whether s is an IP address. The look at its form saves the
// error that ParseAddr would make for every name.
func isAddress(s string) bool {
	if s == "" {
		return false
	}
	if last := s[len(s)-1:]; !strings.Contains(s, ":") && strings.Trim(last, "0123456789") != "" {
		return false
	}
	_, err := netip.ParseAddr(s)
	return err == nil
}

func validLabel(label string) bool {
	if label == "" || len(label) > maxLabelBytes {
		return false
	}
	for i := range len(label) {
		switch c := label[i]; {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}
