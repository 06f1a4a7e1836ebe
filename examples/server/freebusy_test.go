package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Everybody sees when John is busy; what somebody uploads is shown, and can do
// no harm.
func TestFreeBusyPage(t *testing.T) {
	t.Parallel()
	r := start(t)
	page := r.url("/~john/freebusy.wssp")
	code, body := r.curl(t, page)
	require.Equal(t, "200", code)
	require.Contains(t, body, "<bdi>john@client1.com</bdi>")
	require.Contains(t, body, ", today</th>")
	code, body = r.curl(t, "-i", page+"?week=2009-03-06") // a week that looks the same at midnight
	require.Equal(t, "200", code)
	require.Contains(t, body, "Content-Security-Policy: default-src 'none'")
	_, tag, _ := strings.Cut(body, "Etag: ")
	tag, _, _ = strings.Cut(tag, "\r\n")
	code, body = r.curl(t, "-H", "If-None-Match: "+tag, page+"?week=2009-03-06")
	require.Equal(t, "304", code)
	require.Empty(t, body)
	for _, query := range []string{"?week=2009-03-06&zone=Asia/Tokyo", "?week=nonsense", "?zone=../../etc/passwd", "?%ff=%00&week=%", "?" + strings.Repeat("week=1&", 5000)} {
		code, body = r.curl(t, page+query)
		require.Equal(t, "200", code, query)
		require.Contains(t, body, "</html>", query)
	}
	code, _ = r.curl(t, r.url("/~mary/freebusy.wssp"))
	require.Equal(t, "404", code, "nothing is published")

	bad := filepath.Join(t.TempDir(), "bad")
	require.NoError(t, os.WriteFile(bad, []byte("<script>alert(1)</script>"), 0o600))
	code, _ = r.curl(t, "-u", r.auth("mary"), "-T", bad, r.url("/~mary/freebusy.vfb"))
	require.Equal(t, "201", code)
	code, body = r.curl(t, r.url("/~mary/freebusy.wssp"))
	require.Equal(t, "200", code)
	require.Contains(t, body, "cannot be read as free/busy information")
	require.NotContains(t, body, "<script")
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
		"john": `class="block unavailable"`, "mary": `<bdi>&lt;script&gt;document.title='owned'&lt;/script&gt;</bdi>`,
	} {
		dom := chromium(t, r.url("/~"+account+"/freebusy.wssp?week="+time.Now().UTC().AddDate(0, 0, 7).Format(time.DateOnly)), "--enable-logging=stderr")
		require.Contains(t, dom, "<title>Free and busy times of ")
		require.Contains(t, dom, want)
		require.NotContains(t, dom, "Content Security Policy", "in the console")
	}
}
