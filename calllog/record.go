package calllog

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Directory is where the logs stand in the File Storage of an account. The
// source is a file name filter in a vendor application.
const Directory = "private/logs"

// Record is one call. The fields are those of record format 2. The zero value
// is an incoming call without any data. Use field names: the struct may grow.
type Record struct {
	// End is the moment when the call ended, in whole seconds.
	End time.Time
	// Outgoing tells that the account made the call; else it received it.
	Outgoing bool
	// Peer is the other side.
	Peer Peer
	// CallID is the Call-ID of the signalling protocol.
	CallID string
	// Answered tells that the call connected; CallTime is from then until it
	// disconnected, in whole seconds. Without Answered there is no CallTime.
	Answered bool
	CallTime time.Duration
	// AlertTime is from the start until the call connected or failed, in whole
	// seconds.
	AlertTime time.Duration
	// ErrorCode says why the call failed or was disconnected, "" for no error.
	// Its values are not documented.
	ErrorCode string
	// Program is the Real-Time Application that handled the call, "" for none.
	Program string
	// Raw is the whole line of a record in another format than 2. If it is
	// set, no other field is.
	Raw string
}

// Peer is the other side of a call.
type Peer struct {
	Name    string // real name, "" if unknown
	Address string // usually user@domain
}

// filePrefix stands before year and month in the name of a log.
const filePrefix = "calls-"

const monthLayout = "2006-Jan"

// FileName returns the name of the log that a call which ends at t belongs to,
// such as calls-2009-Mar. The month is that of the location t carries.
func FileName(t time.Time) string { return filePrefix + t.Format(monthLayout) }

// ParseFileName takes the name of a log apart, letter case included; ok is
// false if it is none. Give year and month to Options.
func ParseFileName(name string) (year int, month time.Month, ok bool) {
	period, ok := strings.CutPrefix(name, filePrefix)
	if !ok {
		return 0, 0, false
	}
	t, err := time.Parse(monthLayout, period)
	if err != nil || FileName(t) != name {
		return 0, 0, false
	}
	return t.Year(), t.Month(), true
}

// Validate reports why r cannot be appended to a log and read back as the record of a
// call. End is missing, or of a year that no file name has; r is a raw one; a time is
// negative; there is a CallTime without Answered; or its line would be longer than
// [DefaultMaxLine]. A TAB, CR or LF is no reason, see [AppendRecord].
func (r Record) Validate() error {
	switch {
	case r.Raw != "":
		return errors.New("calllog: a raw record has no month to go to")
	case r.End.IsZero():
		return errors.New("calllog: record without an end time")
	case r.End.Year() < 1 || r.End.Year() > 9998: // in every time zone
		return fmt.Errorf("calllog: end time in the year %d", r.End.Year())
	case r.CallTime < 0 || r.AlertTime < 0:
		return errors.New("calllog: negative time")
	case r.CallTime != 0 && !r.Answered:
		return errors.New("calllog: call time of a call that did not connect")
	case len(AppendRecord(nil, r))-len("\n") > DefaultMaxLine:
		return fmt.Errorf("calllog: record is longer than %d bytes", DefaultMaxLine)
	}
	return nil
}
