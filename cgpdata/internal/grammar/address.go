package grammar

import (
	"net/netip"
	"strconv"
	"strings"
)

// AddressText returns what follows #I for a valid address: [addr] or [addr]:port.
func AddressText(a netip.AddrPort) string {
	text := "[" + a.Addr().WithZone("").String() + "]"
	if a.Port() != 0 {
		text += ":" + strconv.Itoa(int(a.Port()))
	}
	return text
}

// ParseAddress reads what follows #I. A zone, which names an interface of one
// machine, makes no address: our choice.
func ParseAddress(text string) (a netip.AddrPort, ok bool) {
	addr, port, _ := strings.Cut(strings.TrimPrefix(text, "["), "]")
	ip, err := netip.ParseAddr(addr)
	if err != nil || ip.Zone() != "" {
		return netip.AddrPort{}, false
	}
	if port == "" {
		return netip.AddrPortFrom(ip, 0), true
	}
	n, err := strconv.ParseUint(strings.TrimPrefix(port, ":"), 10, 16)
	return netip.AddrPortFrom(ip, uint16(n)), err == nil
}

// isIPv4 reports whether b is an IPv4 address as [netip.Addr.String] writes it. It
// spares the usual address the way through a string.
func isIPv4(b []byte) bool {
	numbers, digits, n := 0, 0, 0
	for i := 0; ; i++ {
		if i < len(b) && b[i] >= '0' && b[i] <= '9' {
			if digits > 0 && n == 0 {
				return false // a leading zero
			}
			digits++
			if n = n*10 + int(b[i]-'0'); n > 255 {
				return false
			}
			continue
		}
		if digits == 0 {
			return false
		}
		numbers++
		if i == len(b) {
			return numbers == 4
		}
		if b[i] != '.' || numbers == 4 {
			return false
		}
		digits, n = 0, 0
	}
}
