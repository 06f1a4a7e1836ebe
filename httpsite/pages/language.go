package pages

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// language is one language of the pages, all of it in one file.
type language struct {
	tag  string // BCP 47
	name string // in the language itself
	// plural returns which of the forms of a text a number takes (CLDR, Language
	// Plural Rules, cardinal).
	plural         func(n int64) int
	decimal, group string     // marks in numbers
	months         [12]string // behind the day
	monthNames     [12]string // alone
	days           [7]string  // from Monday on
	dayMonth       string     // of day and month
	date           string     // of day, month, year and time
	units          [5]string
	// texts by key, with the verbs of package fmt. The forms of a text with a number
	// stand in the order of plural, with "|" between them, and the number is %s.
	texts map[string]string
}

// languages are those that visitors may choose. The first is for everybody who wants
// none of them.
func languages() []*language { return []*language{english, german, russian} }

const languageCookie = "cgpkit-language"

// chooseLanguage returns the language that the visitor has chosen here, or else the
// one that their browser likes best (RFC 9110 §12.5.4).
func chooseLanguage(r *http.Request) *language {
	if cookie, err := r.Cookie(languageCookie); err == nil {
		if l := languageOf(cookie.Value); l != nil {
			return l
		}
	}
	best, bestQuality := languages()[0], 0.0
	for element := range strings.SplitSeq(strings.Join(r.Header.Values("Accept-Language"), ","), ",") {
		tag, parameters, _ := strings.Cut(element, ";")
		quality := 1.0
		if q, ok := strings.CutPrefix(strings.TrimSpace(parameters), "q="); ok {
			quality, _ = strconv.ParseFloat(q, 64)
		}
		primary, _, _ := strings.Cut(strings.TrimSpace(tag), "-")
		if l := languageOf(primary); l != nil && quality > bestQuality {
			best, bestQuality = l, quality
		}
	}
	return best
}

// languageOf returns the language with a tag, or nil.
func languageOf(tag string) *language {
	for _, l := range languages() {
		if strings.EqualFold(l.tag, tag) {
			return l
		}
	}
	return nil
}

// text returns a text with its arguments in it.
func (l *language) text(key string, args ...any) string {
	text, ok := l.texts[key]
	if !ok {
		return key // a test finds it
	}
	if len(args) == 0 {
		return text
	}
	return fmt.Sprintf(text, args...)
}

// count returns the form of a text for a number, with the number in it and more
// arguments behind it.
func (l *language) count(key string, n int64, args ...any) string {
	forms := strings.Split(l.texts[key], "|")
	form := forms[min(l.plural(n), len(forms)-1)]
	return fmt.Sprintf(form, append([]any{l.number(n)}, args...)...)
}

// number groups the digits by three.
func (l *language) number(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + l.group + digits[i:]
	}
	return sign + digits
}

// size shows a number of bytes in the unit that fits. A kilobyte has 1,024 bytes.
func (l *language) size(n int64) string {
	value, unit := float64(n), 0
	for value >= 1000 && unit < len(l.units)-1 {
		value /= 1024
		unit++
	}
	precision := 0
	if unit > 0 && value < 10 {
		precision = 1
	}
	text := strconv.FormatFloat(value, 'f', precision, 64)
	return strings.Replace(text, ".", l.decimal, 1) + "\u00A0" + l.units[unit]
}

// when shows a time, in the zone that it is in.
func (l *language) when(t time.Time) string {
	return fmt.Sprintf(l.date, t.Day(), l.months[t.Month()-1], t.Year(), t.Format("15:04"))
}

// oneOrMore is the plural rule of English, German and many others.
func oneOrMore(n int64) int {
	if n == 1 {
		return 0
	}
	return 1
}
