package recorder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"time"

	"github.com/cgpkit/cgpkit/calllog"
	"github.com/cgpkit/cgpkit/filestore"
)

// An append that somebody else was faster than is made again, so many times at
// most, after a pause that grows up to longestPause.
const (
	maxAttempts  = 1000
	firstPause   = time.Millisecond
	longestPause = 50 * time.Millisecond
)

// maxTaken is how often a missing file may turn out to exist: the name of what is
// no file, such as a link, is taken and stays so.
const maxTaken = 5

// appendTo appends whole lines to a file, which is made if it is missing, and the
// directories above it too. Whoever else changes the file at the same time, nothing
// of it is lost.
func appendTo(ctx context.Context, storage filestore.FS, name string, lines []byte) error {
	var err error
	made, taken := false, 0
	pause := firstPause
	for range maxAttempts {
		err = tryAppend(ctx, storage, name, lines)
		switch {
		case errors.Is(err, fs.ErrNotExist) && !made:
			if err := makeDirectories(ctx, storage); err != nil {
				return err
			}
			made = true
			continue
		case errors.Is(err, fs.ErrExist) && taken < maxTaken:
			taken++
		case !errors.Is(err, filestore.ErrChanged):
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(rand.N(pause)):
			pause = min(2*pause, longestPause)
		}
	}
	return err
}

// makeDirectories makes calllog.Directory.
func makeDirectories(ctx context.Context, storage filestore.FS) error {
	parent, _ := filestore.Split(calllog.Directory)
	for _, dir := range []string{parent, calllog.Directory} {
		if err := storage.Mkdir(ctx, dir); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return nil
}

// tryAppend appends lines to the file as it is now. filestore.ErrChanged and
// fs.ErrExist say that somebody else was faster.
func tryAppend(ctx context.Context, storage filestore.FS, name string, lines []byte) error {
	o, cut, err := look(ctx, storage, name)
	if err != nil {
		return err
	}
	if cut {
		lines = append([]byte("\n"), lines...)
	}
	o.Size = int64(len(lines))
	upload, err := storage.Create(ctx, name, o)
	if err != nil {
		return err
	}
	defer upload.Abort()
	if _, err := upload.Write(lines); err != nil {
		return err
	}
	_, err = upload.Commit()
	return err
}

// look returns how to append to the file as it is now, and whether its last line
// lacks its end.
func look(ctx context.Context, storage filestore.FS, name string) (o filestore.CreateOptions, cut bool, err error) {
	f, err := storage.Open(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return filestore.CreateOptions{If: filestore.Precondition{Absent: true}}, false, nil
	}
	if err != nil {
		return o, false, err
	}
	defer f.Close()
	stat, err := f.Stat()
	if err != nil {
		return o, false, err
	}
	info, ok := stat.(filestore.FileInfo)
	if !ok {
		return o, false, fmt.Errorf("look at %s: the store's file has no entity tag", name)
	}
	if info.Size() > 0 {
		var last [1]byte
		if _, err := f.ReadAt(last[:], info.Size()-1); err != nil {
			return o, false, err
		}
		cut = last[0] != '\n'
	}
	return filestore.CreateOptions{Offset: filestore.End, If: filestore.Precondition{ETag: info.ETag()}}, cut, nil
}
