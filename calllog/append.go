package calllog

import (
	"strconv"
	"strings"
	"time"
)

// AppendRecord appends r in format 2, or r.Raw if that is set, and a line feed
// to dst. End is written in the location it carries, without its year; times
// are cut to whole seconds, negative ones to 0. A TAB, CR or LF inside a value
// is left out, since it would end the field or the record.
func AppendRecord(dst []byte, r Record) []byte {
	if r.Raw != "" {
		dst = appendWithout(dst, r.Raw, "\r\n")
		return append(dst, '\n')
	}
	dst = append(dst, "2\t"...)
	dst = r.End.AppendFormat(dst, endLayout)
	if r.Outgoing {
		dst = append(dst, "\tO\t"...)
	} else {
		dst = append(dst, "\tI\t"...)
	}
	dst = appendPeer(dst, r.Peer)
	dst = append(dst, '\t')
	dst = appendValue(dst, r.CallID)
	dst = append(dst, '\t')
	if r.Answered {
		dst = appendSeconds(dst, r.CallTime)
	}
	dst = append(dst, '\t')
	dst = appendSeconds(dst, r.AlertTime)
	dst = append(dst, '\t')
	dst = appendValue(dst, r.ErrorCode)
	if r.Program != "" {
		dst = append(dst, '\t')
		dst = appendValue(dst, r.Program)
	}
	return append(dst, '\n')
}

// appendPeer writes the documented form, or <address> if there is no name.
func appendPeer(dst []byte, p Peer) []byte {
	if p.Name != "" {
		dst = append(dst, '"')
		for i := range len(p.Name) {
			switch c := p.Name[i]; c {
			case '\t', '\r', '\n':
			case '"', '\\':
				dst = append(dst, '\\', c)
			default:
				dst = append(dst, c)
			}
		}
		dst = append(dst, `" `...)
	}
	dst = append(dst, '<')
	dst = appendValue(dst, p.Address)
	return append(dst, '>')
}

func appendSeconds(dst []byte, d time.Duration) []byte {
	return strconv.AppendInt(dst, int64(max(d, 0)/time.Second), 10)
}

func appendValue(dst []byte, value string) []byte {
	return appendWithout(dst, value, "\t\r\n")
}

// appendWithout appends text without the bytes of cutset.
func appendWithout(dst []byte, text, cutset string) []byte {
	for text != "" {
		i := strings.IndexAny(text, cutset)
		if i < 0 {
			return append(dst, text...)
		}
		dst = append(dst, text[:i]...)
		text = text[i+1:]
	}
	return dst
}
