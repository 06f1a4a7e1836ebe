package clisite

import (
	"context"

	"github.com/cgpkit/cgpkit/cgpdata"
)

// subscriptionNote is the note of a storage that holds its subscription: an array, as the
// commands have it.
const subscriptionNote = "subscription"

// subscriptionCommand finds a command about what an account subscribes to by its name in
// capitals (CommuniGate Pro Guide, CLI, File Storage): directories of others, as
// ~owner@domain/private/dir.
func subscriptionCommand(name string) (c command, ok bool) {
	switch name {
	case "GETFILESUBSCRIPTION":
		return command{run: subscription}, true
	case "SETFILESUBSCRIPTION":
		return command{required: optList, changes: true, run: setSubscription}, true
	}
	return c, false
}

func subscription(ctx context.Context, o *operation, _ arguments) (cgpdata.Value, error) {
	o.done.Storage = o.account
	text, err := o.views.View(o.caller, o.account).Note(ctx, subscriptionNote)
	if err != nil {
		return none, err
	}
	v, err := cgpdata.Parse(text, &cgpdata.Options{SingleLine: true, MaxItems: maxItems})
	if err != nil || v.Kind() != cgpdata.KindArray { // there is none, or somebody has spoilt it
		return cgpdata.Array(), nil
	}
	return v, nil
}

func setSubscription(ctx context.Context, o *operation, a arguments) (cgpdata.Value, error) {
	for v := range a.list.Elements() {
		if v.Kind() != cgpdata.KindString {
			return none, errSyntax
		}
	}
	var text []byte
	if a.list.Len() > 0 {
		var err error
		if text, err = cgpdata.Append(nil, a.list, nil); err != nil {
			return none, err
		}
	}
	o.done.Storage = o.account
	return none, o.views.View(o.caller, o.account).SetNote(ctx, subscriptionNote, text)
}
