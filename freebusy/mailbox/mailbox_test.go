package mailbox_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/freebusy/mailbox"
)

// write writes a file below dir, and the directories that lead to it.
func write(t testing.TB, dir, name, content string) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
}

func TestNamesOnDisk(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, disk string }{
		{"Calendar", "Calendar.mbox"},
		{"calendar", "calendar.mdir/1"},
		{"Work/Team", "Work.folder/Team.mbox"},
		{"Work/Team/2009", "Work.folder/Team.folder/2009.mdir/1"},
		{"Work.folder/Team", "Work.folder.folder/Team.mbox"},
		{"Calendar.mbox", "Calendar.mbox.mbox"},
		{"Tom & Jerry", "Tom &- Jerry.mbox"},
		{"&-", "&--.mbox"},
		{"Kalender für Jörg", "Kalender f&APw-r J&APY-rg.mbox"},
		{"Календарь", "&BBoEMAQ7BDUEPQQ0BDAEQARM-.mbox"},
		{"mail/台北/日本語", "mail.folder/&U,BTFw-.folder/&ZeVnLIqe-.mbox"}, // RFC 3501 §5.1.3
		{"☺☺a☺&", "&JjomOg-a&Jjo-&-.mbox"},
		{"📅", "&2D3cxQ-.mbox"},
		{".hidden", ".hidden.mbox"},
		{"a b", "a b.mbox"},
		{"...", "....mbox"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, dir, tt.disk, "From <>(\n"+mail("a"))
			if strings.HasSuffix(tt.disk, ".mdir/1") {
				write(t, dir, tt.disk, mail("a"))
			}
			m, err := mailbox.Open(dir, tt.name)
			require.NoError(t, err)
			require.True(t, m.State().Exists())
			uids, errs := drain(t, m.Items(t.Context()))
			require.Empty(t, errs)
			require.Equal(t, []string{"a"}, uids)
		})
	}
}

// hostileNames are names that nothing may be opened by.
var hostileNames = []string{
	"", "/", "//", "a/", "/a", "a//b", ".", "..", "./a", "a/.", "a/..", "../a", "a/../b", "../canary", "a/../../canary", "../../../../etc/passwd",
	"/etc/passwd", "~", "~fred", "~fred/Calendar", "~/Calendar", "a\x00", "a\x00/../canary", "a\nb", "a\r", "a\tb", "\x1b[31m", "a\x7f", "a\u0085b",
	"\xff", "a/\xc0\xae\xc0\xae/b", "\xed\xa0\x80", strings.Repeat("a", 249), strings.Repeat("a", 1025), strings.Repeat("ü", 120),
	strings.Repeat("a/", 32) + "a", strings.Repeat("a/", 300) + "a",
}

func TestHostileNames(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	account := filepath.Join(parent, "john.macnt")
	for _, name := range []string{"canary.mbox", "john.macnt/.mbox", "john.macnt/..mbox", "john.macnt/...mbox", "john.macnt/~.mbox", "john.macnt/~fred.mbox",
		"john.macnt/~fred.folder/Calendar.mbox", "john.macnt/a.folder/.mbox", "john.macnt/a.mbox", "etc/passwd.mbox"} {
		write(t, parent, name, "From <>(\n"+mail("canary"))
	}
	for _, name := range hostileNames {
		_, err := mailbox.Open(account, name)
		require.ErrorIs(t, err, fs.ErrInvalid, "%q", name)
		require.NotContains(t, err.Error(), parent)
		state, err := mailbox.StateOf(account, name)
		require.ErrorIs(t, err, fs.ErrInvalid, "%q", name)
		require.False(t, state.Exists())
	}
	for _, name := range []string{"canary", "%2e%2e/canary", `..\canary`, "‥/canary", "．．/canary", "a/canary", "Canary", strings.Repeat("a", 248), strings.Repeat("a/", 31) + "a"} {
		_, err := mailbox.Open(account, name)
		require.ErrorIs(t, err, fs.ErrNotExist, "%q", name)
		state, err := mailbox.StateOf(account, name)
		require.NoError(t, err, "%q", name)
		require.Equal(t, mailbox.State{}, state)
	}
}

func TestForms(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "Sliced.mslc", "?")
	write(t, dir, "SlicedDir.mslc/1", "?")
	write(t, dir, "All.mbox", "From <>(\n"+mail("mbox"))
	write(t, dir, "All.mdir/1", mail("mdir"))
	write(t, dir, "All.mslc", "?")
	write(t, dir, "Two.mdir/1", mail("mdir"))
	write(t, dir, "Two.mslc", "?")
	write(t, dir, "DirForFile.mbox/x", "")
	write(t, dir, "FileForDir.mdir", "")
	write(t, dir, "FileForFolder.folder", "")
	write(t, dir, "Folder.folder/Inner.mbox", "")

	for _, name := range []string{"Sliced", "SlicedDir"} {
		_, err := mailbox.Open(dir, name)
		require.ErrorIs(t, err, mailbox.ErrSliced)
		require.ErrorContains(t, err, name+": a sliced mailbox (.mslc)")
		_, err = mailbox.StateOf(dir, name)
		require.ErrorIs(t, err, mailbox.ErrSliced)
	}
	for name, want := range map[string]string{"All": "mbox", "Two": "mdir"} {
		m, err := mailbox.Open(dir, name)
		require.NoError(t, err)
		uids, errs := drain(t, m.Items(t.Context()))
		require.Empty(t, errs)
		require.Equal(t, []string{want}, uids)
	}
	for name, want := range map[string]string{"DirForFile": "not a regular file", "FileForDir": "not a directory", "FileForFolder/x": "not a directory"} {
		_, err := mailbox.Open(dir, name)
		require.ErrorContains(t, err, want)
		require.NotErrorIs(t, err, fs.ErrNotExist)
	}
	for _, name := range []string{"Folder", "None", "None/None"} { // a folder alone holds no messages
		_, err := mailbox.Open(dir, name)
		require.ErrorIs(t, err, fs.ErrNotExist)
		require.EqualError(t, err, "find mailbox "+name+": file does not exist")
	}
	_, err := mailbox.StateOf(filepath.Join(dir, "gone.macnt"), "Calendar")
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.NotContains(t, err.Error(), dir)
}

func TestMdir(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, tt := range []struct {
		file, content string
		age           time.Duration
	}{
		{"10", mail("10"), 0},
		{"9", mail("9"), 0}, // as old as 10
		{"009-b", mail("009-b"), 0},
		{"zz", mail("oldest"), 3 * time.Hour},
		{"1236330000.1.host:2,S", mail("seen"), 2 * time.Hour},
		{"1236330000.2.host:2,ST", mail("trashed"), 2 * time.Hour},
		{"1236330000.3.host;2,T", mail("trashed"), 2 * time.Hour},
		{"1236330000.4.host!2,T", mail("trashed"), 2 * time.Hour},
		{"1236330000.5.host:1,T", mail("experimental"), 2 * time.Hour},
		{"1236330000.6.hosT:2,", mail("no-flags"), 2 * time.Hour},
		{"status", "X-Status: D\r\n" + mail("deleted"), time.Hour},
		{"crlf", mail("crlf"), time.Hour},
		{"lf", lf(mail("lf")), time.Hour - time.Minute},
		{"quoted", "Content-Type: text/calendar\n\nBEGIN:VCALENDAR\nUID:quoted\n\nFrom <>(x)\nX: y\n>From x\nEND:VCALENDAR\n", time.Hour - 2*time.Minute},
		{"broken", "Content-Type: text/calendar\n\nx", time.Minute},
		{"empty", "", time.Minute / 2},
		{".temporary", mail("temporary"), 0},
	} {
		write(t, dir, "Calendar.mdir/"+tt.file, tt.content)
		when := time.Date(2009, time.March, 6, 9, 0, 0, 0, time.UTC).Add(-tt.age)
		require.NoError(t, os.Chtimes(filepath.Join(dir, "Calendar.mdir", tt.file), when, when))
	}
	require.NoError(t, os.Mkdir(filepath.Join(dir, "Calendar.mdir", "cur"), 0o755))

	m, err := mailbox.Open(dir, "Calendar")
	require.NoError(t, err)
	uids, errs := drain(t, m.Items(t.Context()))
	require.Equal(t, []string{"oldest", "seen", "experimental", "no-flags", "crlf", "lf", "quoted", "9", "009-b", "10"}, uids)
	require.Len(t, errs, 3)
	require.EqualError(t, errs[0], `mailbox "Calendar": message 12, file "broken": calendar part without a VCALENDAR`)
	require.EqualError(t, errs[1], `mailbox "Calendar": message 13, file "empty": unexpected EOF`)
	require.EqualError(t, errs[2], `mailbox "Calendar": message 17, file "cur": not a regular file`)
}
