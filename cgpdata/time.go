package cgpdata

import (
	"time"

	"github.com/cgpkit/cgpkit/cgpdata/internal/grammar"
)

// Time returns a Time in GMT, the seconds rounded down. [Append] refuses years
// outside 1970 to 2038 unless [Format.AllYears] is set, and years outside 1 to 9999
// always.
func Time(t time.Time) Value { return leaf(KindTime, t.UTC().Format(grammar.TimeLayout)) }

// Date returns a Time that names a day, the one of t in GMT, and no time of day.
func Date(t time.Time) Value { return leaf(KindTime, t.UTC().Format(grammar.DateLayout)) }

// Past returns the Time #TPAST, which is before every other one.
func Past() Value { return leaf(KindTime, grammar.PastText) }

// Future returns the Time #TFUTURE, which is after every other one.
func Future() Value { return leaf(KindTime, grammar.FutureText) }

// Time returns the time of a Time, in GMT; ok is false for other kinds. A date is
// the midnight at which it begins. The past is the first moment of the year 0 and
// the future the last second of the year 9999, the years that the server gives
// them, so that Before and After do what one expects.
func (v Value) Time() (t time.Time, ok bool) {
	if v.Kind() != KindTime {
		return time.Time{}, false
	}
	switch v.s {
	case grammar.PastText:
		return time.Date(0, time.January, 1, 0, 0, 0, 0, time.UTC), true
	case grammar.FutureText:
		return time.Date(9999, time.December, 31, 23, 59, 59, 0, time.UTC), true
	}
	if _, ok := grammar.TimeStamp([]byte(v.s)); ok {
		return moment(v.s), true
	}
	layout := grammar.TimeLayout
	if v.IsDate() {
		layout = grammar.DateLayout
	}
	t, err := time.Parse(layout, v.s) // of a year that Append refuses
	return t, err == nil
}

// moment returns the time of a time stamp that timeStamp has found to be right.
func moment[T string | []byte](stamp T) time.Time {
	two := func(i int) int { return int(stamp[i]-'0')*10 + int(stamp[i+1]-'0') }
	day, month, year := two(0), time.Month(two(3)), two(6)*100+two(8)
	if len(stamp) == len(grammar.DateLayout) {
		return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	}
	return time.Date(year, month, day, two(11), two(14), two(17), 0, time.UTC)
}

// IsDate reports whether v is a Time without a time of day.
func (v Value) IsDate() bool { return v.Kind() == KindTime && len(v.s) == len(grammar.DateLayout) }

// IsPast reports whether v is the Time #TPAST.
func (v Value) IsPast() bool { return v.Kind() == KindTime && v.s == grammar.PastText }

// IsFuture reports whether v is the Time #TFUTURE.
func (v Value) IsFuture() bool { return v.Kind() == KindTime && v.s == grammar.FutureText }
