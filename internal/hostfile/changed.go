package hostfile

import (
	"io/fs"
	"os"
	"time"
)

// settle is how old a change must be, by the real clock, before a file that looks
// the same is taken for the same: file systems count time in steps, and a file may
// change twice within one.
const settle = 2 * time.Second

// changed returns the time of the last change of a file, which nobody can set
// back where the system tells it.
func changed(info fs.FileInfo) time.Time {
	if _, t := Identity(info); t != 0 {
		return time.Unix(0, t)
	}
	return info.ModTime()
}

// Settled reports whether a file has stayed as it is for [settle].
func Settled(info fs.FileInfo) bool { return time.Since(changed(info)) > settle }

// Unchanged reports whether a file is the same as before, and has not changed.
func Unchanged(before, now fs.FileInfo) bool {
	return before.Size() == now.Size() && before.ModTime().Equal(now.ModTime()) &&
		changed(before).Equal(changed(now)) && os.SameFile(before, now)
}
