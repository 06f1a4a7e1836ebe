package tbd_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/tbd"
	"github.com/stretchr/testify/require"
)

// TestMain is the process that changes a table, if the environment says so.
func TestMain(m *testing.M) {
	if path := os.Getenv("TBD_TEST_TABLE"); path != "" {
		if err := changeTable(path, os.Getenv("TBD_TEST_CHANGES")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// changeTable counts up, adds a record each time, and tells its key.
func changeTable(path, changes string) error {
	n, err := strconv.Atoi(changes)
	if err != nil {
		return err
	}
	table, err := tbd.Open(path, nil)
	if err != nil {
		return err
	}
	for i := range n {
		key := fmt.Sprintf("%d-%d", os.Getpid(), i)
		if err := count(context.Background(), table); err != nil {
			return err
		}
		if err := table.Put(context.Background(), record("k", key, "a", "1", "b", "1")); err != nil {
			return err
		}
		fmt.Println(key)
	}
	return nil
}

// count adds one to both fields of the record counter.
func count(ctx context.Context, table *tbd.Table) error {
	return table.Update(ctx, "counter", func(old cgpdata.Value) (cgpdata.Value, error) {
		n, err := strconv.Atoi(old.Index(1).Text())
		text := strconv.Itoa(n + 1)
		return record("k", "counter", "a", text, "b", text), err
	})
}

// startProcess starts a process that changes a table, and returns what it tells.
func startProcess(t *testing.T, path string, changes int) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0])
	command.Env = append(os.Environ(), "TBD_TEST_TABLE="+path, "TBD_TEST_CHANGES="+strconv.Itoa(changes))
	command.Stderr = os.Stderr
	out, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	return command, bufio.NewScanner(out)
}

func TestTableOfTwoProcesses(t *testing.T) {
	t.Parallel()
	const changes = 30
	table, path := open(t, "k\ta\tb\ncounter\t0\t0\n", nil)
	var keys []string
	one, oneTold := startProcess(t, path, changes)
	two, twoTold := startProcess(t, path, changes)
	for range changes {
		require.NoError(t, count(t.Context(), table))
		require.True(t, oneTold.Scan() && twoTold.Scan())
		keys = append(keys, oneTold.Text(), twoTold.Text())
	}
	require.NoError(t, one.Wait())
	require.NoError(t, two.Wait())
	got, err := table.Get(t.Context(), "counter")
	require.NoError(t, err)
	require.Equal(t, strconv.Itoa(3*changes), got.Index(1).Text())
	for _, key := range keys {
		_, err := table.Get(t.Context(), key)
		require.NoError(t, err)
	}
}

func TestTableAfterACrash(t *testing.T) {
	t.Parallel()
	table, path := open(t, "k\ta\tb\ncounter\t0\t0\n", nil)
	var keys []string
	for round := range 10 {
		process, told := startProcess(t, path, 1_000_000)
		for range round + 1 {
			require.True(t, told.Scan())
			keys = append(keys, told.Text())
		}
		require.NoError(t, process.Process.Kill()) // in the middle of the next changes
		require.Error(t, process.Wait())
		for record, err := range table.All(t.Context()) {
			require.NoError(t, err)
			require.Equal(t, record.Index(1).Text(), record.Index(2).Text())
			require.NotEmpty(t, record.Index(2).Text())
		}
		for _, key := range keys {
			_, err := table.Get(t.Context(), key)
			require.NoError(t, err, "what was told as done")
		}
		require.NoError(t, count(t.Context(), table), "the lock went with the process")
	}
}
