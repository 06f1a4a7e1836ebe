package tftpsite

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Operation codes (RFC 1350 §5, RFC 2347).
const (
	opRead    = 1
	opWrite   = 2
	opData    = 3
	opAck     = 4
	opError   = 5
	opOptions = 6
)

// Block sizes (RFC 2348). The library does not go below 512.
const (
	plainBlock = 512
	maxBlock   = 65464
)

// maxRequest is the longest request that is read, in bytes. RFC 2347 has 512,
// which is short for names in UTF-8.
const maxRequest = 2048

// request is one request of a client.
type request struct {
	from  netip.AddrPort // the client
	asked netip.Addr     // our address; invalid: not known

	refused error // why a well-formed request cannot be served

	write     bool
	name      string
	netascii  bool
	blockSize int   // 0: not asked for
	size      int64 // tsize; -1: none
}

var (
	errMalformed = errors.New("malformed request")
	errMode      = errors.New("unknown transfer mode")
)

// parseRequest takes a packet apart. Modes and option names are compared in
// any letter case (RFC 1350 §5, RFC 2347). An option that is not known or has
// no proper value is passed over. Whatever is not a request gives
// errMalformed, which deserves no answer.
func parseRequest(packet []byte) (request, error) {
	op := opcode(packet)
	if op != opRead && op != opWrite || len(packet) > maxRequest {
		return request{}, errMalformed
	}
	text, ok := bytes.CutSuffix(packet[2:], []byte{0})
	fields := strings.Split(string(text), "\x00")
	if !ok || len(fields)%2 != 0 {
		return request{}, errMalformed
	}
	r := request{write: op == opWrite, name: fields[0], size: -1}
	switch strings.ToLower(fields[1]) {
	case "octet":
	case "netascii":
		r.netascii = true
	default:
		return r, errMode
	}
	for i := 2; i < len(fields); i += 2 {
		value, err := strconv.ParseUint(fields[i+1], 10, 63)
		if err != nil {
			continue
		}
		switch strings.ToLower(fields[i]) {
		case "blksize":
			r.blockSize = int(min(value, maxBlock))
		case "tsize":
			r.size = int64(value)
		}
	}
	return r, nil
}

// block returns the length of the data in a full packet, which is at most
// limit, and whether it has to be negotiated.
func (r request) block(limit int) (size int, negotiated bool) {
	if r.blockSize < plainBlock {
		return plainBlock, false
	}
	return min(r.blockSize, limit), true
}

// packet returns the request as the engine is to see it: without the name,
// always in mode octet, and with the options that it honours.
func (r request) packet(limit int) []byte {
	op := byte(opRead)
	if r.write {
		op = opWrite
	}
	p := append([]byte{0, op}, "file\x00octet\x00"...)
	if size, negotiated := r.block(limit); negotiated {
		p = append(p, "blksize\x00"...)
		p = strconv.AppendInt(p, int64(size), 10)
		p = append(p, 0)
	}
	if !r.write { // see exchange.proves
		p = append(p, "tsize\x000\x00"...)
	}
	return p
}

// options returns the packet that acknowledges the options of a read request for
// a file of this size; nil if there are none.
func (r request) options(limit int, size int64) []byte {
	p := []byte{0, opOptions}
	if size, negotiated := r.block(limit); negotiated {
		p = fmt.Appendf(p, "blksize\x00%d\x00", size)
	}
	// The length of a text in netascii is not known beforehand, and curl 7.88
	// takes a size of 0 for an error.
	if r.size >= 0 && !r.netascii && size > 0 {
		p = fmt.Appendf(p, "tsize\x00%d\x00", size)
	}
	if len(p) == 2 {
		return nil
	}
	return p
}

// opcode returns the operation code of a packet; 0 stands for a packet that
// is too short to have one.
func opcode(packet []byte) uint16 {
	if len(packet) < 4 {
		return 0
	}
	return binary.BigEndian.Uint16(packet)
}
