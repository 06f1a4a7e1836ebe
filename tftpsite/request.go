package tftpsite

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
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

// Sizes of options.
const (
	plainBlock = 512 // RFC 1350
	minBlock   = 8   // RFC 2348
	maxBlock   = 65464
	maxTimeout = 255 // seconds, RFC 2349
	maxWindow  = 65535
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
	blockSize int           // 0: not asked for
	window    int           // windowsize; 0: not asked for
	timeout   time.Duration // 0: not asked for
	size      int64         // tsize; -1: none
}

var (
	errNoRequest = errors.New("no request")
	// errMode: the request has no transfer mode that is known.
	errMode = errors.New("unknown transfer mode")
)

// parseRequest takes a packet apart. Modes and option names are compared in
// any letter case (RFC 1350 §5, RFC 2347). An option that is not known or has
// no proper value is passed over, and so are bytes behind them that make none:
// boot ROMs send such. What is not a request gives errNoRequest, and deserves no
// answer.
func parseRequest(packet []byte) (request, error) {
	op := opcode(packet)
	if op != opRead && op != opWrite || len(packet) > maxRequest {
		return request{}, errNoRequest
	}
	fields := strings.Split(string(packet[2:]), "\x00")
	fields = fields[:len(fields)-1] // what has no zero byte behind it
	r := request{write: op == opWrite, size: -1}
	if len(fields) < 2 {
		return r, errMode
	}
	r.name = fields[0]
	switch strings.ToLower(fields[1]) {
	case "octet":
	case "netascii":
		r.netascii = true
	default:
		return r, errMode
	}
	for i := 2; i+1 < len(fields); i += 2 {
		if value, err := strconv.ParseUint(fields[i+1], 10, 63); err == nil {
			r.setOption(strings.ToLower(fields[i]), value)
		}
	}
	return r, nil
}

func (r *request) setOption(name string, value uint64) {
	switch {
	case name == "blksize" && value >= minBlock:
		r.blockSize = int(min(value, maxBlock))
	case name == "windowsize" && value >= 1 && value <= maxWindow:
		r.window = int(value)
	case name == "timeout" && value >= 1 && value <= maxTimeout:
		r.timeout = time.Duration(value) * time.Second
	case name == "tsize":
		r.size = int64(value)
	}
}

// maxHeld is how many bytes of a window are kept, for the case that they have to be
// sent again.
const maxHeld = 256 << 10

// settle finds out how the transfer goes: what the client asks for, within our
// limits.
func (t *transfer) settle() {
	t.block, t.window, t.timeout = plainBlock, 1, t.server.timeout()
	if t.blockSize > 0 {
		t.block = min(t.blockSize, t.server.maxBlock())
	}
	if t.request.window > 0 {
		t.window = max(1, min(t.request.window, t.server.maxWindow(), maxHeld/t.block))
	}
	if t.request.timeout > 0 {
		t.timeout, t.chosen = t.request.timeout, true
	}
	t.buf = make([]byte, max(plainBlock, t.block)+len("\x00\x03\x00\x00")+1)
}

// options returns the packet that acknowledges options (RFC 2347); nil if there are
// none.
func (t *transfer) options() []byte {
	p := []byte{0, opOptions}
	if t.blockSize > 0 {
		p = fmt.Appendf(p, "blksize\x00%d\x00", t.block)
	}
	if t.request.window > 0 {
		p = fmt.Appendf(p, "windowsize\x00%d\x00", t.window)
	}
	if t.chosen {
		p = fmt.Appendf(p, "timeout\x00%d\x00", t.timeout/time.Second)
	}
	switch {
	case t.request.size < 0:
	case t.write:
		p = fmt.Appendf(p, "tsize\x00%d\x00", t.request.size)
	case !t.netascii && t.content.size > 0:
		// The length of a text in netascii is not known beforehand, and curl 7.88
		// takes a size of 0 for an error.
		p = fmt.Appendf(p, "tsize\x00%d\x00", t.content.size)
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
