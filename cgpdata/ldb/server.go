package ldb

import (
	"cmp"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// hostName is a host name or an IPv4 address. An underscore is no letter of a
// host name, but common in private networks.
var hostName = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?$`)

// parseServer reads a host, host:port or an ldap: or ldaps: URL. The URL that
// it returns has scheme and port. A URL may not tell more than these: a
// password in it could not be kept out of logs, and a DN would be overlooked.
// The errors do not repeat the text for the same reason.
func parseServer(server string) (*url.URL, error) {
	if server == "" {
		return nil, errors.New("there is none")
	}
	if addr, err := netip.ParseAddr(server); err == nil && addr.Is6() {
		server = "[" + server + "]"
	}
	if !strings.Contains(server, "://") {
		server = "ldap://" + server
	}
	u, err := url.Parse(server)
	if err != nil {
		return nil, errors.New("neither a host, nor host:port, nor a URL")
	}
	if u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.Path != "" && u.Path != "/" {
		return nil, errors.New("a URL that has more than scheme, host and port")
	}
	port := u.Port()
	switch u.Scheme {
	case "ldap":
		port = cmp.Or(port, "389")
	case "ldaps":
		port = cmp.Or(port, "636")
	default:
		return nil, errors.New("a URL with another scheme than ldap and ldaps")
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return nil, errors.New("port is not 1 to 65535")
	}
	host := u.Hostname()
	if addr, err := netip.ParseAddr(host); (err != nil || addr.Zone() != "") && !hostName.MatchString(host) {
		return nil, errors.New("no host name or IP address")
	}
	return &url.URL{Scheme: u.Scheme, Host: net.JoinHostPort(host, port)}, nil
}
