// Package calendars reads the calendars of a base directory, for the option Calendars of
// package directory. It brings a library for MIME messages into a program.
package calendars

import (
	"context"
	"errors"
	"fmt"

	"github.com/cgpkit/cgpkit/freebusy/mailbox"
	"github.com/cgpkit/cgpkit/freebusy/publisher"
)

// Find finds the mailbox with this name, such as Calendar, of the multi-mailbox account
// whose files are in dir, as it is at this moment: its State, when it was Changed, and
// how to Read it. One that does not exist is the zero Calendar. It is safe for
// concurrent use. The errors are those of [mailbox.StateOf].
func Find(dir, name string) (publisher.Calendar, error) {
	state, err := mailbox.StateOf(dir, name)
	if err != nil || !state.Exists() {
		return publisher.Calendar{}, err
	}
	return publisher.Calendar{
		State: state, Changed: state.Changed(),
		Read: func(ctx context.Context, item func([]byte, error)) error { return read(ctx, dir, name, state, item) },
	}, nil
}

// read reads a mailbox that is in this state.
func read(ctx context.Context, dir, name string, state mailbox.State, item func([]byte, error)) error {
	m, err := mailbox.Open(dir, name)
	if err != nil {
		return fmt.Errorf("open calendar: %w", err)
	}
	if m.State() != state {
		return publisher.ErrCalendarChanged
	}
	for text, err := range m.Items(ctx) {
		var broken *mailbox.MessageError
		switch {
		case err == nil, errors.As(err, &broken):
			item(text, err)
		case errors.Is(err, mailbox.ErrMailboxChanged):
			return publisher.ErrCalendarChanged
		default:
			return fmt.Errorf("read calendar: %w", err)
		}
	}
	return nil
}
