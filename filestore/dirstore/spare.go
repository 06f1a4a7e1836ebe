package dirstore

import "time"

// appended is what was last appended to, where that is long. What had the name before
// holds the beginning of it, and stays in the state directory as a spare for quietTime:
// the next upload that appends is given what the spare lacks, and takes the place of the
// file in its turn. So a file that comes in many pieces is not copied for each of them.
//
// Only a file that an upload has made becomes a spare, so that all spares have the same
// owner and mode. One that somebody has changed, has open or has given another name is
// not used: nobody sees what is written to it.
type appended struct {
	is    stat   // what has the name
	entry string // the spare, in the state directory; "": none
	was   stat   // the spare, when it had the name
	since time.Time
}

// leastSpare is the size of a file in bytes below which it costs less to copy it. Our
// choice.
const leastSpare = 4 << 20

// appends reports whether all old bytes stay, with new ones behind them.
func (u *upload) appends() bool {
	return u.sidecar == nil && u.base.kind == kindFile && u.base.size >= u.s.leastSpare &&
		u.draft.Keeps() && u.draft.Start() == u.base.size
}

// takeSpare makes the spare the file of the upload, if there is one for it, and returns
// how many of the old bytes that has.
func (u *upload) takeSpare() (has int64) {
	s, last := u.s, u.s.appended.Load()
	if last == nil || last.entry == "" || last.is != u.base || !u.appends() {
		return 0
	}
	if !s.appended.CompareAndSwap(last, &appended{is: last.is}) {
		return 0
	}
	f, st, err := u.tree.reopen(s.staged(last.entry))
	if err != nil {
		s.discard(last.entry)
		return 0
	}
	u.file, u.staged = f, last.entry
	if st.inode != last.was.inode || st.size != last.was.size || !st.modTime.Equal(last.was.modTime) {
		u.dropFile()
		return 0
	}
	return st.size
}

// put gives the upload its name. It returns what was there before as a spare, if it is to
// be kept.
func (u *upload) put(old stat) (spare string, err error) {
	s := u.s
	if last := s.appended.Load(); last != nil && last.is == old && u.appends() && u.draft.Size() > old.size {
		if u.tree.exchange(s.staged(u.staged), s.at(u.name)) == nil {
			return u.staged, nil
		} // else this system cannot do that, or rename tells why
	}
	return "", u.tree.rename(s.staged(u.staged), s.at(u.path()), old.kind == kindFile)
}

// keepSpare notes what the upload has appended to.
func (u *upload) keepSpare(spare string, was, is stat) {
	if !u.appends() {
		return
	}
	last := u.s.appended.Swap(&appended{is: is, entry: spare, was: was, since: time.Now()})
	if last != nil && last.entry != "" {
		u.s.discard(last.entry)
	}
}

// dropSpare deletes a spare that has been there for so long.
func (s *Store) dropSpare(age time.Duration) {
	last := s.appended.Load()
	if last == nil || last.entry == "" || time.Since(last.since) < age {
		return
	}
	if s.appended.CompareAndSwap(last, nil) {
		s.discard(last.entry)
	}
}
