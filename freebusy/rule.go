package freebusy

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// frequency is the FREQ of a recurrence rule, from the longest interval to the
// shortest.
type frequency uint8

const (
	yearly frequency = iota
	monthly
	weekly
	daily
	hourly
	minutely
	secondly
)

var (
	frequencyNames = []string{"YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY"}
	weekdayNames   = []string{"MO", "TU", "WE", "TH", "FR", "SA", "SU"}
)

// rule is a recurrence rule (RFC 5545 §3.3.10). Absent parts are zero.
type rule struct {
	freq      frequency
	interval  int64
	limited   bool  // has a COUNT
	count     int64 // instances that are left
	bounded   bool  // has an UNTIL
	until     moment
	weekStart int64 // WKST, 0 for Monday
	even      bool  // every interval has just one instance: there is no BYxxx part

	seconds, minutes, hours, months, weekdays uint64 // BYxxx as sets: bit n for the number n
	nthWeekdays                               [7]*numbers
	monthDays, yearDays, weeks                *numbers
	setPos                                    []int64
}

// numbers is a set of numbers from 1 to 366, counted from the start, and of
// numbers from -1 to -366, counted from the end.
type numbers struct{ fromStart, fromEnd [6]uint64 }

func (s *numbers) add(n int) {
	if n > 0 {
		s.fromStart[n/64] |= 1 << (n % 64)
	} else {
		s.fromEnd[-n/64] |= 1 << (-n % 64)
	}
}

// has reports whether s has the n-th of so many.
func (s *numbers) has(n, of int64) bool {
	m := of - n + 1
	return s.fromStart[n/64]&(1<<(n%64)) != 0 || s.fromEnd[m/64]&(1<<(m%64)) != 0
}

// maxInterval is longer, in seconds, than all the years that can be written.
const maxInterval = 1_000_000_000_000

// parseRule reads the value of an RRULE or EXRULE. An UNTIL without a Z is
// local time in zone. A rule that RFC 5545 forbids is an error, since programs
// differ in what it means. Blanks, parts and values that are empty, parts with
// X- in front (RFC 2445 §4.3.10) and a COUNT of less than 1 beside UNTIL say nothing.
func parseRule(text string, zone *zone) (*rule, error) {
	r := &rule{interval: 1}
	seen := map[string]bool{}
	var noCount error
	text = strings.ToUpper(strings.Join(strings.Fields(unescape(text)), ""))
	for part := range strings.SplitSeq(text, ";") {
		name, value, ok := strings.Cut(part, "=")
		value = strings.Trim(value, ",")
		if part == "" || ok && value == "" || strings.HasPrefix(name, "X-") {
			continue // a semicolon at the end is common
		}
		if !ok || seen[name] {
			return nil, fmt.Errorf("rule part has no value or comes twice: %.20q", part)
		}
		seen[name] = true
		err := r.set(name, value, zone)
		if n, number := strconv.Atoi(value); name == "COUNT" && number == nil && n < 1 {
			r.limited, noCount = false, err
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("rule part %.20s: %w", name, err)
		}
	}
	switch {
	case !seen["FREQ"]:
		return nil, errors.New("rule has no FREQ")
	case noCount != nil && !r.bounded:
		return nil, fmt.Errorf("rule part COUNT: %w", noCount)
	}
	return r, r.check()
}

// set takes one part of a rule.
func (r *rule) set(name, value string, zone *zone) (err error) {
	switch name {
	case "FREQ":
		i := slices.Index(frequencyNames, value)
		if i < 0 {
			return errors.New("frequency is not known")
		}
		r.freq = frequency(i)
	case "INTERVAL":
		r.interval, err = parsePositive(value)
		r.interval = min(r.interval, maxInterval)
	case "COUNT":
		r.limited = true
		r.count, err = parsePositive(value)
	case "UNTIL":
		r.bounded = true
		r.until, err = parseMoment(value, zone)
	case "WKST":
		i := slices.Index(weekdayNames, value)
		if i < 0 {
			return errors.New("weekday is not known")
		}
		r.weekStart = int64(i)
	case "BYSECOND":
		r.seconds, err = parseSet(value, 0, 60)
		if r.seconds>>60 != 0 { // a leap second, see parseClock
			r.seconds = r.seconds&^(1<<60) | 1<<59
		}
	case "BYMINUTE":
		r.minutes, err = parseSet(value, 0, 59)
	case "BYHOUR":
		r.hours, err = parseSet(value, 0, 23)
	case "BYMONTH":
		r.months, err = parseSet(value, 1, 12)
	case "BYMONTHDAY":
		r.monthDays, err = parseNumbers(value, 31)
	case "BYYEARDAY":
		r.yearDays, err = parseNumbers(value, 366)
	case "BYWEEKNO":
		r.weeks, err = parseNumbers(value, 53)
	case "BYDAY":
		err = r.setWeekdays(value)
	case "BYSETPOS":
		err = eachNumber(value, -366, 366, func(n int) { r.setPos = append(r.setPos, int64(n)) })
		slices.Sort(r.setPos)
		r.setPos = slices.Compact(r.setPos)
	case "RSCALE": // RFC 7529 §4.1
		if value != "GREGORIAN" {
			return errors.New("calendar is not supported")
		}
	case "SKIP":
		if value != "OMIT" {
			return errors.New("only OMIT is supported")
		}
	default:
		return errors.New("part is not known")
	}
	return err
}

func (r *rule) setWeekdays(value string) error {
	for text := range strings.SplitSeq(value, ",") {
		if text == "" {
			continue
		}
		number := strings.TrimRight(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
		weekday := slices.Index(weekdayNames, text[len(number):])
		if weekday < 0 {
			return fmt.Errorf("weekday is not known: %.20q", text)
		}
		if number == "" {
			r.weekdays |= 1 << weekday
			continue
		}
		n, err := strconv.Atoi(number)
		if err != nil || n == 0 || n < -53 || n > 53 {
			return fmt.Errorf("number is not one of 1 to 53 or -1 to -53: %.20q", text)
		}
		if r.nthWeekdays[weekday] == nil {
			r.nthWeekdays[weekday] = &numbers{}
		}
		r.nthWeekdays[weekday].add(n)
	}
	return nil
}

// hasNth reports whether BYDAY has numbers, as in 2MO.
func (r *rule) hasNth() bool { return r.nthWeekdays != [7]*numbers{} }

// check refuses what RFC 5545 §3.3.10 says must not be.
func (r *rule) check() error {
	switch {
	case r.weeks != nil && r.freq != yearly:
		return errors.New("rule has BYWEEKNO and is not yearly")
	case r.yearDays != nil && (r.freq == monthly || r.freq == weekly || r.freq == daily):
		return errors.New("rule has BYYEARDAY and is monthly, weekly or daily")
	case r.monthDays != nil && r.freq == weekly:
		return errors.New("rule has BYMONTHDAY and is weekly")
	case r.hasNth() && r.freq != yearly && r.freq != monthly:
		return errors.New("rule has a number in BYDAY and is not yearly or monthly")
	case r.hasNth() && r.weeks != nil:
		return errors.New("rule has a number in BYDAY and BYWEEKNO")
	}
	return nil
}

// complete takes from the first instance what the rule does not say (RFC 5545
// §3.3.10: "Information, not contained in the rule"). It must be called once
// before the rule is used.
func (r *rule) complete(start int64) {
	t := time.Unix(start, 0).UTC()
	noDay := r.monthDays == nil && r.yearDays == nil && r.weekdays == 0 && !r.hasNth()
	r.even = noDay && r.freq >= weekly && r.months|r.hours|r.minutes|r.seconds == 0 && r.setPos == nil
	if noDay && (r.freq == weekly || r.weeks != nil) {
		r.weekdays = 1 << weekday(floorDiv(start, daySeconds))
	} else if noDay && r.freq <= monthly {
		r.monthDays = &numbers{}
		r.monthDays.add(t.Day())
		if r.freq == yearly && r.months == 0 {
			r.months = 1 << t.Month()
		}
	}
	if r.hours == 0 && r.freq < hourly {
		r.hours = 1 << t.Hour()
	}
	if r.minutes == 0 && r.freq < minutely {
		r.minutes = 1 << t.Minute()
	}
	if r.seconds == 0 && r.freq < secondly {
		r.seconds = 1 << t.Second()
	}
}

// parsePositive reads a number from 1 on. What does not fit is the greatest
// number that does.
func parsePositive(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if (err != nil && !errors.Is(err, strconv.ErrRange)) || n < 1 {
		return 0, fmt.Errorf("number is not positive: %.20q", text)
	}
	return n, nil
}

// parseSet reads numbers between two bounds with commas between them.
func parseSet(value string, low, high int) (set uint64, err error) {
	err = eachNumber(value, low, high, func(n int) { set |= 1 << n })
	return set, err
}

// parseNumbers reads numbers from -high to high except 0.
func parseNumbers(value string, high int) (*numbers, error) {
	var set numbers
	err := eachNumber(value, -high, high, set.add)
	return &set, err
}

// eachNumber calls yield for each number of a list. If the lower bound is
// negative, 0 is an error.
func eachNumber(value string, low, high int, yield func(int)) error {
	for text := range strings.SplitSeq(value, ",") {
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < low || n > high || n == 0 && low < 0 {
			return fmt.Errorf("number is not between %d and %d: %.20q", low, high, text)
		}
		yield(n)
	}
	return nil
}
