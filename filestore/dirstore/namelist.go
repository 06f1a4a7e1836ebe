package dirstore

import (
	"cmp"
	"encoding/binary"
	"iter"
	"slices"
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
)

// maxBlock is the size of a block of a nameList: an offset in it takes 16 bits.
const maxBlock = 1 << 16

// nameList holds the names of a directory until they are listed in their order. A
// million names of 20 bytes take up 25 MB, and 16 MB more while they are sorted.
//
// A name that can be that of a sidecar is held as the name of its entry with
// sidecarMark behind it, so that it comes next to that.
type nameList struct {
	blocks [][]byte // of names, each with its length before it
	places []uint32 // of the names: the number of the block and the offset in it
}

// sidecarMark is less than all bytes of names.
const sidecarMark = "\x01"

func (l *nameList) add(name string, sidecar bool) {
	length := len(name)
	if sidecar {
		length++ // of at most 251
	}
	last := len(l.blocks) - 1
	if last < 0 || len(l.blocks[last])+1+length > maxBlock {
		var block []byte
		if last >= 0 { // this one may be full as well
			block = make([]byte, 0, maxBlock)
		}
		l.blocks = append(l.blocks, block)
		last++
	}
	block := l.blocks[last]
	l.places = append(l.places, uint32(last)<<16|uint32(len(block)))
	block = append(append(block, byte(length)), name...)
	if sidecar {
		block = append(block, sidecarMark...)
	}
	l.blocks[last] = block
}

// addEntry adds the name of an entry, unless it is not behind the name after. Whether
// that of a sidecar is one, or a directory, is seen later.
func (l *nameList) addEntry(last, after string) {
	if last <= after {
		return
	}
	if of, ok := filestore.SidecarOf(last); ok && of > after {
		l.add(of, true)
		return
	}
	l.add(last, false)
}

func (l *nameList) at(place uint32) []byte {
	name := l.blocks[place>>16][place&(maxBlock-1):]
	return name[1 : 1+int(name[0])]
}

// keyedName is a name with eight of its bytes, which are compared at once.
type keyedName struct {
	key   uint64
	place uint32
}

func (l *nameList) sort() {
	names := make([]keyedName, len(l.places))
	for i, place := range l.places {
		names[i].place = place
	}
	l.sortFrom(names, 0)
	for i, name := range names {
		l.places[i] = name.place
	}
}

// sortFrom sorts names that have the same bytes before the one with this number.
func (l *nameList) sortFrom(names []keyedName, number int) {
	for i := range names {
		var key [8]byte // zero behind the name: no name has such a byte
		copy(key[:], l.at(names[i].place)[number:])
		names[i].key = binary.BigEndian.Uint64(key[:])
	}
	slices.SortFunc(names, func(a, b keyedName) int { return cmp.Compare(a.key, b.key) })
	for len(names) > 0 {
		same := 1
		for same < len(names) && names[same].key == names[0].key {
			same++
		}
		if same > 1 && names[0].key&0xFF != 0 {
			l.sortFrom(names[:same], number+8)
		}
		names = names[same:]
	}
}

// listedName is a name in a directory, with what that has of it.
type listedName struct {
	path, last     string
	entry, sidecar bool
}

// group is how many names, and how many entries, share one allocation.
const group = 32

// in yields the names in byte order, each once, as those of a directory.
func (l *nameList) in(dir string) iter.Seq[listedName] {
	prefix := ""
	if dir != filestore.Root {
		prefix = dir + "/"
	}
	return func(yield func(listedName) bool) {
		var now listedName
		var buf []byte
		for places := range slices.Chunk(l.places, group) {
			buf = buf[:0]
			for _, place := range places {
				buf = append(append(buf, prefix...), l.at(place)...)
			}
			paths := string(buf)
			for _, place := range places {
				path := paths[:len(prefix)+len(l.at(place))]
				paths = paths[len(path):]
				path, sidecar := strings.CutSuffix(path, sidecarMark)
				if last := path[len(prefix):]; now.last != last {
					if now.last != "" && !yield(now) {
						return
					}
					now = listedName{path: path, last: last}
				}
				now.entry, now.sidecar = now.entry || !sidecar, now.sidecar || sidecar
			}
		}
		if now.last != "" {
			yield(now)
		}
	}
}
