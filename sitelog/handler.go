package sitelog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
)

// Options bound a [Handler]; nil is the zero value. Zero fields have the value named
// beside them.
type Options struct {
	// MaxValue is the longest value of an attribute, in bytes; 0: 256. What is
	// longer is cut there, and ends in "…". A stack may have 32 times as much.
	MaxValue int
	// Every is how often repeated records are summed up; 0: 1 minute.
	Every time.Duration
	// MaxPeers bounds the addresses that are told apart in that time; 0: 1,000.
	// What the others do is summed up without address.
	MaxPeers int
}

// Handler passes records on with long values cut, and without values that are nil. A
// record that has remote, and err or reason, is about a fault of one client. The first
// of those with the same message, service and remote is passed on. The others are
// counted, and one record with their count follows. An IPv6 network of 64 bits counts
// as one address.
//
// It is safe for concurrent use.
type Handler struct {
	next   slog.Handler
	shared *shared
	known  traits // of the attributes of WithAttrs
	nested bool   // in a group, whose keys mean something else
}

var _ slog.Handler = (*Handler)(nil)

// traits are what summing up looks at.
type traits struct {
	remote  netip.Addr
	service string
	failed  bool
}

// New returns a handler that passes records on to next. Close it in the end.
func New(next slog.Handler, o *Options) *Handler {
	var bounds Options
	if o != nil {
		bounds = *o
	}
	set := func(n *int, value int) {
		if *n <= 0 {
			*n = value
		}
	}
	set(&bounds.MaxValue, 256)
	set(&bounds.MaxPeers, 1000)
	if bounds.Every <= 0 {
		bounds.Every = time.Minute
	}
	return &Handler{next: next, shared: &shared{Options: bounds, out: next}}
}

// Enabled implements slog.Handler.
func (h *Handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

// Handle implements slog.Handler.
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	t := h.known
	short := slog.NewRecord(r.Time, r.Level, filestore.Clip(r.Message, h.shared.MaxValue), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		if a, ok := h.shared.bound(a); ok {
			h.look(&t, a)
			short.AddAttrs(a)
		}
		return true
	})
	if t.failed && t.remote.IsValid() && !h.shared.first(t, short.Level, short.Message) {
		return nil
	}
	return h.next.Handle(ctx, short)
}

// WithAttrs implements slog.Handler.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := *h
	var short []slog.Attr
	for _, a := range attrs {
		if a, ok := h.shared.bound(a); ok {
			with.look(&with.known, a)
			short = append(short, a)
		}
	}
	with.next = h.next.WithAttrs(short)
	return &with
}

// WithGroup implements slog.Handler.
func (h *Handler) WithGroup(name string) slog.Handler {
	with := *h
	with.nested = with.nested || name != ""
	with.next = h.next.WithGroup(name)
	return &with
}

// Close writes down what has been counted, and no longer counts: afterwards every
// record is passed on.
func (h *Handler) Close() error {
	h.shared.mu.Lock()
	h.shared.closed = true
	h.shared.mu.Unlock()
	return h.shared.flush()
}

func (h *Handler) look(t *traits, a slog.Attr) {
	if h.nested {
		return
	}
	switch a.Key {
	case "remote":
		addr, _ := netip.ParseAddr(a.Value.String())
		t.remote = addr.Unmap().WithZone("")
		if t.remote.Is6() {
			network, _ := t.remote.Prefix(64)
			t.remote = network.Addr()
		}
	case "service":
		t.service = a.Value.String()
	case "err", "reason":
		t.failed = true
	}
}

// bound returns an attribute as it is passed on, if it is.
func (s *shared) bound(a slog.Attr) (slog.Attr, bool) {
	limit := s.MaxValue
	if a.Key == "stack" {
		limit *= 32
	}
	a.Value = a.Value.Resolve()
	switch a.Value.Kind() {
	case slog.KindGroup:
		var inner []slog.Attr
		for _, member := range a.Value.Group() {
			if member, ok := s.bound(member); ok {
				inner = append(inner, member)
			}
		}
		a.Value = slog.GroupValue(inner...)
		return a, len(inner) > 0
	case slog.KindString:
		a.Value = slog.StringValue(filestore.Clip(a.Value.String(), limit))
	case slog.KindAny:
		switch v := a.Value.Any().(type) {
		case nil:
			return a, false
		case netip.Addr:
			if !v.IsValid() {
				return a, false
			}
			a.Value = slog.StringValue(v.String())
		case netip.AddrPort:
			a.Value = slog.StringValue(v.String())
		case error:
			a.Value = slog.StringValue(filestore.Clip(v.Error(), limit))
		default:
			if text := fmt.Sprint(v); len(text) > limit {
				a.Value = slog.StringValue(filestore.Clip(text, limit))
			}
		}
	}
	if a.Key == "remote" && a.Value.Kind() == slog.KindString {
		if ap, err := netip.ParseAddrPort(a.Value.String()); err == nil {
			a.Value = slog.StringValue(ap.Addr().Unmap().String())
		}
	}
	return a, true
}

// shared is what all handlers made from one have in common.
type shared struct {
	Options
	out slog.Handler

	mu     sync.Mutex // guards what follows
	seen   map[kind]*tally
	closed bool
}

// kind is what records have in common that are summed up.
type kind struct {
	remote           netip.Addr // not valid: all that are too many
	service, message string
}

type tally struct {
	level slog.Level
	count int // after the first
}

// first counts a record, and reports whether it is passed on.
func (s *shared) first(t traits, level slog.Level, message string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return true
	}
	k := kind{t.remote, t.service, message}
	if one := s.seen[k]; one != nil {
		one.count++
		return false
	}
	if len(s.seen) == 0 {
		s.seen = map[kind]*tally{}
		time.AfterFunc(s.Every, func() { _ = s.flush() })
	}
	if len(s.seen) < s.MaxPeers {
		s.seen[k] = &tally{level: level}
		return true
	}
	k.remote = netip.Addr{} // a few more, by message
	if s.seen[k] == nil {
		s.seen[k] = &tally{level: level}
	}
	s.seen[k].count++
	return false
}

// flush writes the counts down and forgets them.
func (s *shared) flush() error {
	s.mu.Lock()
	seen := s.seen
	s.seen = nil
	s.mu.Unlock()
	var failed error
	for k, one := range seen {
		if one.count == 0 {
			continue
		}
		r := slog.NewRecord(time.Now(), one.level, k.message, 0)
		if k.service != "" {
			r.AddAttrs(slog.String("service", k.service))
		}
		switch {
		case k.remote.Is6():
			r.AddAttrs(slog.String("remote", k.remote.String()+"/64"))
		case k.remote.IsValid():
			r.AddAttrs(slog.String("remote", k.remote.String()))
		}
		r.AddAttrs(slog.Int("count", one.count))
		failed = errors.Join(failed, s.out.Handle(context.Background(), r))
	}
	return failed
}
