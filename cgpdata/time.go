package cgpdata

import "time"

// What follows #T. Guide, Data Formats, Time Stamps, has the first two; the other
// two are read and written by later versions.
const (
	timeLayout = "02-01-2006_15:04:05"
	dateLayout = "02-01-2006"
	pastText   = "PAST"
	futureText = "FUTURE"
)

// Time returns a Time in GMT, the seconds rounded down. [Append] refuses years
// outside 1970 to 2038 unless [Format.AllYears] is set, and years outside 1 to 9999
// always.
func Time(t time.Time) Value { return leaf(KindTime, t.UTC().Format(timeLayout)) }

// Date returns a Time that names a day, the one of t in GMT, and no time of day.
func Date(t time.Time) Value { return leaf(KindTime, t.UTC().Format(dateLayout)) }

// Past returns the Time #TPAST, which is before every other one.
func Past() Value { return leaf(KindTime, pastText) }

// Future returns the Time #TFUTURE, which is after every other one.
func Future() Value { return leaf(KindTime, futureText) }

// Time returns the time of a Time, in GMT; ok is false for other kinds. A date is
// the midnight at which it begins. The past is the first moment of the year 0 and
// the future the last second of the year 9999, the years that the server gives
// them, so that Before and After do what one expects.
func (v Value) Time() (t time.Time, ok bool) {
	if v.Kind() != KindTime {
		return time.Time{}, false
	}
	switch v.s {
	case pastText:
		return time.Date(0, time.January, 1, 0, 0, 0, 0, time.UTC), true
	case futureText:
		return time.Date(9999, time.December, 31, 23, 59, 59, 0, time.UTC), true
	}
	if _, ok := timeStamp([]byte(v.s)); ok {
		return moment(v.s), true
	}
	layout := timeLayout
	if v.IsDate() {
		layout = dateLayout
	}
	t, err := time.Parse(layout, v.s) // of a year that Append refuses
	return t, err == nil
}

// moment returns the time of a time stamp that timeStamp has found to be right.
func moment[T string | []byte](stamp T) time.Time {
	two := func(i int) int { return int(stamp[i]-'0')*10 + int(stamp[i+1]-'0') }
	day, month, year := two(0), time.Month(two(3)), two(6)*100+two(8)
	if len(stamp) == len(dateLayout) {
		return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	}
	return time.Date(year, month, day, two(11), two(14), two(17), 0, time.UTC)
}

// IsDate reports whether v is a Time without a time of day.
func (v Value) IsDate() bool { return v.Kind() == KindTime && len(v.s) == len(dateLayout) }

// IsPast reports whether v is the Time #TPAST.
func (v Value) IsPast() bool { return v.Kind() == KindTime && v.s == pastText }

// IsFuture reports whether v is the Time #TFUTURE.
func (v Value) IsFuture() bool { return v.Kind() == KindTime && v.s == futureText }

// timeStamp reads what stands between #T and the end of the time stamp, which is
// two digits for each field and four for the year. leap tells that the second is
// 60; ok that the moment exists.
func timeStamp(b []byte) (leap, ok bool) {
	layout := timeLayout
	if len(b) == len(dateLayout) {
		layout = dateLayout
	}
	if len(b) != len(layout) {
		return false, false
	}
	signs, digits := b[2] == '-' && b[5] == '-', true
	two := func(i int) int {
		tens, ones := b[i]-'0', b[i+1]-'0'
		digits = digits && tens <= 9 && ones <= 9
		return int(tens)*10 + int(ones)
	}
	day, month, year := two(0), two(3), two(6)*100+two(8)
	if !signs || !digits || year == 0 || month < 1 || month > 12 || day < 1 || day > daysIn(month, year) {
		return false, false
	}
	if layout == dateLayout {
		return false, true
	}
	signs = b[10] == '_' && b[13] == ':' && b[16] == ':'
	hour, minute, second := two(11), two(14), two(17)
	return second == 60, signs && digits && hour < 24 && minute < 60 && second <= 60
}

func daysIn(month, year int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}
