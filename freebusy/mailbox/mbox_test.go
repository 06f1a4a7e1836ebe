package mailbox_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/freebusy/mailbox"
)

// lf makes line ends those of Unix.
func lf(text string) string { return strings.ReplaceAll(text, "\r\n", "\n") }

// mboxCases are the bytes of .mbox files. An error is "NUMBER@OFFSET text".
var mboxCases = []struct {
	name, mbox string
	uids       []string
	errs       []string
}{
	{"nothing", "", nil, nil},
	{"empty lines", "\n\r\n\n", nil, nil},
	{"one message", "From <>(x)\n" + lf(mail("a")), []string{"a"}, nil},
	{"CRLF", "From <>(x)\r\n" + mail("a") + "\r\nFrom <>(x)\r\n" + mail("b"), []string{"a", "b"}, nil},
	{"LF", "From <>(x)\n" + lf(mail("a")) + "\nFrom <>(x)\n" + lf(mail("b")), []string{"a", "b"}, nil},
	{"both line ends", "From <>(x)\r\n" + lf(mail("a")) + "\r\nFrom <>(x)\n" + mail("b"), []string{"a", "b"}, nil},
	{"empty lines in front", "\n\r\nFrom <>(x)\n" + mail("a"), []string{"a"}, nil},
	{"more empty lines between", "From <>(x)\n" + mail("a") + "\n\n\nFrom <>(x)\n" + mail("b"), []string{"a", "b"}, nil},
	{"first line of any shape", "From here\n\n" + event("a"), []string{"a"}, nil},
	{"address of the server", "From <>(x)\n" + mail("a") + "\nFrom <john@client1.com>(1-2-3)\n\n" + event("b"), []string{"a", "b"}, nil},
	{"dates of other programs", "From a\n" + mail("a") + "\nFrom john@client1.com Fri Mar  6 09:00:00 2009\n\n" + event("b") +
		"\nFrom - Fri, 6 Mar 2009 9:00:00 +0100\n\n" + event("c"), []string{"a", "b", "c"}, nil},
	{"no shape, and a header behind", "From a\n" + mail("a") + "\nFrom b\n" + mail("b"), []string{"a", "b"}, nil},
	{"From in a text", "From <>(x)\nSubject: x\n\nDear John\n\nFrom tomorrow on\nnothing is as it was\n\nFrom <>(x)\n" + mail("b"), []string{"b"}, nil},
	{"From in a text in front of an event", "From <>(x)\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nDear John\n\nFrom tomorrow on\nall is new\n--x\nContent-Type: text/calendar\n\n" +
		lf(event("a")) + "--x--\n", []string{"a"}, nil},
	{"From without an empty line in front", "From <>(x)\nSubject: x\n\nDear John\nFrom <>(x)\nContent-Type: text/calendar\n\n" + event("no"), nil, nil},
	{"From in a header", "From <>(x)\nFrom <>(y)\n" + mail("a"), []string{"a"}, nil},
	{"From without a space", "From <>(x)\n" + mail("a") + "\nFrom: <john@client1.com>\n", []string{"a"}, nil},
	{"quoted From in an item", "From <>(x)\nContent-Type: text/calendar\nContent-Transfer-Encoding: quoted-printable\n\n" +
		strings.Replace(event("a"), "END:VEVENT", "DESCRIPTION:=\r\n\r\n>From <>(x)\r\nEND:VEVENT", 1), []string{"a"}, nil},
	{"long From line", "From <>(x)\n" + mail("a") + "\nFrom <" + strings.Repeat("x", 900) + ">(x)\n" + mail("b"), []string{"a", "b"}, nil},
	{"From line that is too long", "From <>(x)\nSubject: x\n\nHello\n\nFrom <" + strings.Repeat("x", 1100) + ">(x)\n" + mail("no"), nil, nil},
	{"text in front", "junk\n\n" + event("no") + "\nFrom <>(x)\n" + mail("b"), []string{"b"}, []string{`1@0 text without a "From " line`}},
	{"no From line", mail("no"), nil, []string{`1@0 text without a "From " line`}},
	{"NUL bytes in front", strings.Repeat("\x00", 200000) + "\n\nFrom <>(x)\n" + mail("b"), []string{"b"}, []string{`1@0 text without a "From " line`}},
	{"NUL bytes behind", "From <>(x)\n" + mail("a") + "\n" + strings.Repeat("\x00", 200000), []string{"a"}, nil},
	{"NUL bytes between", "From <>(x)\n" + mail("a") + strings.Repeat("\x00", 70000) + "\n\nFrom <>(x)\n" + mail("b"), []string{"a", "b"}, nil},
	{"long lines", "From <>(x)\nSubject: x\n\n" + strings.Repeat("x", 200000) + "\n" + strings.Repeat(">", 200000) + "From \n\nFrom <>(x)\n" + mail("b"), []string{"b"}, nil},
	{"broken message between", "From <>(x)\n" + mail("a") + "\nFrom <>(x)\nContent-Type: text/calendar\n\nx\n\nFrom <>(x)\n" + mail("c"),
		[]string{"a", "c"}, []string{"2@214 calendar part without a VCALENDAR"}},
	{"last message cut off in its item", "From <>(x)\n" + mail("a") + "\nFrom <>(x)\n" + mail("b")[:120], []string{"a"}, []string{"2@214 unexpected EOF"}},
	{"last message cut off in its From line", "From <>(x)\n" + mail("a") + "\nFrom <>(x", []string{"a"}, []string{"2@214 unexpected EOF"}},
	{"last message cut off behind its From line", "From <>(x)\n" + mail("a") + "\nFrom <>(x)\n", []string{"a"}, []string{"2@214 unexpected EOF"}},
	{"last message cut off in front of its From line", "From <>(x)\n" + mail("a") + "\nFro", []string{"a"}, nil},
	{"deleted message", "From <>(x)\nX-Status: D\n" + mail("no") + "\nFrom <>(x)\n" + mail("b"), []string{"b"}, nil},
	{"mails and contacts", "From <>(x)\nSubject: x\n\nHello\n\nFrom <>(x)\nContent-Type: text/x-vcard\n\nBEGIN:VCARD\nEND:VCARD\n", nil, nil},
}

func TestMbox(t *testing.T) {
	t.Parallel()
	for _, tt := range mboxCases {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, dir, "Calendar.mbox", tt.mbox)
			m, err := mailbox.Open(dir, "Calendar")
			require.NoError(t, err)
			uids, errs := drain(t, m.Items(t.Context()))
			require.Equal(t, tt.uids, uids)
			require.Len(t, errs, len(tt.errs), "%v", errs)
			for i, err := range errs {
				var broken *mailbox.MessageError
				require.ErrorAs(t, err, &broken)
				require.Equal(t, "Calendar", broken.Mailbox)
				require.Contains(t, fmt.Sprintf("%d@%d %v", broken.Number, broken.Offset, broken.Err), tt.errs[i])
				require.True(t, broken.Number == 1 || strings.HasPrefix(tt.mbox[broken.Offset:], "From <"), "%d", broken.Offset)
			}

			again, errsAgain := drain(t, mailbox.MboxItems(t.Context(), iotest.OneByteReader(strings.NewReader(tt.mbox))))
			require.Equal(t, uids, again)
			require.Equal(t, errs, errsAgain)
		})
	}
}

// One ">" is taken from a quoted From line, and from nothing else.
func TestQuotedFrom(t *testing.T) {
	t.Parallel()
	body := func(lines string) string {
		return "BEGIN:VCALENDAR\nUID:a\n" + lines + "END:VCALENDAR\n"
	}
	const head = "From <>(x)\nContent-Type: text/calendar\n\n"
	for item, err := range mailbox.MboxItems(t.Context(), strings.NewReader(head+body(">From a\n>>From b\n >From c\n>from d\n>Frome\n> From f\n"))) {
		require.NoError(t, err)
		require.Equal(t, body("From a\n>From b\n >From c\n>from d\n>Frome\n> From f\n"), string(item))
	}
}

func TestStop(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "Calendar.mbox", "junk\n\nFrom <>(x)\n"+mail("a")+"\nFrom <>(x)\nContent-Type: text/calendar\n\n"+event("b")+event("c")+"\nFrom <>(x)\n"+mail("d"))
	for i, content := range []string{"x", mail("a"), mail("b")} {
		write(t, dir, fmt.Sprintf("Dir.mdir/%d", i), content)
	}
	for name, all := range map[string]int{"Calendar": 5, "Dir": 3} {
		m, err := mailbox.Open(dir, name)
		require.NoError(t, err)
		for stop := range all + 1 {
			n := 0
			for range m.Items(t.Context()) {
				if n++; n > stop {
					break
				}
			}
			require.Equal(t, min(stop+1, all), n)
		}
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var content strings.Builder
	for i := range 300 {
		content.WriteString("From <>(x)\n" + mail(fmt.Sprint(i)) + "\n")
		write(t, dir, fmt.Sprintf("Dir.mdir/%d", i), mail(fmt.Sprint(i)))
	}
	write(t, dir, "Calendar.mbox", content.String())
	for _, name := range []string{"Calendar", "Dir"} {
		m, err := mailbox.Open(dir, name)
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		n := 0
		for _, err := range m.Items(ctx) {
			if err != nil {
				require.ErrorIs(t, err, context.Canceled)
				require.False(t, errors.As(err, new(*mailbox.MessageError)))
				n = -n
				continue
			}
			require.GreaterOrEqual(t, n, 0, "an item after the error")
			if n++; n == 10 {
				cancel()
			}
		}
		require.Less(t, n, 0)
		require.Greater(t, n, -300)
		_, errs := drain(t, m.Items(ctx))
		require.Equal(t, []error{context.Canceled}, errs)
	}
}
