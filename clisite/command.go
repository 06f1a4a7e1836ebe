package clisite

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"time"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/filestore"
)

// command is one of the commands that are given after the login.
type command struct {
	subject           subject
	required, allowed option
	changes           bool // something that is stored
	// run returns the data of the answer; none, if there are none.
	run func(ctx context.Context, o *operation, a arguments) (cgpdata.Value, error)
}

// eventService is the name of this protocol for an Observer.
const eventService = "CLI"

// none is the answer of a command that has no data.
var none = cgpdata.Null()

// commandNamed finds a command by its name in capitals.
func commandNamed(name string) (command, bool) {
	for _, find := range [...]func(string) (command, bool){storageCommand, accountCommand, subscriptionCommand, mountCommand} {
		if c, ok := find(name); ok {
			return c, true
		}
	}
	return command{}, false
}

// run is one command, from its words to its answer.
type run struct {
	views    *filestore.Views
	observer filestore.Observer
	log      *slog.Logger
	caller   filestore.Caller
	keyword  string
	inline   bool

	o     operation
	began time.Time
	done  filestore.Event
}

// do carries the command out. Whoever gets an answer closes it.
func (r *run) do(ctx context.Context, c command, text []byte, mine *share) (answer, error) {
	if r.observer != nil {
		r.began = time.Now()
	}
	a, err := r.try(ctx, c, text, mine)
	r.log.LogAttrs(ctx, slog.LevelDebug, "command", slog.String("account", r.caller.Account), slog.String("op", r.keyword), filestore.LogError(err))
	r.done = r.o.done
	r.done.Service, r.done.Remote, r.done.Account, r.done.Op, r.done.Err = eventService, r.caller.Remote, r.caller.Account, r.keyword, err
	switch {
	case err != nil:
		r.done.Code, _ = strconv.Atoi(replyTo(err)[:3])
	case r.inline && !a.empty():
		r.done.Code = 201
	default:
		r.done.Code = 200
	}
	return a, err
}

func (r *run) try(ctx context.Context, c command, text []byte, mine *share) (_ answer, err error) {
	o := &r.o
	defer func() {
		if err != nil {
			answer{file: o.file, listing: o.listing}.close()
		}
	}()
	defer catch(&err)
	words, err := splitWords(text)
	if err != nil {
		return answer{}, err
	}
	if err := mine.grow(int64(costOf(words))); err != nil {
		return answer{}, err
	}
	a, err := parseArguments(words, c)
	if err != nil {
		return answer{}, err
	}
	if err := o.prepare(ctx, r.views, r.caller, a); err != nil {
		return answer{}, err
	}
	result, err := c.run(ctx, o, a)
	switch {
	case err != nil:
		return answer{}, err
	case o.listing != nil:
		return answer{listing: o.listing}, nil
	case result.Kind() == cgpdata.KindNull:
		return answer{}, nil
	}
	line, err := cgpdata.Append(nil, result, &cgpdata.Format{SortKeys: true})
	if err == nil {
		err = mine.grow(int64(len(line)))
	}
	if err != nil {
		return answer{}, fmt.Errorf("write answer: %w", err)
	}
	return answer{text: line, file: o.file}, nil
}

// sent notes how sending the answer ended.
func (r *run) sent(err error) error {
	r.done.Err = err
	return err
}

// reply is the answer to a command that failed.
func (r *run) reply(err error) string {
	reply := replyTo(err)
	if reply == replyInternal {
		r.log.Error("command failed", "account", r.caller.Account, "op", r.keyword, filestore.LogError(err))
	}
	return reply
}

// end tells the observer.
func (r *run) end(ctx context.Context) {
	if r.observer != nil {
		r.done.Duration = time.Since(r.began)
		r.observer.Observe(ctx, r.done)
	}
}

// answer is the data of a command that went well; empty: it has none.
type answer struct {
	text    []byte
	file    *slice   // stands in the text where its datablock is empty
	listing *listing // in the place of text
}

func (a answer) empty() bool { return len(a.text) == 0 && a.listing == nil }

// encode writes the data, which are one line.
func (a answer) encode(w io.Writer) error {
	if a.listing != nil {
		return a.listing.encode(w)
	}
	rest := a.text
	if a.file != nil {
		n := bytes.Index(rest, []byte(emptyData)) + len("[")
		if _, err := w.Write(rest[:n]); err != nil {
			return err
		}
		if err := a.file.encode(w); err != nil {
			return err
		}
		rest = rest[n:]
	}
	_, err := w.Write(rest)
	return err
}

func (a answer) close() {
	a.file.close()
	a.listing.close()
}
