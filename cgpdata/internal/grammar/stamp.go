package grammar

// What follows #T. Guide, Data Formats, Time Stamps, has the first two; the other
// two are read and written by later versions.
const (
	TimeLayout = "02-01-2006_15:04:05"
	DateLayout = "02-01-2006"
	PastText   = "PAST"
	FutureText = "FUTURE"
)

// TimeStamp reads what stands between #T and the end of the time stamp, which is
// two digits for each field and four for the year. leap tells that the second is
// 60; ok that the moment exists.
func TimeStamp(b []byte) (leap, ok bool) {
	layout := TimeLayout
	if len(b) == len(DateLayout) {
		layout = DateLayout
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
	if layout == DateLayout {
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
