package cgpdata

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// Size is a number of bytes in a setting, such as MaxWebSize = 100M. The zero Size is
// 0 bytes, which allows nothing; [Unlimited] is no limit. Its text is decimal digits
// with an optional suffix K, M or G (1024, 1024², 1024³ bytes), or "unlimited"; "-1"
// is read as the latter. A text of more than 63 bits is refused, and so are other
// negative sizes when written.
//
// Source: settings files of a server.
type Size int64

// Unlimited is the Size of a setting that sets no limit.
const Unlimited Size = -1

// Count is a number of things in a setting, such as MaxWebFiles = 1000. It is like
// [Size], without suffixes; Count(Unlimited) is no limit.
//
// Source: settings files of a server.
type Count int64

// Duration is a length of time in a setting, such as 1m or 7d, in the units of
// [time.Duration], to which it can be converted. Its text is decimal digits with an
// optional suffix m, h or d for minutes, hours and days of 24 hours; without a suffix
// they are seconds. What is not a whole number of seconds, negative, or beyond 292
// years is refused.
//
// Source: settings files of a server.
type Duration time.Duration

// A unit is a suffix of a number and what it stands for.
type unit struct {
	suffix byte
	size   int64
}

// The units, the greatest first. They are never written.
var (
	sizeUnits     = []unit{{'G', 1 << 30}, {'M', 1 << 20}, {'K', 1 << 10}}
	durationUnits = []unit{{'d', 24 * 60 * 60}, {'h', 60 * 60}, {'m', 60}}
)

const unlimitedText = "unlimited"

// What a setting's text can be but a number.
var (
	errSetting    = errors.New("not a number with a known suffix")
	errBeyond     = errors.New("number too big")
	errNegative   = errors.New("negative number")
	errSubsecond  = errors.New("not a whole number of seconds")
	errNotDecimal = errors.New("not a decimal number")
)

// String returns the text of s, and "Size(-5)" for one that has none.
func (s Size) String() string { return settingString("Size", int64(s), s.MarshalText) }

// MarshalText returns the shortest text of s, such as 100M.
func (s Size) MarshalText() ([]byte, error) { return appendLimit(nil, int64(s), sizeUnits) }

// UnmarshalText sets s to what the text means; on an error s stays as it was.
func (s *Size) UnmarshalText(text []byte) error {
	n, err := parseLimit(string(text), sizeUnits)
	if err == nil {
		*s = Size(n)
	}
	return err
}

// String returns the text of c, and "Count(-5)" for one that has none.
func (c Count) String() string { return settingString("Count", int64(c), c.MarshalText) }

// MarshalText returns the text of c, such as 1000.
func (c Count) MarshalText() ([]byte, error) { return appendLimit(nil, int64(c), nil) }

// UnmarshalText sets c to what the text means; on an error c stays as it was.
func (c *Count) UnmarshalText(text []byte) error {
	n, err := parseLimit(string(text), nil)
	if err == nil {
		*c = Count(n)
	}
	return err
}

// String returns the text of d, and what [time.Duration.String] returns for one that
// has none.
func (d Duration) String() string {
	text, err := d.MarshalText()
	if err != nil {
		return time.Duration(d).String()
	}
	return string(text)
}

// MarshalText returns the shortest text of d, such as 7d.
func (d Duration) MarshalText() ([]byte, error) {
	switch {
	case d < 0:
		return nil, errNegative
	case time.Duration(d)%time.Second != 0:
		return nil, errSubsecond
	}
	return appendUnits(nil, int64(time.Duration(d)/time.Second), durationUnits), nil
}

// UnmarshalText sets d to what the text means; on an error d stays as it was.
func (d *Duration) UnmarshalText(text []byte) error {
	seconds, err := parseUnits(string(text), durationUnits)
	if err == nil && seconds > math.MaxInt64/int64(time.Second) {
		err = errBeyond
	}
	if err == nil {
		*d = Duration(time.Duration(seconds) * time.Second)
	}
	return err
}

func settingString(typ string, n int64, marshal func() ([]byte, error)) string {
	text, err := marshal()
	if err != nil {
		return typ + "(" + strconv.FormatInt(n, 10) + ")"
	}
	return string(text)
}

func appendLimit(dst []byte, n int64, units []unit) ([]byte, error) {
	switch {
	case n == int64(Unlimited):
		return append(dst, unlimitedText...), nil
	case n < 0:
		return dst, errNegative
	}
	return appendUnits(dst, n, units), nil
}

// appendUnits writes n in the greatest of the units of which it is a multiple.
func appendUnits(dst []byte, n int64, units []unit) []byte {
	for _, u := range units {
		if n != 0 && n%u.size == 0 {
			return append(strconv.AppendInt(dst, n/u.size, 10), u.suffix)
		}
	}
	return strconv.AppendInt(dst, n, 10)
}

func parseLimit(text string, units []unit) (int64, error) {
	if text == unlimitedText || text == "-1" {
		return int64(Unlimited), nil
	}
	return parseUnits(text, units)
}

// parseUnits reads decimal digits with one of the suffixes or none.
func parseUnits(text string, units []unit) (int64, error) {
	size := int64(1)
	for _, u := range units {
		if digits, ok := strings.CutSuffix(text, string(rune(u.suffix))); ok {
			text, size = digits, u.size
			break
		}
	}
	n, err := parseInt(text)
	switch {
	case errors.Is(err, errNotDecimal) || text != "" && text[0] == '-':
		return 0, errSetting
	case err != nil || n > math.MaxInt64/size:
		return 0, errBeyond
	}
	return n * size, nil
}

// parseInt is [strconv.ParseInt] for decimal digits with an optional '-', with errors
// that do not repeat the text: it may be a secret.
func parseInt(text string) (int64, error) {
	if strings.HasPrefix(text, "+") {
		return 0, errNotDecimal
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, decimalError(err)
}

// parseUint is parseInt for unsigned numbers.
func parseUint(text string) (uint64, error) {
	if strings.HasPrefix(text, "+") {
		return 0, errNotDecimal
	}
	n, err := strconv.ParseUint(text, 10, 64)
	return n, decimalError(err)
}

func decimalError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, strconv.ErrRange):
		return errBeyond
	}
	return errNotDecimal
}
