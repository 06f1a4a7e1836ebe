package dirstore

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
)

var (
	soakKills = flag.Int("kills", 20, "how often TestSoak kills the process that works")
	soakSeed  = flag.Uint64("seed", 0, "what that process does; 0: something new")
)

// soakChild is the variable of the environment that makes this program the
// child of a soak.
const soakChild = "CGPKIT_SOAK"

func TestMain(m *testing.M) {
	spec, ok := os.LookupEnv(soakChild)
	if !ok {
		os.Exit(m.Run())
	}
	var seed uint64
	var round int
	var work bool
	_, err := fmt.Sscan(spec, &seed, &round, &work)
	if err == nil {
		err = soakWork(seed, round, os.Getenv("CGPKIT_SOAK_ROOT"), work)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// TestSoak kills a process that changes a storage from several goroutines, with
// SIGKILL at random moments, and looks at what it has left:
//
//	go test ./filestore/dirstore -run TestSoak -kills 300 -timeout 0 -v
//
// Each time, everything whose end was told is there, and whole; what was under
// way is done or not done; a file and its sidecar are together; no file of the
// store's own remains; and the usage is right.
func TestSoak(t *testing.T) {
	seed := *soakSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("-seed %d", seed)
	k := &soak{
		seed:   seed,
		root:   filepath.Join(t.TempDir(), "account.web"),
		r:      random(seed, 0, 255),
		loners: map[string]files{},
	}
	for worker := range loners + rivals {
		dir := lonerDir(worker)
		if worker >= loners {
			dir = rivalDir(worker)
		}
		require.NoError(t, os.MkdirAll(filepath.Join(k.root, dir), 0o750))
		k.loners[dir] = files{}
	}
	require.NoError(t, os.MkdirAll(filepath.Join(k.root, sharedDir), 0o750))
	for round := range *soakKills {
		told := k.kill(t, round, true)
		for k.r.IntN(3) == 0 {
			k.kill(t, round, false)
			k.again++
		}
		k.verify(t, round, told)
		if t.Failed() {
			t.Fatalf("in round %d of -seed %d", round, seed)
		}
	}
	t.Logf("%d kills at work, %d in recovery; %d tasks told, %d more found done; %d intents, %d uploads, %d usages left by kills",
		*soakKills, k.again, k.told, k.found, k.intents, k.uploads, k.usages)
}

// soak is what the test knows.
type soak struct {
	seed   uint64
	root   string
	r      *rand.Rand
	loners map[string]files // what stands in the directory of each loner

	again, told, found       int // for the record
	intents, uploads, usages int
}

// kill lets a child work, or only open the storage, and kills it. It returns
// what the child told, by worker.
func (k *soak) kill(t *testing.T, round int, work bool) map[int][]string {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), fmt.Sprintf("%s=%d %d %v", soakChild, k.seed, round, work), "CGPKIT_SOAK_ROOT="+k.root)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())

	lines := bufio.NewScanner(out)
	told := map[int][]string{}
	left := k.r.IntN(400) // tasks until the end is near
	var end <-chan time.Time
	if work {
		for left > 0 && lines.Scan() {
			k.hear(t, told, lines.Text())
			left--
		}
		end = time.After(time.Duration(k.r.IntN(5000)) * time.Microsecond)
	} else {
		end = time.After(time.Duration(k.r.IntN(50)) * time.Millisecond)
	}
	<-end
	require.NoError(t, child.Process.Kill())
	for lines.Scan() {
		k.hear(t, told, lines.Text())
	}
	require.NoError(t, lines.Err())
	err = child.Wait()
	if work {
		require.ErrorContains(t, err, "killed")
	}
	k.look(t)
	return told
}

// hear takes one line of the child.
func (k *soak) hear(t *testing.T, told map[int][]string, line string) {
	t.Helper()
	if line == "open" {
		return
	}
	worker, ended, _ := strings.Cut(line, " ")
	n, err := strconv.Atoi(worker)
	require.NoError(t, err, line)
	require.NotContains(t, ended, "fault")
	told[n] = append(told[n], ended)
	k.told++
}

// look looks at what a kill has left, before anything is settled.
func (k *soak) look(t *testing.T) {
	t.Helper()
	for name := range filesIn(t, k.root+".state") {
		switch name {
		case intentFile:
			k.intents++
		case usageFile:
			k.usages++
		default:
			k.uploads++
		}
	}
	honest(t, k.root)
}

// verify opens the storage and compares it with what it must hold.
func (k *soak) verify(t *testing.T, round int, told map[int][]string) {
	t.Helper()
	s, err := Open(k.root, &Options{Sync: SyncLater})
	require.NoError(t, err)
	for name := range filesIn(t, k.root+".state") {
		require.Equal(t, usageFile, name, "left in the state directory")
	}
	all := filesIn(t, k.root)
	used, err := s.Usage(t.Context(), filestore.Root)
	require.NoError(t, err)
	require.Equal(t, all.usage(), used)
	require.NoError(t, s.Close())
	honest(t, k.root)

	below := func(dir string) files {
		f := files{}
		for name, content := range all {
			if filestore.Within(name, dir) && name != dir {
				f[name] = content
			}
		}
		return f
	}
	for worker := range loners {
		dir := lonerDir(worker)
		k.loners[dir] = k.compare(t, round, worker, k.loners[dir], below(dir), told[worker])
	}
	checkPairs(t, below(sharedDir), false)
	for worker := range rivals {
		checkPairs(t, below(rivalDir(loners+worker)), true)
	}
}

// compare plays the tasks of a loner to a store in memory, and demands that
// what is on disk is what came of those that were told, or of one more.
func (k *soak) compare(t *testing.T, round, worker int, before, found files, told []string) files {
	t.Helper()
	model := memstore.New()
	fill(t, model, lonerDir(worker), before)
	r := random(k.seed, round, worker)
	for n, ended := range told {
		task := nextTask(r, round, worker, n)
		require.Equal(t, outcome(task.do(t.Context(), model)), ended, "task %d: %s", n, task.name)
	}
	want := filesOf(t, model)
	if maps.Equal(want, found) {
		return found
	}
	task := nextTask(r, round, worker, len(told))
	_ = task.do(t.Context(), model) // how it would have ended
	more := filesOf(t, model)
	if !maps.Equal(more, found) {
		t.Errorf("loner %d has %v, wants %v, or after %s %v", worker, sizes(found), sizes(want), task.name, sizes(more))
	}
	k.found++
	return found
}

// checkPairs demands that every file stands with a sidecar of its own tag, and
// is whole. What is prepared may be a sidecar alone.
func checkPairs(t *testing.T, f files, prepared bool) {
	t.Helper()
	tag := func(name string) string {
		head, _, _ := strings.Cut(f[name], "\n")
		tag, size, _ := strings.Cut(head, " ")
		n, err := strconv.Atoi(size)
		require.NoError(t, err, name)
		require.True(t, f[name] == text(tag, n), "%s is not whole", name)
		return tag
	}
	for name, content := range f {
		if content == "/" {
			continue
		}
		if x, ok := strings.CutSuffix(name, ".meta"); ok {
			require.True(t, f[x] != "" || prepared, "%s has no file", name)
			require.NotEmpty(t, tag(name))
			continue
		}
		require.NotEmpty(t, f[name+".meta"], "%s has no sidecar", name)
		require.Equal(t, tag(name), tag(name+".meta"), name)
	}
}

// fill stores files below dir.
func fill(t *testing.T, s filestore.Store, dir string, f files) {
	t.Helper()
	require.NoError(t, s.Mkdir(t.Context(), dir, filestore.MkdirOptions{}, boundless))
	for _, name := range slices.Sorted(maps.Keys(f)) {
		if f[name] == "/" {
			require.NoError(t, s.Mkdir(t.Context(), name, filestore.MkdirOptions{}, boundless))
			continue
		}
		if of, ok := filestore.SidecarOf(name); ok {
			_, err := s.SetSidecar(t.Context(), of, []byte(f[name]), filestore.SidecarOptions{}, boundless)
			require.NoError(t, err)
			continue
		}
		require.NoError(t, putFile(t.Context(), s, name, f[name], filestore.CreateOptions{}, boundless))
	}
}

// filesOf reads what a store holds below its top directories.
func filesOf(t *testing.T, s filestore.Store) files {
	t.Helper()
	f := files{}
	var walk func(dir string)
	walk = func(dir string) {
		for info, err := range s.List(t.Context(), dir, filestore.ListOptions{Sidecars: true}) {
			require.NoError(t, err)
			name := info.Path()
			if sidecar := info.Sidecar(); sidecar != nil {
				f[name+sidecarSuffix] = string(sidecar.Content)
			}
			switch {
			case info.IsDir():
				if dir != filestore.Root {
					f[name] = "/"
				}
				walk(name)
			case info.Mode().IsRegular():
				f[name] = read(t, s, name)
			}
		}
	}
	walk(filestore.Root)
	return f
}

func read(t *testing.T, s filestore.Store, name string) string {
	t.Helper()
	file, err := s.Open(context.Background(), name)
	require.NoError(t, err)
	defer file.Close()
	content, err := io.ReadAll(file)
	require.NoError(t, err)
	return string(content)
}

// sizes shows what stands under each name, in short.
func sizes(f files) map[string]string {
	short := map[string]string{}
	for name, content := range f {
		head, _, _ := strings.Cut(content, "\n")
		short[name] = fmt.Sprintf("%d %.30s", len(content), head)
	}
	return short
}
