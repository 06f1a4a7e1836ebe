package tftpsite

import (
	"bytes"
	"encoding/binary"
	"net"
	"net/netip"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// channel is how a socket sends and receives. Where each packet waits for the other
// side, what counts is the time between two. Package net tells the scheduler of every
// call, for it may block, and translates every address. Here no call blocks, and
// addresses stay as the system writes them.
type channel struct {
	raw          syscall.RawConn
	client       []byte                         // the address of the client
	from         [unix.SizeofSockaddrInet6]byte // that of whoever sent the last packet
	fromLen      uint32
	receiveOnce  func(fd uintptr) bool
	sendOnce     func(fd uintptr) bool
	packet, peer []byte // what these work with: to make them for every packet is dear
	n            uintptr
	errno        syscall.Errno
}

func (c *channel) open(conn *net.UDPConn, client netip.AddrPort) (err error) {
	c.receiveOnce, c.sendOnce = c.tryReceive, c.trySend
	if c.client, err = sockaddr(client); err != nil {
		return err
	}
	c.raw, err = conn.SyscallConn()
	return err
}

// sockaddr is an address as the system writes it (ip(7), ipv6(7)).
func sockaddr(a netip.AddrPort) ([]byte, error) {
	var b []byte
	if a.Addr().Is4() {
		b = binary.NativeEndian.AppendUint16(b, unix.AF_INET)
		b = binary.BigEndian.AppendUint16(b, a.Port())
		b = append(b, a.Addr().AsSlice()...)
		return append(b, make([]byte, unix.SizeofSockaddrInet4-len(b))...), nil
	}
	scope := 0
	if zone := a.Addr().Zone(); zone != "" {
		i, err := net.InterfaceByName(zone)
		if err != nil {
			return nil, err
		}
		scope = i.Index
	}
	b = binary.NativeEndian.AppendUint16(b, unix.AF_INET6)
	b = binary.BigEndian.AppendUint16(b, a.Port())
	b = append(b, 0, 0, 0, 0) // flow
	b = append(b, a.Addr().AsSlice()...)
	return binary.NativeEndian.AppendUint32(b, uint32(scope)), nil
}

// receive waits for a packet, and reports whether it came from the client.
func (c *channel) receive(buf []byte) (n int, ours bool, err error) {
	c.packet = buf
	if err := c.raw.Read(c.receiveOnce); err != nil {
		return 0, false, err
	}
	if c.errno != 0 {
		return 0, false, c.errno
	}
	return int(c.n), bytes.Equal(c.from[:c.fromLen], c.client), nil
}

func (c *channel) tryReceive(fd uintptr) bool {
	c.fromLen = uint32(len(c.from))
	c.n, _, c.errno = syscall.RawSyscall6(unix.SYS_RECVFROM, fd,
		uintptr(unsafe.Pointer(unsafe.SliceData(c.packet))), uintptr(len(c.packet)), unix.MSG_DONTWAIT,
		uintptr(unsafe.Pointer(&c.from)), uintptr(unsafe.Pointer(&c.fromLen)))
	return c.errno != unix.EAGAIN
}

// send sends a packet to the client.
func (c *channel) send(packet []byte) error { return c.sendTo(packet, c.client) }

// sendBack sends a packet to whoever sent the last one.
func (c *channel) sendBack(packet []byte) error { return c.sendTo(packet, c.from[:c.fromLen]) }

func (c *channel) sendTo(packet, peer []byte) error {
	c.packet, c.peer = packet, peer
	if err := c.raw.Write(c.sendOnce); err != nil {
		return err
	}
	if c.errno != 0 {
		return c.errno
	}
	return nil
}

func (c *channel) trySend(fd uintptr) bool {
	_, _, c.errno = syscall.RawSyscall6(unix.SYS_SENDTO, fd,
		uintptr(unsafe.Pointer(unsafe.SliceData(c.packet))), uintptr(len(c.packet)), unix.MSG_DONTWAIT,
		uintptr(unsafe.Pointer(unsafe.SliceData(c.peer))), uintptr(len(c.peer)))
	return c.errno != unix.EAGAIN
}

// segment lets the system cut what is sent at once into packets of size bytes (UDP
// segmentation, udp(7)), and reports whether it does. Shorter packets go as they are.
func (c *channel) segment(size int) bool {
	var err error
	failed := c.raw.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.SOL_UDP, unix.UDP_SEGMENT, size) })
	return failed == nil && err == nil
}
