package main

import (
	"fmt"
	"io"
	"path"
	"sync"
	"sync/atomic"
	"time"
)

// report tells what is done, on one writer, and what is not, on another.
type report struct {
	mu       sync.Mutex // guards out and err
	out, err io.Writer
	quiet    bool   // what is done is only counted
	account  string // of a domain, which what follows is about

	faults, differences atomic.Int64
	copied, verified    atomic.Int64 // files
	bytes               atomic.Int64 // that have gone over
	expected, doneOf    atomic.Int64 // bytes of all files to copy, and of those at their end
	files               atomic.Int64 // to copy
	extra               int          // entries that the source does not have
	started             time.Time
}

func newReport(out, err io.Writer, quiet bool) *report {
	return &report{out: out, err: err, quiet: quiet, started: time.Now()}
}

func (r *report) say(w io.Writer, format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fmt.Fprintf(w, format, args...)
}

// expect takes note of what is to be done.
func (r *report) expect(p *plan) {
	for _, job := range p.copy {
		for _, each := range job {
			r.files.Add(1)
			r.expected.Add(each.from.size)
		}
	}
}

// named is a name with the account before it, if there are several.
func (r *report) named(name string) string { return path.Join(r.account, name) }

func (r *report) does(what, name string, dryRun bool) {
	switch {
	case dryRun:
		r.say(r.out, "would %s %q\n", what, r.named(name))
	case !r.quiet:
		r.say(r.out, "%s %q\n", what, r.named(name))
	}
}

func (r *report) note(name, text string) { r.say(r.err, "%q %s\n", r.named(name), text) }

func (r *report) failed(name string, err error) {
	r.faults.Add(1)
	if name = r.named(name); name == "" {
		r.say(r.err, "error: %v\n", err)
		return
	}
	r.say(r.err, "error: %q: %v\n", name, err)
}

func (r *report) differs(name, text string) {
	r.differences.Add(1)
	r.say(r.err, "verify: %q %s\n", r.named(name), text)
}

// Write counts bytes that go over.
func (r *report) Write(p []byte) (int, error) {
	r.bytes.Add(int64(len(p)))
	return len(p), nil
}

// done takes note of a file, of which some was there before.
func (r *report) done(e entry, before int64) {
	r.copied.Add(1)
	r.doneOf.Add(e.size)
}

// progress writes a line now and then until stop is called.
func (r *report) progress(every time.Duration) (stop func()) {
	end := make(chan struct{})
	var ended sync.WaitGroup
	ended.Go(func() {
		for tick := time.NewTicker(every); ; {
			select {
			case <-tick.C:
				r.say(r.err, "%s\n", r.line())
			case <-end:
				tick.Stop()
				return
			}
		}
	})
	return func() { close(end); ended.Wait() }
}

// line tells how far it is, how fast it goes, and how long it will take.
func (r *report) line() string {
	took := time.Since(r.started)
	rate := float64(r.bytes.Load()) / max(took.Seconds(), 0.001)
	left := "?"
	if rest := r.expected.Load() - r.doneOf.Load(); rate > 0 {
		left = time.Duration(float64(rest) / rate * float64(time.Second)).Round(time.Second).String()
	}
	return fmt.Sprintf("%d of %d files, %s of %s, %s/s, %s left", r.copied.Load(), r.files.Load(),
		sizeText(r.doneOf.Load()), sizeText(r.expected.Load()), sizeText(int64(rate)), left)
}

func (r *report) summary(dryRun bool) {
	if dryRun {
		r.say(r.out, "%d files to copy, %s", r.files.Load(), sizeText(r.expected.Load()))
	} else {
		r.say(r.out, "%d of %d files copied, %s in %v", r.copied.Load(), r.files.Load(), sizeText(r.bytes.Load()), time.Since(r.started).Round(time.Millisecond))
	}
	if n := r.verified.Load(); n > 0 {
		r.say(r.out, ", %d verified", n)
	}
	if r.extra > 0 {
		r.say(r.out, ", %d in the target alone (-delete removes them)", r.extra)
	}
	if n := r.faults.Load() + r.differences.Load(); n > 0 {
		r.say(r.out, ", %d errors", n)
	}
	r.say(r.out, "\n")
}

func sizeText(n int64) string {
	switch {
	case n >= 10<<30:
		return fmt.Sprintf("%d GiB", n>>30)
	case n >= 10<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 10<<10:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d B", n)
}
