package freebusy

import (
	"math/bits"
	"slices"
	"time"
)

// instances calls yield for the instances of the rule between the wall times
// from and to, both included, in order, until yield returns false. Those before
// start are none. UNTIL is left to the caller, since it may be in UTC.
//
// Only what lies between from and to costs time, unless a COUNT makes it
// necessary to count from start on. The budget pays for each day or shorter
// interval that is looked at and for each instance; instances returns false when
// it is spent.
func (r *rule) instances(start, from, to int64, b *budget, yield func(wall int64) bool) bool {
	x := expansion{rule: r, start: start, from: max(from, start), to: min(to, lastWall), budget: b, yield: yield, left: -1}
	switch {
	case r.limited && !r.even:
		x.left = r.count
	case r.limited && (x.to-start)/r.step() >= r.count:
		x.to = start + (r.count-1)*r.step()
	}
	if x.from <= x.to && x.setClock() {
		if r.freq < hourly {
			x.dayIntervals()
		} else {
			x.clockIntervals()
		}
	}
	return !b.spent
}

// budget limits the work for one event: it may take steps of its own, and then
// of those that all events share.
type budget struct {
	own    int64
	shared *int64
	spent  bool // there was not enough
}

func (b *budget) spend(steps int64) bool {
	switch {
	case b.own >= steps:
		b.own -= steps
	case *b.shared >= steps:
		*b.shared -= steps
	default:
		b.spent = true
	}
	return !b.spent
}

// expansion is one run of a rule. Days are counted from 1970-01-01.
type expansion struct {
	*rule
	start, from, to int64
	budget          *budget
	yield           func(int64) bool
	left            int64 // instances until COUNT is reached, -1 for any number

	firstDay, endDay int64   // the year, month, week or day that is looked at
	clock            []int64 // the times that a day, an hour or a minute has, in seconds
	days             []int64 // in the interval, for BYSETPOS
	positions        []int64 // that BYSETPOS picks
}

// step is the length of an interval in seconds, for rules that are neither
// yearly nor monthly.
func (r *rule) step() int64 {
	return r.interval * [...]int64{weekly: 7 * daySeconds, daily: daySeconds, hourly: 3600, minutely: 60, secondly: 1}[r.freq]
}

// setClock finds the times that each day, hour or minute has.
func (x *expansion) setClock() bool {
	hours, minutes, seconds := x.hours, x.minutes, x.seconds
	if x.freq >= hourly {
		hours = 1
	}
	if x.freq >= minutely {
		minutes = 1
	}
	if x.freq == secondly {
		seconds = 1
	}
	n := bits.OnesCount64(hours) * bits.OnesCount64(minutes) * bits.OnesCount64(seconds)
	if !x.budget.spend(int64(n)) {
		return false
	}
	x.clock = make([]int64, 0, n)
	for h := hours; h != 0; h &= h - 1 {
		for m := minutes; m != 0; m &= m - 1 {
			for s := seconds; s != 0; s &= s - 1 {
				x.clock = append(x.clock, int64(bits.TrailingZeros64(h)*3600+bits.TrailingZeros64(m)*60+bits.TrailingZeros64(s)))
			}
		}
	}
	return true
}

// dayIntervals goes through years, months, weeks or days.
func (x *expansion) dayIntervals() {
	year, month := monthOf(x.start)
	day := floorDiv(x.start, daySeconds)
	week := day - (weekday(day)-x.weekStart+7)%7

	n := int64(0) // years, months, weeks or days from start to the interval
	if x.left < 0 {
		fromYear, fromMonth := monthOf(x.from)
		fromDay := floorDiv(x.from, daySeconds)
		// A year earlier, because week 1 may begin in the old year.
		n = [...]int64{yearly: fromYear - year - 1, monthly: 12*(fromYear-year) + fromMonth - month, weekly: (fromDay - week) / 7, daily: fromDay - day}[x.freq]
		n = max(0, n-n%x.interval)
	}
	for ; n <= lastWall/daySeconds; n += x.interval {
		switch x.freq {
		case yearly:
			x.firstDay, x.endDay = dayOf(year+n, 0), dayOf(year+n+1, 0)
			if x.weeks != nil {
				x.firstDay, x.endDay = x.weekOne(x.firstDay), x.weekOne(x.endDay)
			}
		case monthly:
			x.firstDay, x.endDay = dayOf(year, month+n), dayOf(year, month+n+1)
		case weekly:
			x.firstDay, x.endDay = week+7*n, week+7*n+7
		case daily:
			x.firstDay, x.endDay = day+n, day+n+1
		}
		if x.firstDay*daySeconds > x.to || !x.dayInterval() {
			return
		}
	}
}

// dayInterval goes through one year, month, week or day. It returns false when
// all is done.
func (x *expansion) dayInterval() bool {
	day := x.firstDay
	if x.left < 0 && x.setPos == nil {
		day = max(day, floorDiv(x.from, daySeconds))
	}
	x.days = x.days[:0]
	for day < x.endDay {
		if !x.budget.spend(1) {
			return false
		}
		matches, next := x.matchDay(day)
		if matches {
			x.days = append(x.days, day*daySeconds)
		}
		if x.setPos == nil && !x.emit() {
			return false
		}
		day = next
	}
	return x.setPos == nil || x.emit()
}

// clockIntervals goes through hours, minutes or seconds.
func (x *expansion) clockIntervals() {
	unit := [...]int64{hourly: 3600, minutely: 60, secondly: 1}[x.freq]
	at, step := floorDiv(x.start, unit)*unit, x.step()
	if x.left < 0 {
		at += (x.from - at) / step * step
	}
	for at <= x.to && x.budget.spend(1) {
		if next := x.nextClock(at); next > at {
			at += (next - at + step - 1) / step * step
			continue
		}
		x.days = append(x.days, at)
		if !x.emit() {
			return
		}
		at += step
	}
}

// nextClock returns the first time from at on that may be right: at itself if it
// is, or the start of a later day, hour, minute or second.
func (x *expansion) nextClock(at int64) int64 {
	day := floorDiv(at, daySeconds)
	clock := at - day*daySeconds
	matches, next := x.matchDay(day)
	switch {
	case !matches:
		return next * daySeconds
	case x.hours != 0 && x.hours>>(clock/3600)&1 == 0:
		return at + 3600 - clock%3600
	case x.freq >= minutely && x.minutes != 0 && x.minutes>>(clock/60%60)&1 == 0:
		return at + 60 - clock%60
	case x.freq == secondly && x.seconds != 0 && x.seconds>>(clock%60)&1 == 0:
		return at + 1
	}
	return at
}

// matchDay tells whether the rule has the day, and the next day to look at.
func (x *expansion) matchDay(day int64) (matches bool, next int64) {
	y, m, d := time.Unix(day*daySeconds, 0).UTC().Date()
	year, dayOfMonth, monthDays := int64(y), int64(d), monthLength(y, m)
	if x.months != 0 && x.months>>m&1 == 0 {
		return false, day + monthDays - dayOfMonth + 1
	}
	if x.monthDays != nil && !x.monthDays.has(dayOfMonth, monthDays) ||
		x.weeks != nil && !x.weeks.has((day-x.firstDay)/7+1, (x.endDay-x.firstDay)/7) {
		return false, day + 1
	}
	if x.yearDays != nil {
		first := dayOf(year, 0)
		if !x.yearDays.has(day-first+1, dayOf(year+1, 0)-first) {
			return false, day + 1
		}
	}
	if x.weekdays == 0 && !x.hasNth() {
		return true, day + 1
	}
	weekday := weekday(day)
	nth := x.nthWeekdays[weekday]
	if nth == nil || x.weekdays>>weekday&1 == 1 {
		return x.weekdays>>weekday&1 == 1, day + 1
	}
	// The number counts in the month, or in the year if that is the interval
	// and there is no BYMONTH (RFC 5545 §3.3.10, notes 1 and 2).
	n, of := dayOfMonth, monthDays
	if x.freq == yearly && x.months == 0 {
		first := dayOf(year, 0)
		n, of = day-first+1, dayOf(year+1, 0)-first
	}
	before, behind := (n-1)/7, (of-n)/7
	return nth.has(before+1, before+1+behind), day + 1
}

// emit yields the instances at the times of the clock in x.days, or those of
// them that BYSETPOS picks, and empties it. It returns false when all is done.
func (x *expansion) emit() bool {
	times := int64(len(x.clock))
	all := int64(len(x.days)) * times
	defer func() { x.days = x.days[:0] }()
	if x.setPos == nil {
		for i := range all {
			if !x.emitInstance(x.days[i/times] + x.clock[i%times]) {
				return false
			}
		}
		return true
	}
	if !x.budget.spend(int64(len(x.setPos))) {
		return false
	}
	x.positions = x.positions[:0]
	for _, position := range x.setPos {
		if position < 0 {
			position += all + 1
		}
		if 1 <= position && position <= all {
			x.positions = append(x.positions, position)
		}
	}
	slices.Sort(x.positions)
	for _, position := range slices.Compact(x.positions) {
		i := position - 1
		if !x.emitInstance(x.days[i/times] + x.clock[i%times]) {
			return false
		}
	}
	return true
}

func (x *expansion) emitInstance(wall int64) bool {
	if wall < x.start {
		return true
	}
	if wall > x.to || x.left == 0 {
		return false
	}
	if x.left > 0 {
		x.left--
	}
	if wall < x.from {
		return x.budget.spend(1)
	}
	return x.budget.spend(instanceSteps) && x.yield(wall)
}

// floorDiv is a/b, rounded down.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// weekday returns 0 for a Monday.
func weekday(day int64) int64 { return (day%7 + 7 + 3) % 7 } // 1970-01-01 was a Thursday

// monthOf returns the year and month of a wall time, 0 for January.
func monthOf(wall int64) (year, month int64) {
	t := time.Unix(wall, 0).UTC()
	return int64(t.Year()), int64(t.Month()) - 1
}

// dayOf returns the first day of a month, which may be beyond December.
func dayOf(year, month int64) int64 {
	return time.Date(int(year+month/12), time.Month(month%12+1), 1, 0, 0, 0, 0, time.UTC).Unix() / daySeconds
}

// monthLength returns how many days a month has.
func monthLength(year int, month time.Month) int64 {
	if month == time.February {
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 30 + int64(month+month>>3)&1
}

// weekOne returns the day on which week 1 of a year begins, the first week with
// four days in that year (RFC 5545 §3.3.10, BYWEEKNO).
func (x *expansion) weekOne(firstOfYear int64) int64 {
	fourth := firstOfYear + 3
	return fourth - (weekday(fourth)-x.weekStart+7)%7
}
