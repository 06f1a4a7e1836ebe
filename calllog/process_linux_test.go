package calllog_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/calllog"
)

// processes are what the test binary does as another process, by the value of
// CALLLOG_TEST_PROCESS, in the directory CALLLOG_TEST_DIR with so many calls as
// CALLLOG_TEST_CALLS says at most.
var processes = map[string]func(dir string, calls int) error{"append": appendCalls, "full": appendToFull}

func TestMain(m *testing.M) {
	if process := processes[os.Getenv("CALLLOG_TEST_PROCESS")]; process != nil {
		calls, err := strconv.Atoi(os.Getenv("CALLLOG_TEST_CALLS"))
		if err == nil {
			err = process(os.Getenv("CALLLOG_TEST_DIR"), calls)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// start starts a process, and returns what it prints.
func start(t *testing.T, process, dir string, calls int) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0])
	command.Env = append(os.Environ(), "CALLLOG_TEST_PROCESS="+process, "CALLLOG_TEST_DIR="+dir, "CALLLOG_TEST_CALLS="+strconv.Itoa(calls))
	command.Stderr = os.Stderr
	out, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	return command, bufio.NewScanner(out)
}

// numberedCall is a call that tells by its Call-ID all that it is. Some fill
// several pages, so that a kill can cut them.
func numberedCall(pid, i int) calllog.Record {
	return calllog.Record{
		End: time.Date(2009, time.March+time.Month(i%2), 1, 0, 0, i, 0, time.UTC), CallID: fmt.Sprintf("%d-%d", pid, i),
		Answered: true, CallTime: time.Duration(i) * time.Second, ErrorCode: strings.Repeat("x", i%5*4000), Program: "end",
	}
}

// appendCalls appends calls, some of them in batches, and prints the Call-IDs of
// those that are acknowledged.
func appendCalls(dir string, calls int) error {
	a := calllog.Appender{Dir: dir, Location: time.UTC}
	for i := 0; i < calls; {
		var batch []calllog.Record
		for range i%3 + 1 {
			batch = append(batch, numberedCall(os.Getpid(), i))
			i++
		}
		if _, err := a.Append(context.Background(), batch...); err != nil {
			return err
		}
		for _, r := range batch {
			fmt.Println(r.CallID)
		}
	}
	return nil
}

// Several processes append, some of them are killed, and the files are renamed
// away: every acknowledged call is there once, and what is torn is a whole line
// to the reader, reported by its number.
func TestAppendOfSeveralProcesses(t *testing.T) {
	t.Parallel()
	const rounds, calls = 4, 150
	dir, kills := t.TempDir(), 0
	var acknowledged []string
	for round := range rounds {
		victim, victimSays := start(t, "append", dir, 1_000_000) // is killed long before
		other, otherSays := start(t, "append", dir, calls)
		third, thirdSays := start(t, "append", dir, calls)
		for range 20 + 10*round {
			require.True(t, victimSays.Scan())
			acknowledged = append(acknowledged, victimSays.Text())
		}
		for _, month := range []string{"Mar", "Apr"} {
			name := "calls-2009-" + month
			if err := os.Rename(filepath.Join(dir, name), filepath.Join(dir, strconv.Itoa(round)+name)); err != nil {
				require.ErrorIs(t, err, os.ErrNotExist)
			}
		}
		require.NoError(t, victim.Process.Kill())
		kills++
		for _, says := range []*bufio.Scanner{victimSays, otherSays, thirdSays} {
			for says.Scan() {
				acknowledged = append(acknowledged, says.Text())
			}
			require.NoError(t, says.Err())
		}
		require.Error(t, victim.Wait())
		require.NoError(t, other.Wait())
		require.NoError(t, third.Wait())
	}

	found, torn := map[string]int{}, 0
	files, err := filepath.Glob(filepath.Join(dir, "*calls-2009-*"))
	require.NoError(t, err)
	require.Greater(t, len(files), 2, "some were renamed")
	for _, file := range files {
		f, err := os.Open(file)
		require.NoError(t, err)
		records, errs := collect(calllog.Read(f, march2009))
		require.NoError(t, f.Close())
		torn += len(errs)
		for _, err := range errs {
			require.Regexp(t, `^calllog: line \d+: `, err.Error())
		}
		for _, r := range records {
			var pid, i int
			_, err := fmt.Sscanf(r.CallID, "%d-%d", &pid, &i)
			if want := numberedCall(pid, i); err == nil && want == r {
				found[r.CallID]++
			} else {
				torn++ // in its last field
			}
		}
	}
	for _, id := range acknowledged {
		require.Equal(t, 1, found[id], id)
	}
	for id, n := range found {
		require.Equal(t, 1, n, id)
	}
	require.LessOrEqual(t, torn, kills)
	require.GreaterOrEqual(t, len(acknowledged), rounds*2*calls)
}

// appendToFull appends until a file may not grow any more, as on a full disk: the
// system then takes the first part of a batch. It prints the number of batches.
func appendToFull(dir string, calls int) error {
	signal.Ignore(syscall.SIGXFSZ)
	const most = 10_000
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: most, Max: most}); err != nil {
		return err
	}
	a := calllog.Appender{Dir: dir, Location: time.UTC}
	for n := range calls {
		written, err := a.Append(context.Background(), samples[0].record, samples[1].record)
		if errors.Is(err, syscall.EFBIG) && written == 0 {
			fmt.Println(n)
			return nil
		}
		if err != nil {
			return err
		}
	}
	return errors.New("the file grows and grows")
}

func TestAppendTakesAShortWriteBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	process, says := start(t, "full", dir, 1000)
	require.True(t, says.Scan())
	require.NoError(t, process.Wait())
	batch := samples[0].line + "\n" + samples[1].line + "\n"
	batches := 10_000 / len(batch)
	require.NotZero(t, 10_000%len(batch), "the last batch fits in part")
	require.Equal(t, fmt.Sprint(batches), says.Text())
	info, err := os.Stat(filepath.Join(dir, "calls-2009-Mar"))
	require.NoError(t, err)
	require.EqualValues(t, batches*len(batch), info.Size(), "nothing of it is left")
}

// A link may lead anywhere, and a pipe may block.
func TestAppendRefusesSpecialFiles(t *testing.T) {
	t.Parallel()
	for name, make := range map[string]func(path string) error{
		"link":          func(path string) error { return os.Symlink(filepath.Join(filepath.Dir(path), "elsewhere"), path) },
		"pipe":          func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"full":          func(path string) error { return os.Symlink("/dev/full", path) },
		"link to a log": func(path string) error { return os.Symlink("calls-2009-Feb", path) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := calllog.Appender{Dir: t.TempDir(), Location: time.UTC}
			require.NoError(t, make(filepath.Join(a.Dir, "calls-2009-Mar")))
			_, err := a.Append(t.Context(), samples[0].record)
			require.Error(t, err)
			files, err := os.ReadDir(a.Dir)
			require.NoError(t, err)
			require.Len(t, files, 1)
		})
	}
}

// Whoever holds the lock is waited for until the context ends.
func TestAppendWaitsForTheLock(t *testing.T) {
	t.Parallel()
	a := calllog.Appender{Dir: t.TempDir(), Location: time.UTC}
	path := filepath.Join(a.Dir, "calls-2009-Mar")
	f, err := os.Create(path)
	require.NoError(t, err)
	defer f.Close()
	require.NoError(t, syscall.Flock(int(f.Fd()), syscall.LOCK_EX))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := a.Append(ctx, samples[0].record)
		done <- err
	}()
	cancel()
	require.ErrorIs(t, <-done, context.Canceled)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Empty(t, text)

	go func() {
		_, err := a.Append(t.Context(), samples[0].record)
		done <- err
	}()
	require.NoError(t, f.Close())
	require.NoError(t, <-done)
	records, errs := readLog(t, path)
	require.Empty(t, errs)
	require.Len(t, records, 1)
}
