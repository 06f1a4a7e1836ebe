package publisher_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/freebusy"
	"github.com/cgpkit/cgpkit/freebusy/publisher"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

const (
	owner    = "john@client1.com"
	fileName = "freebusy.vfb"
)

// site is a mail server whose users have files and a calendar each.
type site struct {
	*fixture.Directory
	*publisher.Publisher
	view *filestore.View // of a stranger
	log  bytes.Buffer

	mu       sync.Mutex // guards all below
	now      time.Time
	calendar publisher.Calendar
	err      error // of Calendar
	items    []string
	readErr  error
	change   bool // the calendar changes while it is read
	reads    int
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{Directory: fixture.New(func() filestore.Store { return memstore.New() }), now: time.Now().UTC()}
	s.Publisher = publisher.New(s, &publisher.Options{Now: s.clock, Logger: slog.New(slog.NewTextHandler(&s.log, nil))})
	s.view = fixture.Views(s).View(filestore.Caller{}, owner)
	s.calendar = publisher.Calendar{State: 1, Changed: s.now.Add(-time.Hour), Days: 60}
	return s
}

func (s *site) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *site) pass(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

// Calendar implements [publisher.Source].
func (s *site) Calendar(_ context.Context, account string) (publisher.Calendar, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if account != owner {
		return publisher.Calendar{}, errors.New("another account")
	}
	c := s.calendar
	c.Read = s.read
	return c, s.err
}

func (s *site) read(_ context.Context, item func(object []byte, err error)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	for _, text := range s.items {
		if text == "broken" {
			item(nil, errors.New("broken message"))
			continue
		}
		item([]byte(text), nil)
	}
	if s.change {
		return publisher.ErrCalendarChanged
	}
	return s.readErr
}

// event is an item that is busy for an hour from this hour of tomorrow on.
func (s *site) event(uid string, hour int) string {
	start := s.now.UTC().Truncate(24 * time.Hour).Add(time.Duration(24+hour) * time.Hour)
	return fmt.Sprintf("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:%s\r\nDTSTART:%s\r\nDURATION:PT1H\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
		uid, start.Format("20060102T150405Z"))
}

// edit changes the calendar, a while after it was changed last.
func (s *site) edit(items ...string) {
	s.pass(10 * time.Second)
	s.calendar.State = s.calendar.State.(int) + 1
	s.calendar.Changed = s.now.Add(-5 * time.Second)
	s.items = items
}

// served returns what a stranger gets.
func (s *site) served(t *testing.T) freebusy.Schedule {
	t.Helper()
	f, err := s.view.Open(t.Context(), fileName)
	require.NoError(t, err)
	defer f.Close()
	text, err := io.ReadAll(f)
	require.NoError(t, err)
	schedule, err := freebusy.Parse(text)
	require.NoError(t, err, string(text))
	return schedule
}

// hours returns the hours of tomorrow in which the owner is busy.
func (s *site) hours(t *testing.T) string {
	t.Helper()
	var hours []string
	for _, p := range s.served(t).Periods {
		hours = append(hours, fmt.Sprint(p.Start.Hour()))
	}
	return strings.Join(hours, " ")
}

// isStored reports whether there is a file, and takes care that the next look is
// a new one.
func (s *site) isStored(t *testing.T) bool {
	t.Helper()
	_, ok := s.Read(t, owner, fileName)
	s.pass(2 * time.Second)
	return ok
}

func TestPublish(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.items = []string{s.event("a", 9), s.event("b", 14)}
	got := s.served(t)
	require.Equal(t, freebusy.ProductID, got.Product)
	require.Equal(t, "mailto:"+owner, got.Organizer)
	require.Equal(t, s.now.Truncate(time.Second), got.Stamp)
	require.Equal(t, s.now.Truncate(24*time.Hour), got.Start)
	require.Equal(t, 60*24*time.Hour, got.End.Sub(got.Start))
	require.Equal(t, "9 14", s.hours(t))
	require.True(t, s.isStored(t))
	require.Equal(t, "9 14", s.hours(t))
	require.Equal(t, 1, s.reads, "what is stored is right")

	s.edit(s.event("a", 10))
	require.Equal(t, "10", s.hours(t), "the calendar has changed")
	require.True(t, s.isStored(t))
	require.Equal(t, "10", s.hours(t))
	require.Equal(t, 2, s.reads)

	require.NoError(t, fixture.Views(s).View(filestore.Caller{Account: owner}, owner).Remove(t.Context(), fileName, filestore.RemoveOptions{}))
	require.Equal(t, "10", s.hours(t), "the file is gone")
	require.True(t, s.isStored(t))
	require.Equal(t, 2, s.reads, "what was made last is still right")

	s.calendar.Days = 7
	require.Equal(t, 7*24*time.Hour, s.served(t).End.Sub(s.served(t).Start), "another number of days")
	s.calendar.Days = 1 << 40
	require.True(t, s.isStored(t))
	require.Equal(t, 3660*24*time.Hour, s.served(t).End.Sub(s.served(t).Start))
}

// A window that is more than a day old is moved on.
func TestPublishAgainWhenStale(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.now = time.Date(2026, time.March, 1, 23, 0, 0, 0, time.UTC)
	s.calendar.Changed = s.now.Add(-time.Hour)
	first := s.served(t).Start
	require.True(t, s.isStored(t))
	s.now = first.Add(24 * time.Hour)
	require.Equal(t, first, s.served(t).Start)
	s.now = first.Add(24*time.Hour + 2*time.Second)
	require.Equal(t, first.Add(24*time.Hour), s.served(t).Start)
	stored, _ := s.Read(t, owner, fileName)
	require.Contains(t, stored, "DTSTART:20260302T000000Z")
	s.now = first // the clock was wrong
	require.Equal(t, first, s.served(t).Start)
}

// Without a calendar, or with nothing to publish, the answer is the empty
// dataset, which is not stored.
func TestPublishNothing(t *testing.T) {
	t.Parallel()
	for name, calendar := range map[string]publisher.Calendar{
		"no calendar":          {Days: 60},
		"no calendar, no days": {},
		"no days":              {State: 1},
		"fewer than no days":   {State: 1, Days: -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.items = []string{s.event("a", 9)}
			require.Equal(t, "9", s.hours(t))
			require.True(t, s.isStored(t))
			s.calendar = calendar
			first := s.served(t)
			require.Empty(t, first.Periods)
			require.Equal(t, 60*24*time.Hour, first.End.Sub(first.Start))
			require.False(t, s.isStored(t), "nor does an old file stay")
			require.Equal(t, first, s.served(t), "it is the same all day")
			require.Equal(t, 1, s.reads)
		})
	}
}

// What another program stored stays, until the calendar changes after that.
func TestPublishOverForeignFile(t *testing.T) {
	t.Parallel()
	const foreign = "BEGIN:VCALENDAR\nPRODID:other\nBEGIN:VFREEBUSY\nFREEBUSY:20000101T000000Z/PT1H\nEND:VFREEBUSY\nEND:VCALENDAR\n"
	for _, tt := range []struct {
		name  string
		files string
		edit  func(s *site)
		stays bool
	}{
		{"nothing happens", foreign, func(*site) {}, true},
		{"time passes", foreign, func(s *site) { s.pass(48 * time.Hour) }, true},
		{"no parsable file", "text", func(s *site) { s.pass(48 * time.Hour) }, true},
		{"a file in our form, but not in our name", strings.Replace(foreign, "other", "-//cgpkit//other//EN", 1), func(s *site) { s.pass(48 * time.Hour) }, true},
		{"nothing is published any more", foreign, func(s *site) { s.calendar.Days = 0 }, true},
		{"the calendar changes", foreign, func(s *site) { s.edit() }, false},
		{"the calendar goes", foreign, func(s *site) { s.calendar.State = nil }, false},
		{"the calendar cannot be read", foreign, func(s *site) { s.err = errors.New("disk on fire") }, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.Write(t, owner, fileName, tt.files)
			require.Equal(t, tt.files, s.text(t))
			s.pass(2 * time.Second)
			tt.edit(s)
			require.Equal(t, tt.stays, s.text(t) == tt.files)
			stored, _ := s.Read(t, owner, fileName)
			require.Equal(t, tt.stays, stored == tt.files)
		})
	}
}

// text returns what a stranger gets.
func (s *site) text(t *testing.T) string {
	t.Helper()
	f, err := s.view.Open(t.Context(), fileName)
	require.NoError(t, err)
	defer f.Close()
	text, err := io.ReadAll(f)
	require.NoError(t, err)
	return string(text)
}

// A program that has just been started knows by the times whether the calendar
// has changed since a file was stored.
func TestPublishAfterARestart(t *testing.T) {
	t.Parallel()
	for name, stays := range map[string]bool{"changed before": true, "changed after": false, "not known": true} {
		for _, ours := range []bool{true, false} {
			t.Run(fmt.Sprint(name, " ", ours), func(t *testing.T) {
				t.Parallel()
				s := newSite(t)
				s.items = []string{s.event("a", 9)}
				if require.Equal(t, "9", s.hours(t)); !ours {
					s.Write(t, owner, fileName, strings.Replace(s.text(t), freebusy.ProductID, "other", 1))
				}
				s.items = []string{s.event("a", 10)}
				switch s.pass(10 * time.Second); name {
				case "changed after":
					s.calendar.State, s.calendar.Changed = 2, time.Now().Add(5*time.Second)
				case "not known":
					s.calendar.Changed = time.Time{}
				}
				s.Publisher = publisher.New(s, &publisher.Options{Now: s.clock})
				require.Equal(t, stays, s.hours(t) == "9")
			})
		}
	}
}

// An old file of ours that somebody stores again is as old as it was.
func TestPublishOverAnOldFileOfOurs(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.items = []string{s.event("a", 9)}
	old := s.text(t)
	require.True(t, s.isStored(t))
	s.edit(s.event("a", 10))
	require.Equal(t, "10", s.hours(t))
	require.True(t, s.isStored(t))
	s.Write(t, owner, fileName, old)
	s.calendar.Changed = time.Now().Add(-time.Millisecond) // before the file was stored
	s.Publisher = publisher.New(s, &publisher.Options{Now: s.clock})
	require.Equal(t, "10", s.hours(t))
}

// An account that gets another name takes its file along, which then has the old
// name in it.
func TestPublishUnderAnotherName(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.items = []string{s.event("a", 9)}
	old := strings.ReplaceAll(s.text(t), owner, "mary@client1.com")
	require.True(t, s.isStored(t))
	s.Write(t, owner, fileName, old)
	s.pass(2 * time.Second)
	require.Equal(t, "mailto:"+owner, s.served(t).Organizer)
	require.True(t, s.isStored(t))
	require.Equal(t, 1, s.reads)
}

// A clock that was set back does not make a file of another program older than a
// calendar that has not changed meanwhile.
func TestPublishOverForeignFileWithTheClockSetBack(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.items = []string{s.event("a", 9)}
	s.calendar.Changed = time.Now().Add(time.Hour)
	require.Equal(t, "9", s.hours(t))
	require.True(t, s.isStored(t))
	require.Equal(t, "9", s.hours(t))
	for _, foreign := range []string{"one", "two"} {
		s.Write(t, owner, fileName, foreign)
		s.pass(2 * time.Second)
		require.Equal(t, foreign, s.text(t))
		s.pass(2 * time.Second)
	}
	s.calendar.State = 2
	require.Equal(t, "9", s.hours(t))
}

// A file that goes while it is looked at is a missing one.
func TestFileThatGoes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.items = []string{s.event("a", 9)}
	built, err := s.BuildFreeBusy(t.Context(), owner, &filestore.StoredFreeBusy{FileInfo: tagged{}, Open: func(context.Context) (filestore.File, error) {
		return nil, &fs.PathError{Op: "open", Path: fileName, Err: fs.ErrNotExist}
	}})
	require.NoError(t, err)
	require.True(t, built.Keep)
}

// Where the calendar cannot be read, it is left alone for a minute.
func TestUnreadableCalendar(t *testing.T) {
	t.Parallel()
	for _, where := range []string{"found", "read"} {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.items = []string{s.event("a", 9)}
			fail := func(err error) {
				if where == "read" {
					s.readErr = err
				} else {
					s.err = err
				}
			}
			fail(errors.New("disk on fire"))
			require.Empty(t, s.hours(t))
			require.False(t, s.isStored(t))
			require.Contains(t, s.log.String(), "disk on fire")
			fail(nil)
			s.pass(57 * time.Second)
			require.Empty(t, s.hours(t))
			s.pass(time.Second)
			require.Equal(t, "9", s.hours(t))
			require.True(t, s.isStored(t))

			fail(errors.New("disk on fire"))
			s.edit(s.event("a", 10))
			require.Equal(t, "9", s.hours(t), "what is stored is better than nothing")
			require.True(t, s.isStored(t))
			fail(nil)
			s.pass(time.Minute)
			require.Equal(t, "10", s.hours(t))
		})
	}
}

// While a calendar is left alone, it can be taken back all the same.
func TestPublishNothingWhileTheCalendarCannotBeRead(t *testing.T) {
	t.Parallel()
	for name, calendar := range map[string]publisher.Calendar{"no days": {State: 2}, "no calendar": {Days: 60}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.items = []string{s.event("a", 9)}
			require.Equal(t, "9", s.hours(t))
			require.True(t, s.isStored(t))
			s.readErr = errors.New("disk on fire")
			s.edit()
			require.Equal(t, "9", s.hours(t))
			require.True(t, s.isStored(t))
			s.calendar = calendar
			require.Empty(t, s.hours(t))
			require.False(t, s.isStored(t))
			require.Equal(t, 2, s.reads)
		})
	}
}

// One broken item does not lose the others.
func TestBrokenItems(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.items = []string{s.event("a", 9), "broken", "no calendar at all", s.event("b", 11)}
	require.Equal(t, "9 11", s.hours(t))
	require.Contains(t, s.log.String(), "count=2")
	require.Contains(t, s.log.String(), "broken message")
	require.True(t, s.isStored(t))
}

// A calendar that changes while it is read is read again, some times.
func TestCalendarThatChanges(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.items = []string{s.event("a", 9)}
	s.change = true
	require.Equal(t, "9", s.hours(t))
	require.Equal(t, 3, s.reads)
	require.False(t, s.isStored(t), "there may be more in it")
	s.change = false
	require.Equal(t, "9", s.hours(t))
	require.True(t, s.isStored(t))
}

// A state tells nothing about changes that follow at once: it is read again when
// the last one was a while ago.
func TestCalendarThatHasJustChanged(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.items = []string{s.event("a", 9)}
	s.calendar.Changed = s.now
	require.Equal(t, "9", s.hours(t))
	s.items = []string{s.event("a", 10)} // in the same instant
	require.True(t, s.isStored(t))
	require.Equal(t, "10", s.hours(t))
	require.True(t, s.isStored(t))
	require.Equal(t, "10", s.hours(t))
	require.Equal(t, 2, s.reads)
}

// A change between reading the calendar and storing the file is not lost.
func TestCalendarThatChangesBeforeTheFileIsStored(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.items = []string{s.event("a", 9)}
	built, err := s.BuildFreeBusy(t.Context(), owner, nil)
	require.NoError(t, err)
	s.edit(s.event("a", 10))
	s.Write(t, owner, fileName, string(built.Content))
	require.Equal(t, "10", s.hours(t))
}

// A storage that is full costs no reading, and serves what is right.
func TestFullStorage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Update(owner, func(a *fixture.Account) { a.Limits = filestore.Limits{} })
	s.items = []string{s.event("a", 9)}
	for range 3 {
		require.Equal(t, "9", s.hours(t))
		require.False(t, s.isStored(t))
	}
	require.Equal(t, 1, s.reads)
}

// More than readers take is shown in coarser steps, and nothing is lost.
func TestVeryManyPeriods(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	start := s.now.UTC().Truncate(24 * time.Hour)
	s.items = []string{"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\nDTSTART:" + start.Format("20060102T150405Z") +
		"\nDURATION:PT30S\nRRULE:FREQ=MINUTELY\nEND:VEVENT\nEND:VCALENDAR\n"}
	got := s.served(t)
	require.Equal(t, []freebusy.Period{{Start: start, End: start.AddDate(0, 0, 60)}}, freebusy.Merge(got.Periods))
	require.True(t, s.isStored(t))
}

// Many readers at once are one reading.
func TestManyReaders(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.items = []string{s.event("a", 9)}
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			built, err := s.BuildFreeBusy(t.Context(), owner, nil)
			if err != nil || !built.Keep {
				t.Errorf("built %v, %v", built, err)
			}
		})
	}
	group.Wait()
	require.Equal(t, 1, s.reads)
}

// Who does not wait any longer gets an error of their own, and no minute begins.
func TestContextEnds(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.items = []string{s.event("a", 9)}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s.readErr = ctx.Err()
	_, err := s.BuildFreeBusy(ctx, owner, nil)
	require.ErrorIs(t, err, context.Canceled)
	s.readErr = nil
	require.Equal(t, "9", s.hours(t))
}

// A stored file that cannot be read is a fault.
func TestUnreadableFile(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, err := s.BuildFreeBusy(t.Context(), owner, &filestore.StoredFreeBusy{FileInfo: tagged{}, Open: func(context.Context) (filestore.File, error) {
		return nil, errors.New("disk on fire")
	}})
	require.ErrorContains(t, err, "disk on fire")
}

// tagged is a file with an entity tag.
type tagged struct{ filestore.FileInfo }

func (tagged) ETag() string { return `"1"` }
