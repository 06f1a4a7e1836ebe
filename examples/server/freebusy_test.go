package main

import (
	"encoding/base64"
	"net/textproto"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/freebusy"
)

// Everybody sees when John is busy; what somebody uploads is shown, and can do
// no harm.
func TestFreeBusyPage(t *testing.T) {
	t.Parallel()
	r := start(t)
	page := r.url("/~john/freebusy.wssp")
	code, body := r.curl(t, page)
	require.Equal(t, "200", code)
	require.Contains(t, body, "When john@client1.com is busy")
	require.Contains(t, body, ", today</span>")
	code, body = r.curl(t, "-i", page+"?week=2009-03-06")
	require.Equal(t, "200", code)
	require.Contains(t, body, "Content-Security-Policy: default-src 'none'")
	code, body = r.curl(t, page+"?zone=Europe/Berlin&with=ann@client2.com")
	require.Equal(t, "200", code)
	require.Regexp(t, `<li><span class="peer">[A-Z][a-z]+day, \d+ [A-Z][a-z]+</span><span><time>\d\d:\d\d</time>`, body, "when both are free")
	for _, query := range []string{"?week=2009-03-06&zone=Asia/Tokyo", "?week=nonsense", "?zone=../../etc/passwd", "?%ff=%00&week=%", "?" + strings.Repeat("week=1&", 5000)} {
		code, body = r.curl(t, page+query)
		require.Equal(t, "200", code, query)
		require.Contains(t, body, "</html>", query)
	}
	code, body = r.curl(t, r.url("/~mary/freebusy.wssp"))
	require.Equal(t, "200", code)
	require.NotContains(t, body, `class="busy"`, "she has no calendar")

	bad := filepath.Join(t.TempDir(), "bad")
	require.NoError(t, os.WriteFile(bad, []byte("<script>alert(1)</script>"), 0o600))
	code, _ = r.curl(t, "-u", r.auth("mary"), "-T", bad, r.url("/~mary/freebusy.vfb"))
	require.Equal(t, "201", code)
	code, body = r.curl(t, r.url("/~mary/freebusy.wssp"))
	require.Equal(t, "200", code)
	require.Contains(t, body, "cannot be read as free/busy information")
	require.NotContains(t, body, "alert(1)")
}

// The policy that the site sends leaves the page as it is: a browser has
// nothing to complain of.
func TestChromiumShowsFreeBusyPage(t *testing.T) {
	t.Parallel()
	r := start(t)
	evil := filepath.Join(t.TempDir(), "evil")
	require.NoError(t, os.WriteFile(evil, []byte("BEGIN:VCALENDAR\r\nBEGIN:VFREEBUSY\r\nORGANIZER:<script>document.title='owned'</script>\r\nEND:VFREEBUSY\r\nEND:VCALENDAR\r\n"), 0o600))
	code, _ := r.curl(t, "-u", r.auth("mary"), "-T", evil, r.url("/~mary/freebusy.vfb"))
	require.Equal(t, "201", code)
	for account, want := range map[string]string{
		"john": `class="away"`, "mary": "not published",
	} {
		dom := chromium(t, r.url("/~"+account+"/freebusy.wssp?week="+time.Now().UTC().AddDate(0, 0, 7).Format(time.DateOnly)), "--enable-logging=stderr")
		require.Contains(t, dom, "<title>When "+account+"@client1.com is busy")
		require.Contains(t, dom, want)
		require.NotContains(t, dom, "Content Security Policy", "in the console")
	}
}

// John's calendar becomes John's busy time, whatever protocol asks first, and the
// same in all of them.
func TestFreeBusyByEveryWayIn(t *testing.T) {
	t.Parallel()
	r := start(t)
	ways := map[string]func() (string, error){
		"http": func() (string, error) { return client(t, "curl", "-sS", "-f", r.url("/~john/freebusy.vfb")) },
		"ftp": func() (string, error) {
			return client(t, "curl", "-sS", "ftp://"+r.addr["ftp"]+"/~john/freebusy.vfb", "-u", r.auth("mary"))
		},
		"tftp": func() (string, error) { return client(t, "curl", "-sS", "tftp://"+r.addr["tftp"]+"/freebusy.vfb") },
		"cli": func() (string, error) {
			v, err := cgpdata.Parse([]byte(r.cli(t, "mary@client1.com", "READSTORAGEFILE john@client1.com FILE freebusy.vfb")), nil)
			text := v.Index(0).Bytes()
			return string(text), err
		},
	}
	stored := r.storage("john@client1.com", "freebusy.vfb")
	for first, read := range ways {
		require.NoFileExists(t, stored)
		text, err := read()
		require.NoError(t, err, first)
		schedule, err := freebusy.Parse([]byte(text))
		require.NoError(t, err, first)
		require.Equal(t, "mailto:john@client1.com", schedule.Organizer)
		require.Greater(t, len(schedule.Periods), 50, first)
		require.FileExists(t, stored)
		for way, read := range ways {
			again, err := read()
			require.NoError(t, err, way)
			require.Equal(t, withoutStamp(text), withoutStamp(again), "%s after %s", way, first)
		}
		require.NoError(t, os.Remove(stored))
	}

	_, err := ways["http"]()
	require.NoError(t, err)
	require.NoError(t, os.Remove(filepath.Join(r.base, accountDir("john@client1.com"), "Calendar.mbox")))
	require.Eventually(t, func() bool {
		text, err := ways["http"]()
		require.NoError(t, err)
		schedule, err := freebusy.Parse([]byte(text))
		require.NoError(t, err)
		return len(schedule.Periods) == 0
	}, time.Minute, 100*time.Millisecond, "the calendar is gone")
	require.NoFileExists(t, stored)
}

// Calendar items as mailers and calendar programs write them become busy time, in the
// time zones of the items, of the owner, and of the server.
func TestFreeBusyOfOddItems(t *testing.T) {
	t.Parallel()
	r := start(t, "-time-zone", "(+0900) Japan/Korea")
	dir := filepath.Join(r.base, accountDir("mary@client1.com"))
	tomorrow := time.Now().UTC().AddDate(0, 0, 1).Truncate(24 * time.Hour)
	day := tomorrow.Format("20060102")
	event := func(uid, lines string) string {
		return "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:" + uid + "\r\n" + strings.ReplaceAll(lines, "DAY", day) + "\r\nDURATION:PT1H\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
	}
	var mbox strings.Builder
	for _, message := range []string{
		// The owner's time zone, UTC+05:30 all year; that of the server, UTC+09:00; one with an offset.
		"Content-Type: text/calendar\r\n\r\n" + event("a", "DTSTART:DAYT053000"),
		"Content-Type: text/calendar\r\n\r\n" + event("b", "DTSTART;TZID=HostOS:DAYT110000"),
		"Content-Type: text/calendar\r\n\r\n" + event("c", "DTSTART;TZID=(-0700) Arizona:DAYT050000") + event("d", "DTSTART; TZID=GMT+01:00 : DAYt150000"),
		"Content-Type: multipart/alternative; charset; boundary=----NODEMAILER-?=_1-1\r\n\r\n------NODEMAILER-?=_1-1\r\nno colon\r\nContent-Type: text/calendar; name=a b.ics\r\n\r\n" +
			event("e", "DTSTART:DAYT160000Z") + "\r\n------NODEMAILER-?=_1-1--\r\n",
		"no colon\r\nContent-Type: text/calendar; charset=x-unknown\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
			strings.ReplaceAll(base64.StdEncoding.EncodeToString([]byte(event("f", "DTSTART:DAYT180000Z"))), "A", "%A!"),
	} {
		mbox.WriteString("From <>(x)\r\n" + message + "\r\n")
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "Calendar.mbox"), []byte(mbox.String()), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "account.info"), []byte(`{"#Viewer"={TimeZone="Asia/India";};}`), 0o600))
	code, body := r.curl(t, r.url("/~mary/freebusy.vfb"))
	require.Equal(t, "200", code)
	schedule, err := freebusy.Parse([]byte(body))
	require.NoError(t, err)
	var hours []int
	for _, p := range schedule.Periods {
		hours = append(hours, int(p.Start.Sub(tomorrow).Hours()))
	}
	require.Equal(t, []int{0, 2, 12, 14, 16, 18}, hours)
	require.NotContains(t, r.log(t), "calendar items cannot be read")
}

// withoutStamp leaves out when a file was made: what is made out of a calendar
// that has just changed is made again a moment later.
func withoutStamp(text string) string { return stamp.ReplaceAllString(text, "") }

var stamp = regexp.MustCompile(`DTSTAMP:\S+`)

// cli gives a command in the name of an account, and returns what it answers.
func (r *running) cli(t *testing.T, account, command string) string {
	t.Helper()
	c, err := textproto.Dial("tcp", r.addr["cli"])
	require.NoError(t, err)
	defer c.Close()
	reply := ""
	for i, line := range []string{"", "USER " + account, "PASS " + r.password[account], "INLINE", command} {
		if i > 0 {
			require.NoError(t, c.PrintfLine("%s", line))
		}
		reply, err = c.ReadLine()
		require.NoError(t, err)
	}
	reply, ok := strings.CutPrefix(reply, "201 ")
	require.True(t, ok, reply)
	return reply
}
