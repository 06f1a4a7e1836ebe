// Package connlimit bounds how many clients a server has at a time, in all and for
// each address, so that nobody can keep the others out. It is for listeners of any
// protocol:
//
//	var places connlimit.Places
//	l, err := net.Listen("tcp", ":143")
//	l = places.Listener(l, 10_000, 100)
//
// An IPv4 address counts as one address, and so does an IPv6 network of 64 bits,
// since that is what one customer gets (RFC 4291 §2.5.4).
//
// When no place is free, a client that is not trusted gives its own to the one that
// comes. The network that has most of them gives one up (24 bits of IPv4, 48 of IPv6),
// and there the address that has most: one that is not busy, if there is one, and the
// oldest of these. So whoever takes all places loses them to those who come from
// elsewhere. A client that has logged in keeps its place: the server calls
// [Place.Trust] for it.
//
// The servers of the suite have such bounds of their own: httpsite.Server,
// ftpsite.Server, tftpsite.Server and clisite.Server. For an http.Server see the
// example. The bounds, and who gives way, are our choice; no standard names any.
package connlimit
