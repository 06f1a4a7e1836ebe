package ftpsite

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"io/fs"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
)

// size: RFC 3659 §4. It counts the bytes of TYPE I in every type.
func (s *session) size(arg string) reply {
	p, err := s.locateFile(arg)
	if err != nil {
		return s.replyTo(err)
	}
	found, err := s.stat(p)
	switch {
	case err != nil:
		return s.replyTo(err)
	case found.dir:
		return s.replyTo(filestore.ErrIsDirectory)
	}
	return reply{213, fmt.Sprint(found.size)}
}

// modified: RFC 3659 §3. With a time before the name it sets it, as old clients
// want; a file that is called so is meant otherwise.
func (s *session) modified(arg string) reply {
	p, err := s.locate(arg)
	if err != nil {
		return s.replyTo(err)
	}
	found, err := s.stat(p)
	if err != nil {
		if r := s.setModified(arg); r != replyParameters {
			return r
		}
		return s.replyTo(err)
	}
	if !found.dir && strings.HasSuffix(arg, "/") {
		return s.replyTo(filestore.ErrIsDirectory)
	}
	return reply{213, found.modified.Format(timeLayout)}
}

// setModified sets the time of a file: MFMT (draft-somers-ftp-mfxx-04 §3.1).
func (s *session) setModified(arg string) reply {
	word, name, _ := strings.Cut(arg, " ")
	t, err := time.Parse(timeLayout, word)
	if err != nil || name == "" {
		return replyParameters
	}
	stored, err := s.touch(name, t)
	if err != nil {
		return s.replyTo(err)
	}
	return reply{213, "Modify=" + stored.UTC().Format(timeLayout) + "; " + s.absolute(name)}
}

// touch gives a file another time. All else of it stays. It returns the time that is
// stored, since no disk holds every one.
func (s *session) touch(name string, t time.Time) (time.Time, error) {
	if t.IsZero() { // which stands for the present
		t = t.Add(time.Second)
	}
	p, err := s.locateFile(name)
	if err != nil {
		return time.Time{}, err
	}
	upload, err := p.View.Create(s.ctx, p.Name, filestore.CreateOptions{KeepTail: true, ModTime: t})
	if err != nil {
		return time.Time{}, err
	}
	defer upload.Abort()
	info, err := upload.Commit()
	if err != nil {
		return time.Time{}, err
	}
	return info.ModTime(), nil
}

// site knows what clients expect of every server.
func (s *session) site(arg string) reply {
	verb, arg := splitLine(arg)
	switch verb {
	case "CHMOD":
		return s.changeMode(arg)
	case "UTIME":
		return s.utime(arg)
	case "HELP":
		return reply{214, "CHMOD HELP UTIME"}
	}
	return replyParameter
}

// changeMode changes nothing, as a storage knows no permission bits, and tells
// those who may change the file that all is well.
func (s *session) changeMode(arg string) reply {
	mode, name, _ := strings.Cut(arg, " ")
	if mode == "" || strings.Trim(mode, "01234567") != "" || name == "" {
		return replyParameters
	}
	p, err := s.locate(name)
	if err != nil {
		return s.replyTo(err)
	}
	found, err := p.View.Target(s.ctx, p.Name)
	if err == nil && found == nil {
		err = fs.ErrNotExist
	}
	if err != nil {
		return s.replyTo(err)
	}
	return replyOK
}

// utime takes both forms in use: "time name", and "name accessed modified
// created UTC".
func (s *session) utime(arg string) reply {
	word, name, _ := strings.Cut(arg, " ")
	if fields := strings.Split(arg, " "); len(fields) >= 5 && strings.EqualFold(fields[len(fields)-1], "UTC") {
		word, name = fields[len(fields)-3], strings.Join(fields[:len(fields)-4], " ")
	}
	t, err := time.Parse(timeLayout, word)
	if err != nil {
		t, err = time.Parse(timeLayout[:len("200601021504")], word)
	}
	if err != nil || name == "" {
		return replyParameters
	}
	if _, err := s.touch(name, t); err != nil {
		return s.replyTo(err)
	}
	return replyOK
}

// renameFrom: whoever may rename needs no right to read.
func (s *session) renameFrom(arg string) reply {
	p, err := s.locate(arg)
	if err != nil {
		return s.replyTo(err)
	}
	found, err := p.View.Target(s.ctx, p.Name)
	switch {
	case err != nil:
		return s.replyTo(err)
	case found == nil:
		return s.replyTo(fs.ErrNotExist)
	case !found.IsDir() && strings.HasSuffix(arg, "/"):
		return s.replyTo(filestore.ErrIsDirectory)
	}
	s.renaming = s.absolute(arg)
	return reply{350, "Continue."}
}

func (s *session) renameTo(arg string) reply {
	if s.renaming == "" {
		return replySequence
	}
	source, err := s.locateAbsolute(s.renaming)
	if err != nil {
		return s.replyTo(err)
	}
	target, err := s.locate(arg)
	if err != nil {
		return s.replyTo(err)
	}
	if err := source.Rename(s.ctx, target.Place); err != nil {
		return s.replyTo(err)
	}
	return replyDone
}

// The algorithms of HASH (draft-bryan-ftpext-hash-02).
const (
	hashSHA256 = "SHA-256"
	hashCRC32  = "CRC32"
)

// hashFeature is the line of FEAT.
func (s *session) hashFeature() string {
	if s.hash == hashCRC32 {
		return "HASH " + hashSHA256 + ";" + hashCRC32 + "*"
	}
	return "HASH " + hashSHA256 + "*;" + hashCRC32
}

// hashFile tells the hash of a whole file. It is work, which strangers cannot
// have done; ABOR ends it.
func (s *session) hashFile(arg string) reply {
	if s.who.Caller.IsStranger() {
		return s.replyTo(fs.ErrPermission)
	}
	p, err := s.locateFile(arg)
	if err != nil {
		return s.replyTo(err)
	}
	t := s.beginTransfer(dataSource{})
	defer t.end()
	file, err := p.View.Open(t.ctx, p.Name)
	if err != nil {
		return t.replyTo(err)
	}
	defer file.Close()
	var h hash.Hash = sha256.New()
	if s.hash == hashCRC32 {
		h = crc32.NewIEEE()
	}
	n, err := io.Copy(h, untilDone{t, file})
	if err != nil {
		return t.replyTo(err)
	}
	return reply{213, fmt.Sprintf("%s 0-%d %s %s", s.hash, n, hex.EncodeToString(h.Sum(nil)), arg)}
}

// untilDone reads until the transfer ends, and counts.
type untilDone struct {
	t *transfer
	r io.Reader
}

func (u untilDone) Read(p []byte) (int, error) {
	if err := u.t.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := u.r.Read(p)
	u.t.moved.Add(int64(n))
	return n, err
}
