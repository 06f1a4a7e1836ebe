//go:build !linux

package tftpsite

import "net"

// segment reports that every packet has to be sent by itself here.
func segment(*net.UDPConn, int) bool { return false }
