package freebusy

import (
	"errors"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// appendPeriods reads the value of a FREEBUSY property: periods with commas
// between them. One that is empty says nothing, and one that cannot be read does
// not spoil the others.
func appendPeriods(periods []Period, kind Type, value string, fault func(error)) []Period {
	for text := range strings.SplitSeq(value, ",") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		p, err := parsePeriod(text)
		if err != nil {
			fault(err)
			continue
		}
		p.Type = kind
		periods = append(periods, p)
	}
	return periods
}

// parsePeriod reads a start and an end or a duration (RFC 5545 §3.3.9).
func parsePeriod(text string) (p Period, err error) {
	start, end, ok := strings.Cut(text, "/")
	if !ok {
		return p, errors.New("period without a slash")
	}
	end = strings.TrimLeft(end, " \t")
	if p.Start, err = parseTime(strings.TrimRight(start, " \t")); err != nil {
		return p, err
	}
	if isSpan(end) {
		var d time.Duration
		if d, err = parseDuration(end); err != nil {
			return p, err
		}
		p.End = p.Start.Add(d)
	} else if p.End, err = parseTime(end); err != nil {
		return p, err
	}
	if !p.End.After(p.Start) || !writable(p.Start) || !writable(p.End) {
		return p, errors.New("period does not end after its start, or leaves the years 1 to 9999")
	}
	return p, nil
}

// busyType returns the type of this name; an unknown one is Busy (RFC 5545 §3.2.9).
func busyType(name string) Type {
	for kind, typeName := range typeNames {
		if strings.EqualFold(name, typeName) {
			return Type(kind)
		}
	}
	return Busy
}

// parseTime reads a time in UTC, or a date as its first second in UTC.
func parseTime(text string) (time.Time, error) {
	at, err := parseMoment(text, nil)
	if err != nil || !at.date && at.zone != utcZone {
		return time.Time{}, errors.New("time is not yyyymmddThhmmssZ, in the years 1 to 9999")
	}
	return time.Unix(at.wall, 0).UTC(), nil
}

// durationForm is a duration without its sign (RFC 5545 §3.3.6).
var durationForm = regexp.MustCompile(`^P(?:(\d+)W|(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?)$`)

// parseDuration reads a duration in UTC, where a day has 24 hours.
func parseDuration(text string) (time.Duration, error) {
	length, err := parseSpan(text)
	seconds := length.days*daySeconds + length.seconds
	if err == nil && seconds > int64(math.MaxInt64/time.Second) {
		err = errors.New("duration is too long")
	}
	if err != nil {
		return 0, err
	}
	return time.Duration(seconds) * time.Second, nil
}

// isSpan reports whether text is meant to be a duration.
func isSpan(text string) bool {
	return strings.HasPrefix(strings.ToUpper(strings.TrimPrefix(text, "+")), "P")
}

// looseForm is a duration as some programs write it: with days beside weeks, and without
// the T, since there are no months.
var looseForm = regexp.MustCompile(`^P(?:(\d+)W)?(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?$`)

// parseSpan reads weeks, or days and a time: P2W, P1DT2H, PT1H30M.
func parseSpan(text string) (span, error) { return parseSpanOf(durationForm, text) }

// parseLooseSpan reads the same, and P1W2D or P90M.
func parseLooseSpan(text string) (span, error) { return parseSpanOf(looseForm, text) }

func parseSpanOf(form *regexp.Regexp, text string) (span, error) {
	numbers := form.FindStringSubmatch(strings.ToUpper(strings.TrimPrefix(text, "+")))
	if numbers == nil {
		return span{}, errors.New("duration is not PnW or PnDTnHnMnS")
	}
	var n [5]int64 // weeks, days, hours, minutes, seconds; in seconds they sum up to less than 1<<52
	for i, number := range numbers[1:] {
		if number == "" {
			continue
		}
		value, err := strconv.ParseUint(number, 10, 32)
		if err != nil {
			return span{}, errors.New("duration is too long")
		}
		n[i] = int64(value)
	}
	return span{days: 7*n[0] + n[1], seconds: 3600*n[2] + 60*n[3] + n[4]}, nil
}
