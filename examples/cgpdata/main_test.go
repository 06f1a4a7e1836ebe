package main

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// binaries is the directory of the program under test.
var binaries string

func TestMain(m *testing.M) {
	os.Exit(testMain(m))
}

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "cgpdata-test-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	binaries = dir
	if out, err := exec.Command("go", "build", "-o", filepath.Join(dir, "cgpdata"), ".").CombinedOutput(); err != nil {
		panic(string(out))
	}
	return m.Run()
}

// shell runs a script in a directory, with the program on the path.
func shell(t *testing.T, dir, script string) (stdout, stderr string, status int) {
	t.Helper()
	sh, err := exec.LookPath("sh")
	if err != nil && os.Getenv("CI") != "true" {
		t.Skip("no shell")
	}
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), sh, "-c", script)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PATH="+binaries+string(os.PathListSeparator)+os.Getenv("PATH"), "LC_ALL=C")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	if _, ok := errors.AsType[*exec.ExitError](err); !ok {
		require.NoError(t, err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

var update = flag.Bool("update", false, "write what the program says into testdata")

// TestDialogues runs what the files testdata/*.txt have. "# " begins a comment there,
// "-- NAME --" a file, and "$ COMMAND" what that command prints: standard
// output as it is, then standard error behind "! ", then an exit status that is not 0 as
// "[1]". The commands of one dialogue run in the same directory.
func TestDialogues(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(name)
			require.NoError(t, err)
			got := dialogue(t, string(text))
			if *update {
				require.NoError(t, os.WriteFile(name, []byte(got), 0o666))
			}
			require.Equal(t, string(text), got)
		})
	}
}

// dialogue runs the commands of a dialogue, and returns it with what they say.
func dialogue(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	var got strings.Builder
	file := "" // the one to which the next lines belong
	for line := range strings.Lines(text) {
		name, isFile := strings.CutPrefix(line, "-- ")
		script, isCommand := strings.CutPrefix(line, "$ ")
		switch {
		case isFile:
			file = filepath.Join(dir, strings.TrimSuffix(name, " --\n"))
			require.NoError(t, os.WriteFile(file, nil, 0o640))
			got.WriteString(line)
		case isCommand:
			file = ""
			got.WriteString(line)
			stdout, stderr, status := shell(t, dir, script)
			got.WriteString(lines(stdout, ""))
			got.WriteString(lines(stderr, "! "))
			if status != 0 {
				got.WriteString("[" + strconv.Itoa(status) + "]\n")
			}
		case file != "":
			f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
			require.NoError(t, err)
			_, err = f.WriteString(line)
			require.NoError(t, errors.Join(err, f.Close()))
			fallthrough
		case strings.HasPrefix(line, "# "):
			got.WriteString(line)
		}
	}
	return got.String()
}

// lines puts a prefix before each line.
func lines(text, prefix string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		out.WriteString(prefix + line)
	}
	if text != "" && !strings.HasSuffix(text, "\n") {
		out.WriteString("\\ no line end\n")
	}
	return out.String()
}
