package publisher

import (
	"context"
	"crypto/sha256"
	"errors"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/freebusy"
	"github.com/cgpkit/cgpkit/internal/lru"
)

// Our choice, all of them but the days, which are those of a server that has no
// other setting.
const (
	keepAccounts = 1024
	keepContent  = 16 << 10         // in bytes, of each account
	recheck      = time.Second      // how long an answer is taken as it is
	settle       = 2 * time.Second  // how old a change must be for the state to tell the next one
	backOff      = 60 * time.Second // for a calendar that cannot be read
	maxAge       = 24 * time.Hour   // of the start of a window
	maxReads     = 3
	maxDays      = 3660
	emptyDays    = 60 // of the empty dataset, if no number is known
	day          = 24 * time.Hour
)

// Options are what a Publisher can do without. A nil *Options is the zero
// Options. Use field names: fields may be added.
type Options struct {
	// Logger gets what is wrong with calendars. nil: nobody.
	Logger *slog.Logger
	// Now tells the time. nil: time.Now.
	Now func() time.Time
}

// Publisher makes the files of all accounts. It is safe for concurrent use.
type Publisher struct {
	source   Source
	log      *slog.Logger
	now      func() time.Time
	accounts *lru.Map[string, *account]
}

var _ filestore.FreeBusyBuilder = (*Publisher)(nil)

// New returns a Publisher for the calendars of a source. Options may be nil.
func New(source Source, o *Options) *Publisher {
	p := &Publisher{
		source:   source,
		log:      slog.New(slog.DiscardHandler),
		now:      time.Now,
		accounts: lru.New[string, *account](keepAccounts),
	}
	if o != nil && o.Logger != nil {
		p.log = o.Logger
	}
	if o != nil && o.Now != nil {
		p.now = o.Now
	}
	return p
}

// account is what is remembered of an account.
type account struct {
	mu     sync.Mutex // guards all below
	stored stored
	made   *made     // the file that was made last
	failed time.Time // when the calendar could not be read
	found  bool      // whether it could be found then
}

// BuildFreeBusy implements [filestore.FreeBusyBuilder]. The error is that of ctx, or tells that
// the stored file cannot be read.
func (p *Publisher) BuildFreeBusy(ctx context.Context, address string, file *filestore.StoredFreeBusy) (*filestore.FreeBusyFile, error) {
	a, ok := p.accounts.Get(address)
	if !ok {
		a = p.accounts.Add(address, &account{})
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	now := p.now()
	if file != nil && a.stored.tag == file.ETag() && within(a.stored.looked, now, recheck) {
		return nil, nil
	}
	built, err := p.build(ctx, address, a, file, now)
	if built == nil && err == nil {
		a.stored.looked = now
	}
	return built, err
}

// within reports whether an event is less than d away, whatever happened to the
// clock.
func within(event, now time.Time, d time.Duration) bool {
	age := now.Sub(event)
	return !event.IsZero() && -d < age && age < d
}

// build needs a.mu.
func (p *Publisher) build(ctx context.Context, address string, a *account, file *filestore.StoredFreeBusy, now time.Time) (*filestore.FreeBusyFile, error) {
	if file != nil {
		switch err := a.stored.read(ctx, file); {
		case errors.Is(err, fs.ErrNotExist): // somebody has just removed it
			file = nil
		case err != nil:
			return nil, err
		}
	}
	if file == nil {
		a.stored = stored{}
	}
	backingOff := within(a.failed, now, backOff)
	if backingOff && !a.found {
		return a.without(address, file, now), nil
	}
	var changing *made
	for range maxReads { // of a calendar that does not stand still
		calendar, err := p.source.Calendar(ctx, address)
		if err == nil && file != nil && a.right(address, calendar, now) {
			return nil, nil
		}
		if err == nil && (calendar.State == nil || calendar.Days <= 0) {
			return empty(address, calendar.Days, now), nil
		}
		if err == nil && backingOff {
			return a.without(address, file, now), nil
		}
		found := err == nil
		var m *made
		if err == nil {
			m, err = p.make(ctx, address, a.made, calendar, now)
		}
		switch {
		case err == nil:
			a.keep(m)
			return &filestore.FreeBusyFile{Content: m.content, Keep: true, ModTime: now}, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case !errors.Is(err, ErrCalendarChanged):
			p.log.ErrorContext(ctx, "calendar cannot be read", "account", address, "err", err)
			a.failed, a.found = now, found
			return a.without(address, file, now), nil
		}
		changing = m
	}
	if changing == nil {
		return a.without(address, file, now), nil
	}
	return &filestore.FreeBusyFile{Content: changing.content, ModTime: now}, nil // what was read last is right for now, and no longer
}

// keep remembers what was made, but not a long content.
func (a *account) keep(m *made) {
	kept := *m
	if len(m.content) > keepContent {
		kept.content = nil
	}
	a.made = &kept
}

// without returns what is served while the calendar cannot be read: what is
// stored, or nothing at all.
func (a *account) without(address string, file *filestore.StoredFreeBusy, now time.Time) *filestore.FreeBusyFile {
	if file != nil {
		return nil
	}
	return empty(address, 0, now)
}

// empty is the dataset of an account that is never busy.
func empty(address string, days int64, now time.Time) *filestore.FreeBusyFile {
	if days <= 0 {
		days = emptyDays
	}
	start, end := window(now, days)
	return &filestore.FreeBusyFile{
		Content: freebusy.Append(nil, freebusy.Schedule{Organizer: organizer(address), Stamp: start, Start: start, End: end}),
		ModTime: start, // so that it is the same all day
	}
}

func organizer(address string) string { return "mailto:" + address }

// window returns what is published: so many days of 24 hours from the beginning
// of the present one in UTC.
func window(now time.Time, days int64) (start, end time.Time) {
	start = now.UTC().Truncate(day)
	return start, start.Add(time.Duration(min(days, maxDays)) * day)
}

// made is a file that was made here.
type made struct {
	content    []byte            // nil: forgotten
	sum        [sha256.Size]byte // of the content
	state      any
	settled    bool // whether the next change will change the state
	start, end time.Time
	zone, host string
}

// make makes the file, unless old is still right. If the calendar changes
// meanwhile, it comes with ErrCalendarChanged.
func (p *Publisher) make(ctx context.Context, address string, old *made, c Calendar, now time.Time) (*made, error) {
	m := &made{state: c.State, settled: !within(c.Changed, now, settle), zone: c.Zone.String(), host: c.Host.String()}
	m.start, m.end = window(now, c.Days)
	if old != nil && old.content != nil && old.settled && old.state == m.state && old.start.Equal(m.start) && old.end.Equal(m.end) && old.zone == m.zone && old.host == m.host {
		return old, nil
	}
	calendar := freebusy.Calendar{Host: c.Host}
	var faults faults
	readErr := c.Read(ctx, func(object []byte, err error) {
		if err == nil {
			err = calendar.Add(object)
		}
		faults.add(err)
	})
	if readErr != nil && !errors.Is(readErr, ErrCalendarChanged) {
		return nil, readErr
	}
	periods, err := calendar.Busy(m.start, m.end, c.Zone)
	faults.add(err)
	if faults.count > 0 && readErr == nil {
		p.log.WarnContext(ctx, "calendar items cannot be read", "account", address, "count", faults.count, "err", faults.first)
	}
	m.content = content(freebusy.Schedule{Organizer: organizer(address), Stamp: now, Start: m.start, End: m.end, Periods: periods})
	m.sum = sha256.Sum256(m.content)
	return m, readErr
}

// faults counts what cannot be read of a calendar.
type faults struct {
	count int
	first error
}

func (f *faults) add(err error) {
	if err == nil {
		return
	}
	if f.count++; f.first == nil {
		f.first = err
	}
}

// content writes a schedule. One that would be too long for those who read it is
// shown in whole hours, then in whole days: no busy time is lost.
func content(s freebusy.Schedule) []byte {
	text := freebusy.Append(nil, s)
	for _, unit := range []time.Duration{time.Hour, day} {
		if len(text) <= freebusy.MaxBytes {
			break
		}
		for i, p := range s.Periods {
			s.Periods[i].Start = p.Start.Truncate(unit)
			s.Periods[i].End = p.End.Add(unit - 1).Truncate(unit)
		}
		text = freebusy.Append(text[:0], s)
	}
	return text
}
