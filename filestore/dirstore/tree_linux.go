package dirstore

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// maxPath is how much of a name goes into one call; the system takes less
// than 4,096 bytes.
const maxPath = 4000

// beneath is the tree on Linux, by openat2(2). It opens its directory when it
// first needs it, so that reading one entry takes one call. It is for one
// goroutine.
type beneath struct {
	path string
	base int // an O_PATH descriptor, or -1
}

// bestOpener returns openBeneath if the kernel, and what filters its calls,
// have openat2.
func bestOpener() opener {
	fd, err := openat2(unix.AT_FDCWD, ".", unix.O_PATH|unix.O_DIRECTORY, 0, unix.RESOLVE_BENEATH)
	if errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EPERM) {
		return openRoot
	}
	if err == nil {
		unix.Close(fd)
	}
	return openBeneath
}

func openBeneath(base string) (tree, error) { return &beneath{base, -1}, nil }

func (t *beneath) close() {
	if t.base >= 0 {
		unix.Close(t.base)
	}
}

// dir returns the directory.
func (t *beneath) dir() (int, error) {
	if t.base >= 0 {
		return t.base, nil
	}
	fd, err := retry(func() (int, error) {
		return unix.Open(t.path, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	})
	if err == nil {
		t.base = fd
	}
	return fd, err
}

func retry(call func() (int, error)) (int, error) {
	for {
		fd, err := call()
		if err != unix.EINTR {
			return fd, err
		}
	}
}

func openat2(dir int, name string, flags, mode, resolve uint64) (int, error) {
	return retry(func() (int, error) {
		return unix.Openat2(dir, name, &unix.OpenHow{
			Flags:   flags | unix.O_CLOEXEC | unix.O_NOFOLLOW,
			Mode:    mode,
			Resolve: resolve | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS,
		})
	})
}

// openFD opens name below dir, in two steps if it is long. Whatever is in the
// way of a name gives fs.ErrNotExist.
func openFD(dir int, name string, flags, mode uint64) (int, error) {
	if len(name) > maxPath {
		cut := strings.LastIndexByte(name[:maxPath], '/')
		fd, err := openFD(dir, name[:cut], unix.O_PATH|unix.O_DIRECTORY, 0)
		if err != nil {
			return -1, err
		}
		defer unix.Close(fd)
		return openFD(fd, name[cut+1:], flags, mode)
	}
	fd, err := openat2(dir, name, flags, mode, unix.RESOLVE_BENEATH)
	switch err {
	case unix.ENOTDIR, unix.ELOOP, unix.EXDEV, unix.ENXIO, unix.ENODEV, unix.ENAMETOOLONG:
		return -1, fs.ErrNotExist
	}
	return fd, err
}

// find opens what stands under name, which has no ".." in it. It tries the whole
// path first: where a link has come into it above the directory, or nothing is
// found, it goes by the directory.
func (t *beneath) find(name string, flags uint64) (int, error) {
	if t.base < 0 && len(t.path)+len(name) < maxPath {
		if fd, err := openat2(unix.AT_FDCWD, t.path+"/"+name, flags, 0, 0); err == nil {
			return fd, nil
		}
	}
	dir, err := t.dir()
	if err != nil {
		return -1, err
	}
	return openFD(dir, name, flags, 0)
}

func (t *beneath) openFile(name string, flags, mode uint64) (*os.File, error) {
	dir, err := t.dir()
	if err != nil {
		return nil, err
	}
	fd, err := openFD(dir, name, flags, mode)
	if err != nil {
		return nil, err
	}
	_, label, _ := strings.Cut(name, "/")
	return os.NewFile(uintptr(fd), label), nil
}

func (t *beneath) open(name string) (*os.File, stat, error) {
	fd, st, err := t.openToRead(name)
	if err != nil {
		return nil, stat{}, err
	}
	_, label, _ := strings.Cut(name, "/")
	return os.NewFile(uintptr(fd), label), st, nil
}

func (t *beneath) content(name string) (content, stat, error) {
	fd, st, err := t.openToRead(name)
	if err != nil {
		return nil, stat{}, err
	}
	return newDescriptor(fd), st, nil
}

func (t *beneath) openToRead(name string) (fd int, st stat, err error) {
	if fd, err = t.find(name, unix.O_RDONLY|unix.O_NONBLOCK); err != nil {
		return -1, stat{}, err
	}
	if st, err = fdStat(fd); err == nil && st.kind == kindForeign {
		err = fs.ErrNotExist
	}
	if err != nil {
		unix.Close(fd)
		return -1, stat{}, err
	}
	return fd, st, nil
}

func (t *beneath) read(name string, want func(stat) bool) ([]byte, stat, error) {
	fd, err := t.find(name, unix.O_RDONLY|unix.O_NONBLOCK)
	if err != nil {
		return nil, stat{}, err
	}
	defer unix.Close(fd)
	return readFD(fd, want)
}

func (t *beneath) readEntry(dir *os.File, _, last string, want func(stat) bool) ([]byte, stat, error) {
	fd, err := openFD(int(dir.Fd()), last, unix.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, stat{}, err
	}
	defer unix.Close(fd)
	return readFD(fd, want)
}

// readFD is read for what is open. It makes no [os.File], which would cost more calls
// than the reading.
func readFD(fd int, want func(stat) bool) ([]byte, stat, error) {
	st, err := fdStat(fd)
	if err == nil && st.kind == kindForeign {
		err = fs.ErrNotExist
	}
	if err != nil || st.kind != kindFile || !want(st) {
		return nil, st, err
	}
	content := make([]byte, st.size)
	length := 0
	for length < len(content) {
		n, err := retry(func() (int, error) { return unix.Read(fd, content[length:]) })
		if err != nil {
			return nil, st, err
		}
		if n == 0 {
			break // somebody has cut it
		}
		length += n
	}
	return content[:length], st, nil
}

func (t *beneath) create(name string) (newFile, error) {
	f, err := t.openFile(name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL, filePerm)
	if err != nil {
		return nil, err // not a nil *os.File
	}
	return f, nil
}

// direct returns the path of an entry of the directory itself, by which one system call
// reaches it while the directory is not open.
func (t *beneath) direct(name string) (path string, ok bool) {
	if t.base >= 0 || strings.Contains(name, "/") || len(t.path)+len(name) >= maxPath {
		return "", false
	}
	return t.path + "/" + name, true
}

func (t *beneath) lstat(name string) (stat, error) {
	if path, ok := t.direct(name); ok {
		var x unix.Statx_t
		if err := unix.Statx(unix.AT_FDCWD, path, unix.AT_SYMLINK_NOFOLLOW, unix.STATX_BASIC_STATS|unix.STATX_BTIME, &x); err == nil {
			st := toStat(&unix.Stat_t{
				Mode: uint32(x.Mode), Size: int64(x.Size), Ino: x.Ino,
				Mtim: unix.NsecToTimespec(nanoseconds(x.Mtime)), Ctim: unix.NsecToTimespec(nanoseconds(x.Ctime)),
			})
			st.born = birthOf(&x).time
			return st, nil
		}
	}
	fd, err := t.find(name, unix.O_PATH)
	if errors.Is(err, fs.ErrNotExist) {
		_, err := t.dir() // without the directory itself nothing can be told
		return stat{}, err
	}
	if err != nil {
		return stat{}, err
	}
	defer unix.Close(fd)
	return fdStat(fd)
}

func (t *beneath) look(dir, last, sidecar string, withDir bool) (found, error) {
	fd, err := t.find(dir, unix.O_PATH|unix.O_DIRECTORY)
	if errors.Is(err, fs.ErrNotExist) {
		st, err := t.lstat(dir) // a file perhaps
		return found{dir: st}, err
	}
	if err != nil {
		return found{}, err
	}
	defer unix.Close(fd)
	f := found{dir: stat{kind: kindDir}}
	if withDir {
		if f.dir, err = fdStat(fd); err != nil {
			return found{}, err
		}
	}
	if f.entry, err = statAt(fd, last); err == nil && sidecar != "" {
		f.sidecar, err = statAt(fd, sidecar)
	}
	return f, err
}

func (t *beneath) birth(name string) (birth, error) {
	if path, ok := t.direct(name); ok {
		if b, err := birthAt(unix.AT_FDCWD, path); err == nil {
			return b, nil
		}
	}
	var b birth
	err := t.in(name, func(dir int, last string) (err error) {
		b, err = birthAt(dir, last)
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return birth{}, nil
	}
	return b, err
}

func birthAt(dir int, name string) (birth, error) {
	var st unix.Statx_t
	if err := unix.Statx(dir, name, unix.AT_SYMLINK_NOFOLLOW, unix.STATX_INO|unix.STATX_BTIME, &st); err != nil {
		return birth{}, err
	}
	return birthOf(&st), nil
}

func birthOf(st *unix.Statx_t) birth {
	b := birth{inode: st.Ino}
	if st.Mask&unix.STATX_BTIME != 0 {
		b.time = nanoseconds(st.Btime)
	}
	return b
}

func nanoseconds(t unix.StatxTimestamp) int64 { return t.Sec*1e9 + int64(t.Nsec) }

func (t *beneath) fstat(f newFile) (stat, error) { return fdStat(int(f.Fd())) }

func fdStat(fd int) (stat, error) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return stat{}, err
	}
	return toStat(&st), nil
}

func (t *beneath) entry(dir *os.File, _, last string) (stat, error) {
	return statAt(int(dir.Fd()), last)
}

func statAt(dir int, last string) (stat, error) {
	var st unix.Stat_t
	err := unix.Fstatat(dir, last, &st, unix.AT_SYMLINK_NOFOLLOW)
	if err == unix.ENOENT || err == unix.ENAMETOOLONG {
		return stat{}, nil
	}
	if err != nil {
		return stat{}, err
	}
	return toStat(&st), nil
}

func toStat(st *unix.Stat_t) stat {
	k := kindForeign
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		k = kindFile
	case unix.S_IFDIR:
		k = kindDir
	}
	return stat{
		kind:    k,
		size:    st.Size,
		modTime: time.Unix(st.Mtim.Unix()),
		inode:   st.Ino,
		changed: st.Ctim.Nano(),
	}
}

// in calls do with the directory that holds name, and the last segment.
func (t *beneath) in(name string, do func(dir int, last string) error) error {
	base, err := t.dir()
	if err != nil {
		return err
	}
	i := strings.LastIndexByte(name, '/')
	if i < 0 {
		return do(base, name)
	}
	fd, err := openFD(base, name[:i], unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return do(fd, name[i+1:])
}

func (t *beneath) mkdir(name string, perm os.FileMode) error {
	return t.in(name, func(dir int, last string) error {
		return unix.Mkdirat(dir, last, uint32(perm))
	})
}

func (t *beneath) rename(from, to string, replace bool) error {
	return t.in(from, func(fromDir int, fromLast string) error {
		return t.in(to, func(toDir int, toLast string) error {
			if replace {
				return unix.Renameat(fromDir, fromLast, toDir, toLast)
			}
			err := unix.Renameat2(fromDir, fromLast, toDir, toLast, unix.RENAME_NOREPLACE)
			if err != unix.EINVAL && err != unix.ENOSYS {
				return err
			}
			// This file system cannot do it in one step. Nobody else changes
			// the tree in this process.
			var st unix.Stat_t
			if unix.Fstatat(toDir, toLast, &st, unix.AT_SYMLINK_NOFOLLOW) == nil {
				return fs.ErrExist
			}
			return unix.Renameat(fromDir, fromLast, toDir, toLast)
		})
	})
}

func (t *beneath) exchange(a, b string) error {
	return t.in(a, func(aDir int, aLast string) error {
		return t.in(b, func(bDir int, bLast string) error {
			return unix.Renameat2(aDir, aLast, bDir, bLast, unix.RENAME_EXCHANGE)
		})
	})
}

// errShared: others may see what is written to the file.
var errShared = errors.New("file is open elsewhere or has another name")

func (t *beneath) reopen(name string) (newFile, stat, error) {
	f, err := t.openFile(name, unix.O_WRONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, stat{}, err
	}
	var st unix.Stat_t
	fd := int(f.Fd())
	err = unix.Fstat(fd, &st)
	if err == nil && st.Nlink != 1 {
		err = errShared
	}
	for _, lease := range []int{unix.F_WRLCK, unix.F_UNLCK} { // fcntl(2): the first is refused while others have it open
		if err == nil {
			_, err = unix.FcntlInt(uintptr(fd), unix.F_SETLEASE, lease)
		}
	}
	if err != nil {
		f.Close()
		return nil, stat{}, err
	}
	return f, toStat(&st), nil
}

func (t *beneath) remove(name string) error {
	return t.in(name, func(dir int, last string) error {
		err := unix.Unlinkat(dir, last, 0)
		if err == unix.EISDIR {
			err = unix.Unlinkat(dir, last, unix.AT_REMOVEDIR)
		}
		return err
	})
}

func (t *beneath) chtimes(name string, modTime time.Time) error {
	ts, err := unix.TimeToTimespec(modTime)
	if err != nil {
		return err
	}
	return t.in(name, func(dir int, last string) error {
		return unix.UtimesNanoAt(dir, last, []unix.Timespec{{Nsec: unix.UTIME_OMIT}, ts}, unix.AT_SYMLINK_NOFOLLOW)
	})
}

func (t *beneath) sync(dir string) error {
	f, err := t.openFile(dir, unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}
