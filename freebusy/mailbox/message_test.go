package mailbox_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/freebusy/mailbox"
)

var uidLine = regexp.MustCompile(`(?m)^UID:(\S+?)\r?$`)

// uid returns the UID of an item.
func uid(t testing.TB, item []byte) string {
	t.Helper()
	found := uidLine.FindSubmatch(item)
	require.NotNil(t, found, "%q", item)
	return string(found[1])
}

// drain returns the UIDs of all items, and all errors.
func drain(t testing.TB, items iter.Seq2[[]byte, error]) (uids []string, errs []error) {
	t.Helper()
	for item, err := range items {
		if err != nil {
			require.Nil(t, item)
			errs = append(errs, err)
			continue
		}
		uids = append(uids, uid(t, item))
	}
	return uids, errs
}

// event is the text of a VCALENDAR with one event.
func event(uid string) string {
	return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:PUBLISH\r\nBEGIN:VEVENT\r\nUID:" + uid +
		"\r\nDTSTART:20090306T090000Z\r\nDTEND:20090306T100000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
}

// mail is a message that holds one event.
func mail(uid string) string {
	return "Subject: " + uid + "\r\nContent-Type: text/calendar; charset=utf-8\r\n\r\n" + event(uid)
}

// messageCase is a message of testdata and what must come of it.
type messageCase struct {
	name    string
	message []byte
	uids    []string
	err     string // "" for none
}

func messageCases(t testing.TB) []messageCase {
	t.Helper()
	dir := filepath.Join("testdata", "messages")
	table, err := os.ReadFile(filepath.Join(dir, "want.tsv"))
	require.NoError(t, err)
	var cases []messageCase
	for line := range strings.Lines(string(table)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		require.Len(t, fields, 3, line)
		c := messageCase{name: fields[0]}
		c.message, err = os.ReadFile(filepath.Join(dir, c.name+".eml"))
		require.NoError(t, err)
		if fields[1] != "-" {
			c.uids = strings.Fields(fields[1])
		}
		if fields[2] != "-" {
			c.err = fields[2]
		}
		cases = append(cases, c)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.eml"))
	require.NoError(t, err)
	require.Len(t, cases, len(files), "a message that is not in want.tsv")
	return cases
}

func TestMessages(t *testing.T) {
	t.Parallel()
	broken := 0
	for _, tt := range messageCases(t) {
		if tt.err != "" {
			broken++
		}
		for _, way := range []struct {
			name string
			of   func(io.Reader) io.Reader
		}{
			{"at once", func(r io.Reader) io.Reader { return r }},
			{"byte by byte", iotest.OneByteReader},
			{"with its end", iotest.DataErrReader},
		} {
			t.Run(tt.name+", "+way.name, func(t *testing.T) {
				t.Parallel()
				uids, errs := drain(t, mailbox.MessageItems(t.Context(), way.of(bytes.NewReader(tt.message))))
				require.Equal(t, tt.uids, uids)
				if tt.err == "" {
					require.Empty(t, errs)
					return
				}
				require.Len(t, errs, 1)
				require.ErrorContains(t, errs[0], tt.err)
				var place *mailbox.MessageError
				require.ErrorAs(t, errs[0], &place)
				require.Equal(t, 1, place.Number)
				require.Equal(t, tt.err == io.ErrUnexpectedEOF.Error(), errors.Is(errs[0], io.ErrUnexpectedEOF))
				require.NotRegexp(t, `[\x00-\x1f\x7f]`, errs[0].Error())
				require.True(t, utf8.ValidString(errs[0].Error()))
				require.Less(t, len(errs[0].Error()), 400)
			})
		}
	}
	require.GreaterOrEqual(t, broken, 25)
}

// Items come in UTF-8, from BEGIN to END.
func TestItemText(t *testing.T) {
	t.Parallel()
	for name, summary := range map[string]string{
		"calendar-latin1": "Büro", "application-ics-latin1": "Büro", "calendar-koi8r": "Встреча", "calendar-iso2022jp": "会議",
		"calendar-quoted-printable": "From the top of the hill, = over the river, From the top",
		"calendar-utf16":            "UID:a", "calendar-byte-order-mark": "UID:a", "calendar-two-objects": "UID:",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			message, err := os.ReadFile(filepath.Join("testdata", "messages", name+".eml"))
			require.NoError(t, err)
			for item, err := range mailbox.MessageItems(t.Context(), bytes.NewReader(message)) {
				require.NoError(t, err)
				text := string(item)
				require.Contains(t, text, summary)
				require.True(t, strings.HasPrefix(text, "BEGIN:VCALENDAR"), text)
				require.True(t, strings.HasSuffix(strings.TrimRight(text, "\r\n"), "END:VCALENDAR"), text)
			}
		})
	}
}

func TestMessageLimits(t *testing.T) {
	t.Parallel()
	calendar := "Content-Type: text/calendar\r\n\r\n"
	object := func(size int) string {
		head, tail := "BEGIN:VCALENDAR\r\nUID:a\r\nX-FILL:", "\r\nEND:VCALENDAR\r\n"
		return head + strings.Repeat("x", size-len(head)-len(tail)) + tail
	}
	base64ed := func(text string) string {
		return "Content-Transfer-Encoding: base64\r\nContent-Type: text/calendar\r\n\r\n" + base64.StdEncoding.EncodeToString([]byte(text))
	}
	multi := func(parts string) string {
		return "Content-Type: multipart/mixed; boundary=x\r\n\r\n" + parts + "--x--\r\n"
	}
	for _, tt := range []struct {
		name, message string
		uids          []string
		err           string
	}{
		{"part of the largest size", calendar + object(mailbox.MaxBytes), []string{"a"}, ""},
		{"part that is too large", calendar + object(mailbox.MaxBytes+1), nil, "calendar part of more than 16777216 bytes"},
		{"part that is too large when it is decoded", base64ed(object(mailbox.MaxBytes + 1)), nil, "calendar part of more than"},
		{"part that is too large in UTF-8", "Content-Type: text/calendar; charset=iso-8859-1\r\n\r\n" + strings.Replace(object(mailbox.MaxBytes), "xx", "\xfc\xfc", 1),
			nil, "calendar part of more than"},
		{"large part, then a sound one", multi("--x\r\n" + calendar + object(mailbox.MaxBytes+1) + "\r\n--x\r\n" + calendar + event("b") + "\r\n"),
			[]string{"b"}, "calendar part of more than"},
		{"header that is long", "X-Fill: " + strings.Repeat("x", mailbox.MaxHeader-8<<10) + "\r\n" + calendar + event("a"), []string{"a"}, ""},
		{"header that is too long", "X-Fill: " + strings.Repeat("x", mailbox.MaxHeader) + "\r\n" + calendar + event("a"), nil, "header of more than 262144 bytes"},
		{"header with a line that is long and broken", strings.Repeat("x", 2*mailbox.MaxHeader) + "\r\n " + strings.Repeat("y", mailbox.MaxHeader) + "\r\n" + calendar + event("a"), []string{"a"}, ""},
		{"header with many lines that are broken", strings.Repeat("x\r\n", mailbox.MaxHeader) + calendar + event("a"), []string{"a"}, ""},
		{"header of a part with a line that is long and broken", multi("--x\r\n" + strings.Repeat("x", 2*mailbox.MaxHeader) + "\r\n" + calendar + event("a") + "\r\n"), []string{"a"}, ""},
		{"header of too many fields", strings.Repeat("X: y\r\n", mailbox.MaxHeader/6) + calendar + event("a"), nil, "header of more than"},
		{"header of a part that is too long", multi("--x\r\n" + calendar + event("a") + "\r\n--x\r\nX-Fill: " + strings.Repeat("x", mailbox.MaxHeader+16<<10) + "\r\n" + calendar + event("b") + "\r\n"),
			[]string{"a"}, "header of more than"},
		{"attachment that is long, in an encoding that is broken", multi("--x\r\nContent-Transfer-Encoding: base64\r\nContent-Type: image/png\r\n\r\n" +
			strings.Repeat("%%%%\r\n", mailbox.MaxHeader) + "--x\r\n" + calendar + event("a") + "\r\n"), []string{"a"}, ""},
		{"as many parts as may be", multi(strings.Repeat("--x\r\n\r\n\r\n", mailbox.MaxParts-1) + "--x\r\n" + calendar + event("a") + "\r\n"), []string{"a"}, ""},
		{"too many parts", multi(strings.Repeat("--x\r\n\r\n\r\n", mailbox.MaxParts) + "--x\r\n" + calendar + event("a") + "\r\n"), nil, "more than 1000 parts"},
		{"body of one long line", "Subject: x\r\n\r\n" + strings.Repeat("x", 4<<20), nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			uids, errs := drain(t, mailbox.MessageItems(t.Context(), strings.NewReader(tt.message)))
			require.Equal(t, tt.uids, uids)
			if tt.err == "" {
				require.Empty(t, errs)
				return
			}
			require.Len(t, errs, 1)
			require.ErrorContains(t, errs[0], tt.err)
		})
	}
}

// A disk that fails ends all; the message is not to blame.
func TestDiskError(t *testing.T) {
	t.Parallel()
	failure := errors.New("disk fault")
	content := "From <>(\n" + mail("a") + "\nFrom <>(\n" + mail("b")
	for cut := range len(content) {
		_, errs := drain(t, mailbox.MboxItems(t.Context(), io.MultiReader(strings.NewReader(content[:cut]), iotest.ErrReader(failure))))
		require.Equal(t, []error{failure}, errs, cut)
	}
}
