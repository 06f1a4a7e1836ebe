package freebusy

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// rows returns the names of a table, and what stands behind them.
func rows(table string) map[string]string {
	found := map[string]string{}
	for line := range strings.Lines(table) {
		if !strings.HasPrefix(line, "#") {
			name, zone, _ := strings.Cut(strings.TrimSpace(line), "=")
			found[name] = zone
		}
	}
	return found
}

// Every name of the tables is known, in whatever letters.
func TestTables(t *testing.T) {
	t.Parallel()
	windows := rows(windowsZones)
	require.Len(t, windows, 139)
	require.Len(t, rows(windowsDisplayNames), 139)
	require.Len(t, rows(ianaZones), 597)
	require.Len(t, rows(communigateZones), 54+2)
	for _, table := range []struct {
		text string
		iana func(name, behind string) string
	}{
		{windowsZones, func(_, behind string) string { return behind }},
		{windowsDisplayNames, func(_, behind string) string { return windows[behind] }},
		{communigateZones, func(_, behind string) string { return behind }},
		{ianaZones, func(name, _ string) string {
			if name == "UTC" {
				return windows[name]
			}
			return name
		}},
	} {
		for name, behind := range rows(table.text) {
			for _, written := range []string{name, strings.ToLower(name), strings.ToUpper(name), " " + strings.ReplaceAll(name, ",", `\,`), `"` + name + `"`} {
				location, err := LoadLocation(written)
				require.NoError(t, err, written)
				require.Equal(t, table.iana(name, behind), location.String(), written)
			}
		}
	}
}

// A name of CommuniGate Pro with an offset has this offset all year.
func TestCommunigateOffsets(t *testing.T) {
	t.Parallel()
	n := 0
	for name := range rows(communigateZones) {
		offset, _, ok := cutShown(name)
		if !ok {
			continue
		}
		n++
		for month := range 12 {
			_, got := time.Date(2009, time.Month(1+month), 1, 0, 0, 0, 0, loadZone(name).location).Zone()
			require.Equal(t, offset, got, name)
		}
	}
	require.Equal(t, 20, n)
}

func TestLoadLocation(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"UTC": "Etc/UTC", "utc": "Etc/UTC", "GMT+0": "GMT+0", "Etc/GMT+5": "Etc/GMT+5", "etc/gmt-14": "Etc/GMT-14", "EST5EDT": "EST5EDT",
		"UTC+12": "Etc/GMT-12", "UTC-11": "Etc/GMT+11", // of Windows
		"GMT+1": "UTC+01:00", "GMT+01": "UTC+01:00", "GMT+0100": "UTC+01:00", "GMT+01:00": "UTC+01:00", "UTC -3.30": "UTC-03:30", "+0545": "UTC+05:45", "-5": "UTC-05:00",
		"GMT+130": "UTC+01:30", "UTC+14:00": "UTC+14:00", "+0000": "UTC", "GMT-00:00": "UTC", "(UTC)": "UTC", "(GMT+02:00)": "UTC+02:00",
		"/mozilla.org/20070129_1/America/Argentina/Ushuaia": "America/Argentina/Ushuaia",
		"http://tzurl.org/zoneinfo/Europe/Berlin":           "Europe/Berlin", "tzone://Microsoft/Utc": "Etc/UTC", "X/UTC+1": "UTC+01:00",
		"(GMT+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna": "Europe/Berlin", "(gmt+1) berlin": "Europe/Berlin",
		"Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna": "Europe/Berlin", "(UTC+04:00) Moscow, St. Petersburg": "Europe/Moscow",
	} {
		location, err := LoadLocation(name)
		require.NoError(t, err, name)
		require.Equal(t, want, location.String(), name)
	}
	// What is no name is no zone, least of all that of this machine.
	for _, name := range []string{
		"", " ", "/", "Local", "local", "LOCAL", "localtime", "Localtime", "LOCALTIME", "posixrules", "Posixrules", "Factory", "factory", "posix/localtime",
		"/etc/localtime", "/usr/share/zoneinfo/localtime", "../localtime", "Europe/../localtime", "../../etc/localtime", "Europe\\localtime", "TZ", "$TZ", ":/etc/localtime",
		"zone.tab", "tzdata.zi", "leapseconds", "Nowhere", "Europe/Nowhere", "HostOS", "Etc/GMT+15", "Etc/UTC+5", "GMT+15", "GMT+01:60", "()", "() Berlin", "GMT+", "GMT+1:2:3", "UTC+1h",
		"tzone://Microsoft/Custom", "CET-1CEST,M3.5.0,M10.5.0/3", strings.Repeat("Europe/", 20) + "Berlin", "(UTC+99:00) Berlin", "\x00",
	} {
		location, err := LoadLocation(name)
		require.Error(t, err, name)
		require.Nil(t, location, name)
	}
	location, err := LoadLocation("(UTC+03:30) Atlantis")
	require.ErrorContains(t, err, "no more than the offset is known")
	require.Equal(t, "UTC+03:30", location.String())
}

// HostOS is what the program says, where a VTIMEZONE does not.
func TestHost(t *testing.T) {
	t.Parallel()
	tokyo, err := LoadLocation("Asia/Tokyo")
	require.NoError(t, err)
	calendar := Calendar{Host: tokyo}
	for _, lines := range []string{
		"DTSTART;TZID=HostOS:20090306T090000\nUID:1\n", "DTSTART;TZID=\"hostos\":20090307T090000\nUID:2\n", "DTSTART:20090308T090000\nUID:3\n",
	} {
		require.NoError(t, calendar.Add([]byte("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDURATION:PT1H\n"+lines+"END:VEVENT\nEND:VCALENDAR\n")))
	}
	require.NoError(t, calendar.Add([]byte("BEGIN:VCALENDAR\nX-WR-TIMEZONE:HostOS\nBEGIN:VEVENT\nUID:4\nDTSTART:20090309T090000\nDURATION:PT1H\nEND:VEVENT\nEND:VCALENDAR\n")))
	start := time.Date(2009, time.March, 1, 0, 0, 0, 0, time.UTC)
	periods, err := calendar.Busy(start, start.AddDate(0, 1, 0), nil)
	require.NoError(t, err)
	var starts []string
	for _, p := range periods {
		starts = append(starts, p.Start.Format("02T15"))
	}
	require.Equal(t, []string{"06T00", "07T00", "08T09", "09T00"}, starts)
}

func FuzzLoadLocation(f *testing.F) {
	for _, name := range []string{
		"Europe/Berlin", "w. europe standard time", "(UTC+01:00) Amsterdam\\, Berlin", "GMT+05:30", "Etc/GMT+5", "tzone://Microsoft/Utc", "localtime", "../x", "(GMT) A : B / C", `\\"`,
	} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		location, err := LoadLocation(name)
		require.NotSame(t, time.Local, location)
		if err != nil {
			return
		}
		require.NotContains(t, strings.ToLower(location.String()), "local")
		_, offset := time.Unix(0, 0).In(location).Zone()
		require.LessOrEqual(t, max(offset, -offset), 15*3600)
		same, err := LoadLocation(" " + location.String() + " ")
		require.NoError(t, err)
		_, again := time.Unix(0, 0).In(same).Zone()
		require.Equal(t, offset, again)
	})
}
