package calllog

import (
	"fmt"
	"time"
)

const endLayout = "02-Jan 15:04:05"

// parseEnd reads the end time, dd-mmm hh:mm:ss with all its digits.
func (p *parser) parseEnd(text string) (time.Time, error) {
	if text[2] != '-' || text[6] != ' ' || text[9] != ':' || text[12] != ':' {
		return time.Time{}, errEnd
	}
	day, month := twoDigits(text[0:2]), parseMonth(text[3:6])
	hour, minute, second := twoDigits(text[7:9]), twoDigits(text[10:12]), twoDigits(text[13:15])
	if hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, errEnd
	}
	if month != p.month || day != p.day {
		if err := p.begin(month, day); err != nil {
			return time.Time{}, err
		}
	}
	if !p.even {
		return time.Date(p.year, month, day, hour, minute, second, 0, p.Location), nil
	}
	return time.Unix(p.midnight+int64((hour*60+minute)*60+second), 0).In(p.Location), nil
}

// begin makes the day of the next records another one.
func (p *parser) begin(month time.Month, day int) error {
	if month == 0 || day < 1 || day > longest[month] {
		return errEnd
	}
	year := p.Year
	switch {
	case p.Month == time.December && month == time.January:
		year++
	case p.Month == time.January && month == time.December:
		year--
	}
	if day == 29 && month == time.February && !leap(year) {
		return fmt.Errorf("29-Feb in %d", year)
	}
	p.year, p.month, p.day = year, month, day
	midnight := time.Date(year, month, day, 0, 0, 0, 0, p.Location)
	p.even = time.Date(year, month, day+1, 0, 0, 0, 0, p.Location).Sub(midnight) == 24*time.Hour
	p.midnight = midnight.Unix()
	return nil
}

// longest has the days that a month has at most.
var longest = [...]int{time.January: 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

func leap(year int) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

// twoDigits returns the number that text is, one above all for none.
func twoDigits(text string) int {
	tens, ones := text[0]-'0', text[1]-'0'
	if tens > 9 || ones > 9 {
		return 100
	}
	return int(tens)*10 + int(ones)
}

// parseMonth returns the month with this name in three letters, 0 for none.
func parseMonth(name string) time.Month {
	switch name {
	case "Jan":
		return time.January
	case "Feb":
		return time.February
	case "Mar":
		return time.March
	case "Apr":
		return time.April
	case "May":
		return time.May
	case "Jun":
		return time.June
	case "Jul":
		return time.July
	case "Aug":
		return time.August
	case "Sep":
		return time.September
	case "Oct":
		return time.October
	case "Nov":
		return time.November
	case "Dec":
		return time.December
	}
	return 0
}
