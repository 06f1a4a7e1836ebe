package ftpsite

import (
	"strconv"
	"strings"
)

// setType: RFC 959 §4.1.2. What has no meaning here is refused; "L 8" is
// another name of I, and "A N" of A.
func (s *session) setType(arg string) reply {
	switch strings.ToUpper(arg) {
	case "A", "A N":
		s.ascii = true
	case "I", "L 8", "L8":
		s.ascii = false
	default:
		return replyParameter
	}
	return replyOK
}

func (s *session) mode(arg string) reply      { return only(arg, "S") }
func (s *session) structure(arg string) reply { return only(arg, "F") }

func only(arg, allowed string) reply {
	if strings.EqualFold(arg, allowed) {
		return replyOK
	}
	return replyParameter
}

// allocate takes the number of bytes that are likely to come (RFC 959 §4.1.3):
// the next upload finds room for them or is refused. A record size behind it
// means nothing here.
func (s *session) allocate(arg string) reply {
	size, _, _ := strings.Cut(arg, " ")
	n, err := strconv.ParseInt(size, 10, 64)
	if err != nil || n < 0 {
		return replyParameters
	}
	s.reserve = n
	return replyOK
}

// restart takes the place where the next transfer begins (RFC 3659 §5).
func (s *session) restart(arg string) reply {
	n, err := strconv.ParseInt(arg, 10, 64)
	switch {
	case err != nil || n < 0:
		return replyParameters
	case n > 0 && s.ascii:
		return reply{504, "Not implemented for TYPE A."}
	}
	s.rest = n
	return reply{350, "Continue."}
}
