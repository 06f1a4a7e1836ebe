package mailbox_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/cgpkit/cgpkit/freebusy/mailbox"
)

// readAll reads a mailbox in one state. One that changes meanwhile is read again.
func readAll(ctx context.Context, account, name string) (items [][]byte, state mailbox.State, err error) {
	for range 3 {
		m, err := mailbox.Open(account, name)
		if err != nil {
			return nil, mailbox.State{}, err
		}
		var last error
		items = nil
		for item, err := range m.Items(ctx) {
			var broken *mailbox.MessageError
			switch {
			case errors.As(err, &broken):
				fmt.Println(broken)
			case err != nil:
				last = err
			default:
				items = append(items, item)
			}
		}
		if !errors.Is(last, mailbox.ErrMailboxChanged) {
			return items, m.State(), last
		}
	}
	return nil, mailbox.State{}, mailbox.ErrMailboxChanged
}

func Example() {
	account, err := os.MkdirTemp("", "john.macnt")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(account)
	const messages = `From <>(x)
Content-Type: text/calendar; charset=utf-8

BEGIN:VCALENDAR
BEGIN:VEVENT
SUMMARY:Team
END:VEVENT
END:VCALENDAR

From <>(x)
Content-Type: text/calendar

BEGIN:VCALENDAR
BEGIN:VEVENT
`
	if err := os.WriteFile(filepath.Join(account, "Calendar.mbox"), []byte(messages), 0o600); err != nil {
		log.Fatal(err)
	}

	items, state, err := readAll(context.Background(), account, "Calendar")
	if err != nil {
		log.Fatal(err)
	}
	for _, item := range items {
		fmt.Print(string(item))
	}
	now, err := mailbox.StateOf(account, "Calendar")
	fmt.Println(now == state, err)
	// Output:
	// mailbox "Calendar": message 2, at byte 123: unexpected EOF
	// BEGIN:VCALENDAR
	// BEGIN:VEVENT
	// SUMMARY:Team
	// END:VEVENT
	// END:VCALENDAR
	// true <nil>
}
