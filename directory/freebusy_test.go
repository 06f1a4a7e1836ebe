package directory_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/freebusy"
	fixtures "github.com/cgpkit/cgpkit/internal/fixture"
)

const freeBusyFile = "freebusy.vfb"

// busyAt is a message of a calendar mailbox: somebody is busy for an hour from
// this hour of tomorrow on, in the time zone of the calendar.
func (x *fixture) busyAt(uid, hour string) string {
	day := x.now.UTC().AddDate(0, 0, 1).Format("20060102")
	return "From <> Fri Nov 20 10:00:00 2026\n" + strings.Join([]string{
		"Subject: meeting", "MIME-Version: 1.0", "Content-Type: text/calendar; charset=utf-8", "",
		"BEGIN:VCALENDAR", "METHOD:PUBLISH", "BEGIN:VEVENT", "UID:" + uid,
		"DTSTART:" + day + "T" + hour + "0000", "DURATION:PT1H", "END:VEVENT", "END:VCALENDAR", "", "",
	}, "\n")
}

// published returns what a stranger reads in the file of an account.
func (x *fixture) published(t *testing.T, account string) freebusy.Schedule {
	t.Helper()
	f, err := filestore.NewViews(x.Base, x.Stores(), nil).View(filestore.Caller{}, account).Open(t.Context(), freeBusyFile)
	require.NoError(t, err)
	defer f.Close()
	text, err := io.ReadAll(f)
	require.NoError(t, err)
	s, err := freebusy.Parse(text)
	require.NoError(t, err)
	return s
}

// busyHours returns the hours in which an account is busy, in UTC.
func (x *fixture) busyHours(t *testing.T, account string) string {
	t.Helper()
	var hours []string
	for _, p := range x.published(t, account).Periods {
		hours = append(hours, p.Start.Format("15"))
	}
	return strings.Join(hours, " ")
}

func (x *fixture) stored(t *testing.T, account string) bool {
	t.Helper()
	a, err := x.Account(t.Context(), account)
	require.NoError(t, err)
	_, err = a.Store.Stat(t.Context(), freeBusyFile)
	return err == nil
}

var utc = directory.Options{TimeZone: time.UTC}

func TestFreeBusyOfAnAccount(t *testing.T) {
	t.Parallel()
	const john, calendar = "john@main.example", "Accounts/john.macnt/Calendar.mbox"
	b := newBase(t, files{"Accounts/john.macnt/": ""}, utc)
	require.Empty(t, b.busyHours(t, john), "no calendar")
	require.False(t, b.stored(t, john))

	b.change(t, files{calendar: b.busyAt("a", "09")})
	b.pass()
	require.Equal(t, "09", b.busyHours(t, john))
	require.True(t, b.stored(t, john))
	s := b.published(t, john)
	require.Equal(t, "mailto:john@main.example", s.Organizer)
	require.Equal(t, 60*24*time.Hour, s.End.Sub(s.Start))

	b.change(t, files{calendar: b.busyAt("a", "10") + b.busyAt("b", "15")})
	b.pass()
	require.Equal(t, "10 15", b.busyHours(t, john))

	b.change(t, files{"Accounts/john.macnt/account.info": "{\"#Viewer\"={PublishFreeBusy=7;CalendarBox=\"Work/Büro\";};}"})
	b.pass()
	require.Empty(t, b.busyHours(t, john), "another calendar, which is not there")
	require.False(t, b.stored(t, john))
	b.change(t, files{"Accounts/john.macnt/Work.folder/B&APw-ro.mdir/1": strings.SplitAfterN(b.busyAt("c", "20"), "\n", 2)[1]})
	b.pass()
	require.Equal(t, "20", b.busyHours(t, john))
	s = b.published(t, john)
	require.Equal(t, 7*24*time.Hour, s.End.Sub(s.Start))

	for _, none := range []string{"0", `""`} {
		b.change(t, files{"Accounts/john.macnt/account.info": `{"#Viewer"={PublishFreeBusy=` + none + `;};}`})
		b.pass()
		require.Empty(t, b.busyHours(t, john), "nothing is published")
		require.False(t, b.stored(t, john))
	}
}

// Floating times are those of the time zone in the options.
func TestFreeBusyTimeZone(t *testing.T) {
	t.Parallel()
	b := newBase(t, files{"Accounts/john.macnt/": ""}, directory.Options{TimeZone: time.FixedZone("", 2*3600)})
	b.change(t, files{"Accounts/john.macnt/Calendar.mbox": b.busyAt("a", "09")})
	require.Equal(t, "07", b.busyHours(t, "john@main.example"))
}

// The time zone of an owner is the account's preference, the server's default for
// preferences, then the option; HostOS is the option everywhere.
func TestFreeBusyTimeZonePreference(t *testing.T) {
	t.Parallel()
	const john, info, prefs, server = "john@main.example", "Accounts/john.macnt/account.info", "Accounts/john.macnt/account.prefs", "Settings/WebUserPrefs.settings"
	b := newBase(t, files{"Accounts/john.macnt/": ""}, directory.Options{TimeZone: time.FixedZone("", 2*3600)})
	host := strings.ReplaceAll(b.busyAt("b", "09"), "DTSTART:", "DTSTART;TZID=HostOS:")
	zoned := strings.ReplaceAll(b.busyAt("c", "22"), "DTSTART:", "DTSTART;TZID=Asia/India:") // 16:30 in UTC
	b.change(t, files{"Accounts/john.macnt/Calendar.mbox": b.busyAt("a", "12") + host + zoned})
	for _, step := range []struct {
		name, file, text string
		want             string // of the floating time, of HostOS, of a zone
	}{
		{"option", info, "{}", "07 10 16"},
		{"server's default", server, `{TimeZone="(+0900) Japan/Korea";}`, "03 07 16"},
		{"older preferences", prefs, `{TimeZone="Asia/India";}`, "06 16"},
		{"preferences", info, `{"#Viewer"={TimeZone="Europe/Moscow";};}`, "07 09 16"},
		{"name of CommuniGate Pro with an offset", info, `{"#Viewer"={TimeZone="(-0700) Arizona";};}`, "07 16 19"},
		{"HostOS", info, `{"#Viewer"={TimeZone=HostOS;};}`, "07 10 16"},
		{"empty", info, `{"#Viewer"={TimeZone="";};}`, "07 10 16"},
		{"unknown, passed over", info, `{"#Viewer"={TimeZone=Atlantis;};}`, "06 16"},
		{"of this machine, passed over", info, `{"#Viewer"={TimeZone=localtime;};}`, "06 16"},
		{"no name, passed over", info, `{"#Viewer"={TimeZone=(x);};}`, "06 16"},
		{"in other letters", info, `{"#Viewer"={TimeZone="hawaiian standard time";};}`, "07 16 22"},
	} {
		b.change(t, files{step.file: step.text})
		b.pass()
		got := strings.Fields(b.busyHours(t, john))
		slices.Sort(got)
		require.Equal(t, step.want, strings.Join(got, " "), step.name)
		require.NotContains(t, b.log.String(), b.dir)
	}
	require.Contains(t, b.log.String(), "TimeZone")
	require.Contains(t, b.log.String(), "not known")
}

func TestFreeBusyOfOthers(t *testing.T) {
	t.Parallel()
	b := newBase(t, files{"Accounts/fred.mbox": "", "Accounts/fred.web/f": "", "Accounts/john.macnt/": ""}, utc)
	require.Empty(t, b.busyHours(t, "fred@main.example"), "a single-mailbox account has no calendar")
	require.False(t, b.stored(t, "fred@main.example"))
	_, err := filestore.NewViews(b.Base, b.Stores(), nil).View(filestore.Caller{}, "nobody@main.example").Open(t.Context(), freeBusyFile)
	require.Error(t, err)
	_, err = b.BuildFreeBusy(t.Context(), "nobody@main.example", nil)
	require.NoError(t, err)
}

// The name of the calendar comes from its owner: it leads to nobody else's, and
// what cannot be read is the empty dataset.
func TestFreeBusyOfHostileNames(t *testing.T) {
	t.Parallel()
	b := newBase(t, files{"Accounts/john.macnt/": "", "Accounts/mary.macnt/": ""}, utc)
	b.change(t, files{
		"Accounts/mary.macnt/Calendar.mbox": b.busyAt("a", "09"), "Accounts/all.mbox": b.busyAt("a", "09"),
		"Accounts/john.macnt/Sliced.mslc/x": "",
	})
	for link, to := range map[string]string{"Link.mbox": "Calendar.mbox", "Dir.folder": "."} {
		if err := os.Symlink(filepath.Join("..", "mary.macnt", to), b.path("Accounts/john.macnt/"+link)); err != nil {
			fixtures.Lacking(t, "no symbolic links here")
		}
	}
	for _, name := range []string{
		"../mary.macnt/Calendar", "../all", "../../Accounts/all", "/Calendar", "~mary/Calendar", "~mary@main.example/Calendar",
		"", ".", "..", "a/../Calendar", "Link", "Dir/Calendar", "Sliced", "Calendar.mbox", strings.Repeat("a", 300), strings.Repeat("a/", 2000) + "b",
	} {
		b.change(t, files{"Accounts/john.macnt/account.info": `{"#Viewer"={CalendarBox="` + name + `";};}`})
		b.advance(2 * time.Minute)
		require.Empty(t, b.busyHours(t, "john@main.example"), name)
		require.False(t, b.stored(t, "john@main.example"), name)
		require.NotContains(t, b.log.String(), b.dir)
	}
	require.Contains(t, b.log.String(), "mslc")
}

// An owner who publishes nothing any more need not wait until their calendar can be
// read.
func TestFreeBusyEndsWhileTheCalendarCannotBeRead(t *testing.T) {
	t.Parallel()
	const john = "john@main.example"
	b := newBase(t, files{"Accounts/john.macnt/": ""}, utc)
	b.change(t, files{"Accounts/john.macnt/Calendar.mbox": b.busyAt("a", "09")})
	require.Equal(t, "09", b.busyHours(t, john))
	require.NoError(t, os.Remove(b.path("Accounts/john.macnt/Calendar.mbox")))
	b.change(t, files{"Accounts/john.macnt/Calendar.mslc/x": ""})
	b.pass()
	require.Equal(t, "09", b.busyHours(t, john))
	require.Contains(t, b.log.String(), "mslc")
	b.change(t, files{"Accounts/john.macnt/account.info": `{"#Viewer"={PublishFreeBusy=0;};}`})
	b.pass()
	require.Empty(t, b.busyHours(t, john))
	require.False(t, b.stored(t, john))
}

// Without a reader of calendars nothing is made, and what is stored stays.
func TestFreeBusyWithoutCalendars(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f := files{"Settings/Main.settings": mainSettings, "Accounts/john.macnt/account.web/freebusy.vfb": "stored", "Accounts/mary.macnt/": ""}
	f.write(t, dir)
	b, err := directory.Open(dir, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	for account, want := range map[string]string{"john@main.example": "stored", "mary@main.example": ""} {
		f, err := filestore.NewViews(b, b.Stores(), nil).View(filestore.Caller{}, account).Open(t.Context(), freeBusyFile)
		if want == "" {
			require.ErrorIs(t, err, fs.ErrNotExist)
			continue
		}
		require.NoError(t, err)
		text, err := io.ReadAll(f)
		require.NoError(t, errors.Join(err, f.Close()))
		require.Equal(t, want, string(text))
	}
}
