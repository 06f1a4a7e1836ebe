package httpsite

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// TrustedProxies are the networks of the proxies in front of a server. What they
// say about their clients is believed, and nobody else is. Its ClientAddr method
// is one for [Handler].ClientAddr:
//
//	proxies := httpsite.TrustedProxies{netip.MustParsePrefix("127.0.0.1/32")}
//	site := &httpsite.Handler{Views: views, ClientAddr: proxies.ClientAddr}
//
// The zero value trusts nobody. It is safe for concurrent use.
type TrustedProxies []netip.Prefix

// How much of the headers of proxies is read: so many of the nearest hops, and
// of Forwarded no line that is longer. Our choice.
const (
	maxHops          = 32
	maxForwardedLine = 4 << 10
)

// ClientAddr returns the address of the client that sent a request: the last one
// in X-Forwarded-For or Forwarded (RFC 7239) that is not that of a trusted
// proxy. Every proxy adds the address that it was called from at the end, so
// what stands before is the client's own word. If all of them are trusted, it is
// the first one.
//
// A proxy that does not name its caller ("unknown", "_hidden", or what is no
// address) is the last that is known, and so it is the result. A proxy passes on
// the header that it does not know itself as the client sent it: where both
// headers stand and do not agree, neither is believed, and the result is the
// address that the connection comes from.
//
// A Unix socket counts as 127.0.0.1, as it leads to this machine. Untrusted, it
// has no address: the zero Addr.
func (p TrustedProxies) ClientAddr(r *http.Request) netip.Addr {
	peer := peerAddr(r)
	nearest := peer
	if !nearest.IsValid() {
		nearest = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	if !p.trust(nearest) {
		return peer
	}
	xForwardedFor, forwarded := r.Header.Values("X-Forwarded-For"), r.Header.Values("Forwarded")
	if len(forwarded) == 0 {
		return p.client(nearest, xForwardedFor, listElements)
	}
	client := p.client(nearest, forwarded, forwardedNodes)
	if len(xForwardedFor) > 0 && client != p.client(nearest, xForwardedFor, listElements) {
		return nearest
	}
	return client
}

// client walks from the nearest proxy towards the client; nodes returns what a
// line says, the nearest first. Lines are read one by one, the last one first: a
// quoted string that a client leaves open swallows nothing of what a proxy has added
// in a line of its own.
func (p TrustedProxies) client(nearest netip.Addr, lines []string, nodes func(line string) ([]string, bool)) netip.Addr {
	hops := 0
	for i := len(lines) - 1; i >= 0; i-- {
		line, ok := nodes(lines[i])
		if !ok {
			return nearest
		}
		for _, node := range line {
			addr := nodeAddr(node)
			if hops++; !addr.IsValid() || hops > maxHops {
				return nearest
			}
			if nearest = addr; !p.trust(nearest) {
				return nearest
			}
		}
	}
	return nearest
}

func (p TrustedProxies) trust(addr netip.Addr) bool {
	addr = addr.WithZone("")
	for _, network := range p {
		if network.Contains(addr) || addr.Is4() && network.Addr().Is4In6() && network.Contains(netip.AddrFrom16(addr.As16())) {
			return true
		}
	}
	return false
}

// listElements returns the elements of a list (RFC 9110 §5.6.1) from its end, as
// many as are read. Empty ones are left out.
func listElements(line string) (nodes []string, ok bool) {
	for range maxHops + 1 {
		if line == "" {
			break
		}
		i := strings.LastIndexByte(line, ',')
		if node := strings.Trim(line[i+1:], " \t"); node != "" {
			nodes = append(nodes, node)
		}
		line = line[:max(i, 0)]
	}
	return nodes, true
}

// forwardedNodes returns what stands behind "for=" in each element of a line of
// Forwarded (RFC 7239 §4) from its end, "" where nothing does. ok is false if the
// line is not well-formed.
func forwardedNodes(line string) (nodes []string, ok bool) {
	if len(line) > maxForwardedLine {
		return nil, false
	}
	node, pairs, named := "", 0, false
	for rest := line; ; {
		rest = strings.TrimLeft(rest, " \t")
		if rest != "" && rest[0] != ',' && rest[0] != ';' {
			name, value, after, ok := forwardedPair(rest)
			if !ok {
				return nil, false
			}
			if strings.EqualFold(name, "for") {
				if named {
					return nil, false
				}
				node, named = value, true
			}
			pairs++
			rest = strings.TrimLeft(after, " \t")
		}
		if rest == "" || rest[0] == ',' {
			if pairs > 0 { // empty elements of a list do not count
				nodes = append(nodes, node)
			}
			node, pairs, named = "", 0, false
		}
		if rest == "" {
			slices.Reverse(nodes)
			return nodes, true
		}
		if rest[0] != ',' && rest[0] != ';' {
			return nil, false
		}
		rest = rest[1:]
	}
}

// forwardedPair reads one name=value; the value is a token or a quoted string.
// Tokens may hold ":" and brackets here, which some proxies do not quote.
func forwardedPair(s string) (name, value, rest string, ok bool) {
	name, rest, ok = strings.Cut(s, "=")
	if !ok || name == "" || strings.ContainsAny(name, " \t,;\"") {
		return "", "", "", false
	}
	if !strings.HasPrefix(rest, `"`) {
		end := strings.IndexAny(rest, ",; \t")
		if end < 0 {
			end = len(rest)
		}
		value = rest[:end]
		return name, value, rest[end:], value != "" && !strings.Contains(value, `"`)
	}
	value, rest, ok = cutQuoted(rest)
	return name, value, rest, ok
}

// nodeAddr reads an address with or without a port, in brackets or not; what
// hides one gives the zero Addr. A zone means something on its own machine only.
func nodeAddr(node string) netip.Addr {
	const longest = len("[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255%zone]:65535") + 64
	if len(node) > longest {
		return netip.Addr{}
	}
	if inside, ok := strings.CutPrefix(node, "["); ok {
		inside, port, ok := strings.Cut(inside, "]")
		if !ok || port != "" && port[0] != ':' {
			return netip.Addr{}
		}
		addr, _ := netip.ParseAddr(inside)
		if addr.Is4() {
			return netip.Addr{}
		}
		return addr.Unmap().WithZone("")
	}
	if host, _, ok := strings.Cut(node, ":"); ok && strings.Count(node, ":") == 1 {
		node = host // the port may be an obfuscated one, too
	}
	addr, _ := netip.ParseAddr(node)
	return addr.Unmap().WithZone("")
}

// peerAddr is the address at the other end of the connection, with or without a
// port in RemoteAddr. A Unix socket has none.
func peerAddr(r *http.Request) netip.Addr {
	if a, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		return a.Addr().Unmap()
	}
	return nodeAddr(r.RemoteAddr)
}
