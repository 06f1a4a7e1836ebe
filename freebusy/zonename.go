package freebusy

import (
	_ "embed"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
)

// HostZone is the name by which CommuniGate Pro means the time zone of the server
// itself. [LoadLocation] does not know it: see [Calendar.Host].
const HostZone = "HostOS"

// LoadLocation finds a time zone by any name that calendar programs give it, in any
// letter case:
//
//   - one of the IANA database, of Windows, or of CommuniGate Pro;
//   - what Windows shows for one, as in (UTC+01:00) Amsterdam, Berlin;
//   - a distance from UTC, as in GMT+0100, which counts as people write it;
//   - a path with such a name at its end, as in
//     /freeassociation.sourceforge.net/Tzfile/Europe/Berlin.
//
// It never returns the zone of this machine.
//
// An unknown name is an error. If what Windows shows is not known, but has an
// offset, the error comes with a location that has this offset all year.
func LoadLocation(name string) (*time.Location, error) {
	z := loadZone(name)
	switch {
	case z == nil:
		return nil, fmt.Errorf("freebusy: time zone is not known: %.100q", name)
	case z.guessed:
		return z.location, fmt.Errorf("freebusy: of the time zone no more than the offset is known: %.100q", name)
	}
	return z.location, nil
}

// maxTZID is longer than the names of time zones are.
const maxTZID = 100

var (
	//go:embed ianazones.txt
	ianaZones string
	//go:embed windowszones.txt
	windowsZones string
	//go:embed windowsdisplaynames.txt
	windowsDisplayNames string
	//go:embed communigatezones.txt
	communigateZones string
)

// zoneNames are the names of the tables and the IANA name of each.
type zoneNames struct {
	names  map[string]string   // in lower case
	shown  map[string]string   // what Windows shows without the offset, as letters has it
	places map[placeKey]string // of what Windows shows: the first zone with this place and offset
}

type placeKey struct {
	offset int
	place  string // as letters has it
}

var tables = sync.OnceValue(func() zoneNames {
	t := zoneNames{map[string]string{}, map[string]string{}, map[placeKey]string{}}
	read := func(table string, add func(name, zone string)) {
		for line := range strings.Lines(table) {
			if !strings.HasPrefix(line, "#") {
				name, zone, _ := strings.Cut(strings.TrimSpace(line), "=")
				add(name, zone)
			}
		}
	}
	read(ianaZones, func(name, _ string) { t.names[strings.ToLower(name)] = name })
	read(windowsZones, func(name, zone string) { t.names[strings.ToLower(name)] = zone })
	read(communigateZones, func(name, zone string) { t.names[strings.ToLower(name)] = zone })
	read(windowsDisplayNames, func(name, windows string) {
		zone := t.names[strings.ToLower(windows)]
		offset, places, _ := cutShown(name)
		t.shown[letters(places)] = zone
		for place := range strings.FieldsFuncSeq(places, betweenPlaces) {
			if key := (placeKey{offset, letters(place)}); t.places[key] == "" {
				t.places[key] = zone
			}
		}
	})
	return t
})

// shownForm is a name as Windows shows it, and those of CommuniGate Pro that look
// like it: an offset in parentheses, and places.
var shownForm = regexp.MustCompile(`^(?i)\(\s*(UTC|GMT|)\s*([+-]\d{1,2}[:.]?(?:\d\d)?)?\s*\)\s*(.*)$`)

// cutShown takes a name apart that Windows shows.
func cutShown(name string) (offset int, places string, ok bool) {
	found := shownForm.FindStringSubmatch(name)
	if found == nil || found[1]+found[2] == "" {
		return 0, name, false
	}
	if found[2] != "" {
		if offset, ok = parseDistance(found[2]); !ok {
			return 0, name, false
		}
	}
	return offset, found[3], true
}

func betweenPlaces(r rune) bool { return strings.ContainsRune(",;:/", r) }

// letters returns text without all else, in lower case: programs differ in that.
func letters(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, text)
}

// loadZone finds a time zone by the name that a TZID parameter gives it, nil if
// there is none: see LoadLocation.
func loadZone(name string) *zone {
	if len(name) > maxTZID {
		return nil
	}
	name = strings.Trim(name, " \t\"'")
	if z := namedZone(name); z != nil {
		return z
	}
	if plain := unescape(name); plain != name { // RFC 5545 §3.2 has no escapes in parameters, some programs have
		return loadZone(plain)
	}
	if offset, places, ok := cutShown(name); ok {
		return shownZone(offset, places)
	}
	for parts := strings.Split(name, "/"); len(parts) > 1; {
		before := parts[0]
		parts = parts[1:]
		if strings.EqualFold(before, "Etc") {
			return nil // there GMT+5 would be west, and those that there are stand in the table
		}
		if len(parts) > 3 { // America/Argentina/Ushuaia
			continue
		}
		if z := namedZone(strings.Join(parts, "/")); z != nil {
			return z
		}
	}
	return nil
}

// namedZone finds a time zone by its whole name.
func namedZone(name string) *zone {
	t, key := tables(), strings.ToLower(name)
	iana := t.names[key]
	if iana == "" && strings.Contains(key, "/") {
		iana = t.names[strings.ReplaceAll(key, " ", "_")]
	}
	if iana == "" {
		_, places, _ := cutShown(name)
		iana = t.shown[letters(places)]
	}
	if iana != "" {
		return openZone(iana)
	}
	if found := distanceForm.FindStringSubmatch(name); found != nil {
		if offset, ok := parseDistance(found[1]); ok {
			return &zone{location: fixedZone(offset)}
		}
	}
	if ianaForm.MatchString(name) { // one that is newer than the table
		return openZone(name)
	}
	return nil
}

// shownZone finds a time zone by what a version of Windows shows that is older or
// newer than the table, or another program in its manner: by the first place that
// is known with this offset.
func shownZone(offset int, places string) *zone {
	for place := range strings.FieldsFuncSeq(places, betweenPlaces) {
		if iana := tables().places[placeKey{offset, letters(place)}]; iana != "" {
			return openZone(iana)
		}
	}
	return &zone{location: fixedZone(offset), guessed: places != ""}
}

// ianaForm is the form of a name of the IANA database. None leads out of it, and
// none is one of the files beside it, as localtime is, which is the zone of this
// machine.
var ianaForm = regexp.MustCompile(`^[A-Z][A-Za-z0-9_+-]*(/[A-Z][A-Za-z0-9_+-]*)*$`)

// notZones are names that a system may have files for, some systems in any case.
var notZones = []string{"local", "localtime", "posixrules", "posix", "right", "factory"}

// openZone opens a time zone of the IANA database.
func openZone(name string) *zone {
	first, _, _ := strings.Cut(name, "/")
	for _, not := range notZones {
		if strings.EqualFold(first, not) {
			return nil
		}
	}
	location, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	return &zone{location: location}
}

// distanceForm is a distance from UTC, as in GMT+0100, UTC-5, or +01:00.
var distanceForm = regexp.MustCompile(`^(?i:UTC|GMT)?\s*([+-]\d{1,2}[:.]?(?:\d\d)?)$`)

// parseDistance reads +1, +01, +0100, +01:00 or +01.00 as seconds east of UTC. Clocks
// are up to 14 hours apart from it.
func parseDistance(text string) (seconds int, ok bool) {
	digits := strings.NewReplacer(":", "", ".", "").Replace(text[1:])
	minutes := 0
	if len(digits) > 2 {
		minutes, _ = strconv.Atoi(digits[len(digits)-2:])
		digits = digits[:len(digits)-2]
	}
	hours, err := strconv.Atoi(digits)
	seconds = hours*3600 + minutes*60
	if err != nil || minutes > 59 || seconds > 14*3600 {
		return 0, false
	}
	if text[0] == '-' {
		seconds = -seconds
	}
	return seconds, true
}

// fixedZone is a location that has an offset all year.
func fixedZone(seconds int) *time.Location {
	if seconds == 0 {
		return time.UTC
	}
	return time.FixedZone(time.Unix(0, 0).In(time.FixedZone("", seconds)).Format("UTC-07:00"), seconds)
}
