package dirstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"strings"
	"sync"

	"github.com/cgpkit/cgpkit/filestore"
)

// What a soak does. Each loner changes a directory of its own, so that the
// order of its changes is known. The rivals change one directory together: what
// stands there is always a pair of a file and a sidecar that carry one tag.
const (
	loners = 4
	rivals = 3
)

func lonerDir(worker int) string { return fmt.Sprint("loner", worker) }
func rivalDir(worker int) string { return fmt.Sprint("rival", worker) }

const sharedDir = "shared"

// task is one operation, and the name by which a failure is told.
type task struct {
	name string
	do   func(ctx context.Context, s filestore.Store) error
}

// random makes the tasks of a worker the same in the child and in the test.
func random(seed uint64, round, worker int) *rand.Rand {
	return rand.New(rand.NewPCG(seed, uint64(round)<<8|uint64(worker)))
}

// text is what is written under a tag: it tells whether it is whole.
func text(tag string, size int) string {
	head := fmt.Sprintf("%s %d\n", tag, size)
	return head + strings.Repeat(tag+".", size/len(tag))
}

// putFile uploads content in pieces.
func putFile(ctx context.Context, s filestore.Store, name, content string, o filestore.CreateOptions, l filestore.Limits) error {
	u, err := s.Create(ctx, name, o, l)
	if err != nil {
		return err
	}
	defer u.Abort()
	const piece = 64 << 10
	for len(content) > piece {
		if _, err := io.WriteString(u, content[:piece]); err != nil {
			return err
		}
		content = content[piece:]
	}
	if _, err := io.Copy(u, strings.NewReader(content)); err != nil {
		return err
	}
	_, err = u.Commit()
	return err
}

func keepSidecar(_ bool, sidecar []byte) []byte { return sidecar }

// passQuiet is what the timer of a Store calls, too seldom for a soak.
func passQuiet(_ context.Context, s filestore.Store) error {
	if s, ok := s.(*Store); ok {
		s.afterQuiet()
	}
	return nil
}

// lonerTask reads the next task of a loner from r. What it does and how it
// ends does not depend on the other workers.
func lonerTask(r *rand.Rand, dir, tag string) task {
	name := func() string {
		names := []string{"a", "b", "c", "d", "d/a", "d/b"}
		return dir + "/" + names[r.IntN(len(names))]
	}
	from, to, replace := name(), name(), r.IntN(3) > 0
	size := []int{r.IntN(500), 4096, r.IntN(300_000)}[r.IntN(3)]
	content := text(tag, size)
	o, l := filestore.CreateOptions{}, boundless
	put := func(what string) task {
		return task{fmt.Sprintf("%s %s %+v %+v", what, from, o, l), func(ctx context.Context, s filestore.Store) error {
			return putFile(ctx, s, from, content, o, l)
		}}
	}
	switch r.IntN(20) {
	case 0, 1:
		return put("put")
	case 2:
		o.Size = int64(len(content))
		return put("put declared")
	case 3:
		o.Size = int64(len(content)) + 1 - 2*int64(r.IntN(2))
		return put("put wrongly declared")
	case 4:
		o.Offset = []int64{filestore.End, int64(r.IntN(600))}[r.IntN(2)]
		return put("put behind")
	case 5:
		o.Offset, o.KeepTail = int64(r.IntN(600)), true
		return put("put inside")
	case 6:
		o.If.Absent = true
		return put("put new")
	case 7:
		l = []filestore.Limits{{}, {Files: filestore.Unlimited, Bytes: 0, FileSize: filestore.Unlimited},
			{Files: filestore.Unlimited, Bytes: filestore.Unlimited, FileSize: 1000}}[r.IntN(3)]
		if r.IntN(2) == 0 {
			o.Size = int64(len(content))
		}
		return put("put limited")
	case 8:
		return task{"abort " + from, func(ctx context.Context, s filestore.Store) error {
			u, err := s.Create(ctx, from, o, l)
			if err != nil {
				return err
			}
			_, err = io.WriteString(u, content)
			return errors.Join(err, u.Abort())
		}}
	case 9, 10:
		return task{fmt.Sprintf("rename %s %s %v", from, to, replace), func(ctx context.Context, s filestore.Store) error {
			return s.Rename(ctx, from, to, filestore.RenameOptions{Replace: replace})
		}}
	case 11, 12:
		return task{fmt.Sprintf("copy %s %s %v", from, to, replace), func(ctx context.Context, s filestore.Store) error {
			return s.Copy(ctx, from, to, filestore.CopyOptions{Replace: replace, Sidecar: keepSidecar}, l)
		}}
	case 13:
		return task{"remove " + from, func(ctx context.Context, s filestore.Store) error {
			return s.Remove(ctx, from, filestore.RemoveOptions{Recursive: true})
		}}
	case 14:
		return task{"mkdir " + dir + "/d", func(ctx context.Context, s filestore.Store) error {
			return s.Mkdir(ctx, dir+"/d", filestore.MkdirOptions{}, l)
		}}
	case 15:
		return task{"mkdir with a sidecar " + from, func(ctx context.Context, s filestore.Store) error {
			return s.Mkdir(ctx, from, filestore.MkdirOptions{Sidecar: []byte(content)}, l)
		}}
	case 16, 17, 18:
		side, sidecar := filestore.SidecarOptions{}, []byte(content)
		switch r.IntN(5) {
		case 0:
			side.If.Absent = true
		case 1:
			side.If.Exists = true
		case 2:
			side.Paired = true
		case 3:
			sidecar = nil
		}
		return task{fmt.Sprintf("set sidecar %s %d %+v", from, len(sidecar), side), func(ctx context.Context, s filestore.Store) error {
			_, err := s.SetSidecar(ctx, from, sidecar, side, l)
			return err
		}}
	default:
		return task{"quiet", passQuiet}
	}
}

// rivalTask reads the next task of a rival from r.
func rivalTask(r *rand.Rand, dir, tag string) task {
	name := func() string { return fmt.Sprint(sharedDir, "/", r.IntN(5)) }
	from, to, own := name(), name(), dir+"/x"
	size := []int{r.IntN(500), r.IntN(100_000)}[r.IntN(2)]
	switch r.IntN(10) {
	case 0, 1:
		return task{"bring " + to, func(ctx context.Context, s filestore.Store) error {
			err := s.Remove(ctx, own, filestore.RemoveOptions{})
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			if _, err := s.SetSidecar(ctx, own, []byte(text(tag, 1)), filestore.SidecarOptions{}, boundless); err != nil {
				return err
			}
			if err := putFile(ctx, s, own, text(tag, size), filestore.CreateOptions{}, boundless); err != nil {
				return err
			}
			return s.Rename(ctx, own, to, filestore.RenameOptions{Replace: true})
		}}
	case 2, 3, 4, 5:
		return task{"rename " + from + " " + to, func(ctx context.Context, s filestore.Store) error {
			return s.Rename(ctx, from, to, filestore.RenameOptions{Replace: true})
		}}
	case 6:
		return task{"copy " + from + " " + to, func(ctx context.Context, s filestore.Store) error {
			return s.Copy(ctx, from, to, filestore.CopyOptions{Replace: true, Sidecar: keepSidecar}, boundless)
		}}
	case 7:
		return task{"remove " + from, func(ctx context.Context, s filestore.Store) error {
			return s.Remove(ctx, from, filestore.RemoveOptions{})
		}}
	case 8:
		return task{"copy all", func(ctx context.Context, s filestore.Store) error {
			return s.Copy(ctx, sharedDir, dir+"/all", filestore.CopyOptions{Replace: true, Sidecar: keepSidecar}, boundless)
		}}
	default:
		return task{"quiet", passQuiet}
	}
}

// outcome is how a task ended, in the words that callers may branch on.
func outcome(err error) string {
	if err == nil {
		return "done"
	}
	for _, known := range []error{fs.ErrNotExist, fs.ErrExist, fs.ErrInvalid, io.ErrUnexpectedEOF, filestore.ErrIsDirectory, filestore.ErrNotDirectory,
		filestore.ErrNotEmpty, filestore.ErrConflict, filestore.ErrChanged, filestore.ErrLimit} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	return "fault: " + err.Error()
}

// soakWork is the child: it works until it is killed, and tells on standard
// output what it has done, after it was done. With nothing to work it only
// opens the storage.
func soakWork(seed uint64, round int, root string, work bool) error {
	mode := SyncLater // a kill needs no more
	if round%4 == 0 {
		mode = SyncBefore
	}
	s, err := Open(root, &Options{Sync: mode})
	if err != nil {
		return err
	}
	fmt.Println("open")
	if !work {
		return nil
	}
	var group sync.WaitGroup
	first, last := 0, loners+rivals
	switch round % 3 {
	case 1:
		first = loners // changes of several names, most of the time
	case 2:
		last = 1 // so that there is quiet, and a usage file
	}
	for worker := first; worker < last; worker++ {
		group.Go(func() {
			r := random(seed, round, worker)
			for n := 0; ; n++ {
				t := nextTask(r, round, worker, n)
				fmt.Fprintf(os.Stdout, "%d %s\n", worker, outcome(t.do(context.Background(), s)))
			}
		})
	}
	group.Wait()
	return nil
}

func nextTask(r *rand.Rand, round, worker, n int) task {
	tag := fmt.Sprintf("r%dw%dn%d", round, worker, n)
	if worker < loners {
		return lonerTask(r, lonerDir(worker), tag)
	}
	return rivalTask(r, rivalDir(worker), tag)
}
