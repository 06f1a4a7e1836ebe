package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/cgpkit/cgpkit/cgpdata"
)

func main() {
	t := &tool{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}
	os.Exit(t.run(os.Args[1:]))
}

// A tool is one run of the program.
type tool struct {
	stdin          io.Reader
	stdout, stderr io.Writer

	// The flags of the command:
	write, lenient, raw bool
}

// A command is what the first argument names.
type command struct {
	name      string
	arguments string // as usage shows them: only the flags there are known
	summary   string
	min, max  int // number of arguments behind the flags
	run       func(t *tool, args []string) error
}

var commands = [...]command{
	{"json", "[-lenient] [FILE]", "text to JSON", 0, 1, (*tool).json},
	{"from-json", "[-lenient] [FILE]", "JSON to text", 0, 1, (*tool).fromJSON},
	{"fmt", "[-w] [-lenient] [FILE]", "canonical layout; comments are kept", 0, 1, (*tool).format},
	{"check", "[FILE...]", "report every error", 0, math.MaxInt, (*tool).check},
	{"get", "[-raw] [-lenient] PATH [FILE]", "print one value", 1, 2, (*tool).get},
	{"set", "[-w] [-lenient] PATH VALUE [FILE]", "change or add one value", 2, 3, (*tool).set},
	{"del", "[-w] [-lenient] PATH [FILE]", "take one value out", 1, 2, (*tool).del},
	{"tbd", "[-lenient] [FILE]", "text table to JSON lines", 0, 1, (*tool).tbd},
}

// errReported is the error of a command that has reported all errors itself.
var errReported = errors.New("reported")

// A usageError is an error of the command line.
type usageError struct {
	error
	usage string // what to show with it
}

func (e usageError) Unwrap() error { return e.error }

// run is the program; it returns the exit status.
func (t *tool) run(args []string) int {
	err := t.command(args)
	_, usage := errors.AsType[usageError](err)
	switch {
	case err == nil:
		return 0
	case err != errReported:
		t.report(err)
	}
	if usage {
		return 2
	}
	return 1
}

func (t *tool) command(args []string) error {
	if len(args) == 0 {
		return usageError{errors.New("want a command"), usage(commands[:])}
	}
	if slices.Contains([]string{"-h", "-help", "--help", "help"}, args[0]) {
		return t.print([]byte(usage(commands[:])))
	}
	n := slices.IndexFunc(commands[:], func(c command) bool { return c.name == args[0] })
	if n < 0 {
		return usageError{fmt.Errorf("unknown command %q", args[0]), usage(commands[:])}
	}
	c := commands[n]
	flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	for name, to := range map[string]*bool{"w": &t.write, "lenient": &t.lenient, "raw": &t.raw} {
		if strings.Contains(c.arguments, "[-"+name+"]") {
			flags.BoolVar(to, name, false, "")
		}
	}
	err := flags.Parse(args[1:])
	switch {
	case errors.Is(err, flag.ErrHelp):
		return t.print([]byte(usage(commands[n : n+1])))
	case err == nil && flags.NArg() < c.min:
		err = errors.New("too few arguments")
	case err == nil && flags.NArg() > c.max:
		err = errors.New("too many arguments")
	}
	if err != nil {
		return usageError{fmt.Errorf("%s: %w", c.name, err), usage(commands[n : n+1])}
	}
	return c.run(t, flags.Args())
}

// usage returns how to call commands.
func usage(commands []command) string {
	var text strings.Builder
	text.WriteString("usage:\n")
	for _, c := range commands {
		fmt.Fprintf(&text, "  cgpdata %-9s %-33s  %s\n", c.name, c.arguments, c.summary)
	}
	text.WriteString("Without FILE, or with -, standard input is read. go doc ./examples/cgpdata tells more.\n")
	return text.String()
}

// maxJSON limits the size of JSON, which may be longer than the text that it stands for.
const maxJSON = 512 << 20

// An input is a text and where it comes from.
type input struct {
	name string
	text []byte
}

const stdinName = "stdin"

// open opens the file that the arguments name, if one is left; standard input otherwise.
func (t *tool) open(args []string) (name string, r io.ReadCloser, err error) {
	if len(args) == 0 || args[0] == "-" {
		return stdinName, io.NopCloser(t.stdin), nil
	}
	f, err := os.Open(args[0])
	if err != nil {
		return "", nil, &fault{name: args[0], err: err}
	}
	return args[0], f, nil
}

// read reads what the arguments name.
func (t *tool) read(args []string) (input, error) {
	name, r, err := t.open(args)
	if err != nil {
		return input{}, err
	}
	defer r.Close()
	text, err := io.ReadAll(io.LimitReader(r, maxJSON+1)) // what is too long for a parser it says itself
	if err != nil {
		return input{}, &fault{name: name, err: err}
	}
	return input{name, text}, nil
}

// options returns how to parse a text.
func (t *tool) options(in input) *cgpdata.Options {
	if !t.lenient {
		return &cgpdata.Options{}
	}
	return &cgpdata.Options{Allow: cgpdata.Lenient, Warn: func(e *cgpdata.SyntaxError) {
		e.Err = fmt.Errorf("tolerated: %w", e.Err)
		t.report(&fault{name: in.name, text: in.text, err: e})
	}}
}

// print writes to standard output.
func (t *tool) print(text []byte) error {
	_, err := t.stdout.Write(text)
	if err != nil {
		return &fault{name: "stdout", err: err}
	}
	return nil
}

// printLine writes a text to standard output, and a line end if it has none.
func (t *tool) printLine(text []byte) error {
	return t.print(append(bytes.TrimSuffix(text, []byte("\n")), '\n'))
}
