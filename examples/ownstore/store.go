package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/treestore"
)

// journal is a [treestore.Tree] in one file, which has a line of JSON for each change.
// What comes of them is in memory.
type journal struct {
	file *os.File
	size int64 // of the whole lines

	mu    sync.RWMutex // guards nodes
	nodes map[string]treestore.Node
}

// change is a line of the file.
type change struct {
	Gone []string
	Put  []treestore.Node
}

// openJournal returns the tree in a file, which is made if it is not there. Nobody else
// may have it open.
func openJournal(name string) (*journal, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	j := &journal{file: f, nodes: map[string]treestore.Node{}}
	if err := j.read(); err != nil {
		return nil, errors.Join(fmt.Errorf("read %s: %w", name, err), f.Close())
	}
	return j, nil
}

// read does the changes of the file. A line that has no end was cut by a crash, and
// never happened.
func (j *journal) read() error {
	for lines := bufio.NewReader(j.file); ; {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			return j.file.Truncate(j.size)
		}
		var c change
		if err := cmp.Or(err, json.Unmarshal(line, &c)); err != nil {
			return err
		}
		j.size += int64(len(line))
		j.apply(c)
	}
}

func (j *journal) apply(c change) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, name := range c.Gone {
		delete(j.nodes, name)
	}
	for _, n := range c.Put {
		j.nodes[n.Path] = n
	}
}

// Change implements [treestore.Tree]. What cannot be written whole is taken back.
func (j *journal) Change(_ context.Context, gone []string, put []treestore.Node) error {
	c := change{gone, put}
	line, err := json.Marshal(c)
	if err != nil {
		return err
	}
	n, err := j.file.WriteAt(append(line, '\n'), j.size)
	if err = cmp.Or(err, j.file.Sync()); err != nil {
		return errors.Join(err, j.file.Truncate(j.size))
	}
	j.size += int64(n)
	j.apply(c)
	return nil
}

// Node implements [treestore.Tree].
func (j *journal) Node(_ context.Context, name string) (treestore.Node, error) {
	j.mu.RLock()
	defer j.mu.RUnlock()
	return j.nodes[name], nil
}

// List implements [treestore.Tree].
func (j *journal) List(_ context.Context, dir, after string) (found []treestore.Node, err error) {
	j.mu.RLock()
	defer j.mu.RUnlock()
	for name, n := range j.nodes {
		if in, last := filestore.Split(name); in == dir && last > after {
			found = append(found, n)
		}
	}
	slices.SortFunc(found, func(a, b treestore.Node) int { return strings.Compare(a.Path, b.Path) })
	return found, nil
}
