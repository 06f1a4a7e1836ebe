// Command callstats prints statistics of call logs, as CSV or JSON. It reads the
// files as they are, so a server may run.
//
//	go run ./examples/callstats /var/CommuniGate/Accounts/john.macnt/account.web/private/logs/calls-2009-*
//
// A line that is no record is told on standard error and does not count; status 1
// says that there was one, or that a file could not be read. Bad flags, and a file
// whose name is not that of a log, give status 2.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/cgpkit/cgpkit/calllog"
	"github.com/cgpkit/cgpkit/calllog/statistics"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is the program; it returns the exit status.
func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("callstats", flag.ContinueOnError)
	flags.SetOutput(stderr)
	format := flags.String("format", "csv", "print `csv` or json")
	if err := flags.Parse(args); err == flag.ErrHelp {
		return 0
	} else if err != nil {
		return 2
	}
	if *format != "csv" && *format != "json" || flags.NArg() == 0 {
		fmt.Fprintln(stderr, "callstats: want logs, and -format csv or json")
		return 2
	}
	var c statistics.Collector
	for _, name := range flags.Args() {
		year, month, ok := calllog.ParseFileName(filepath.Base(name))
		if !ok {
			fmt.Fprintf(stderr, "callstats: %s: want a name such as calls-2009-Mar\n", name)
			return 2
		}
		if err := add(&c, name, &calllog.Options{Year: year, Month: month, Lenient: true}, stderr); err != nil {
			fmt.Fprintln(stderr, "callstats:", err)
			return 1
		}
	}
	report := c.Report()
	write := report.WriteCSV
	if *format == "json" {
		write = func(w io.Writer) error { return json.NewEncoder(w).Encode(report) }
	}
	if err := write(stdout); err != nil {
		fmt.Fprintln(stderr, "callstats:", err)
		return 1
	}
	return int(min(report.BadLines, 1))
}

// add counts the calls of one log, and tells of its bad lines.
func add(c *statistics.Collector, name string, o *calllog.Options, stderr io.Writer) error {
	log, err := os.Open(name)
	if err != nil {
		return err
	}
	defer log.Close()
	return c.AddAll(calllog.Read(log, o), func(bad *calllog.SyntaxError) {
		fmt.Fprintf(stderr, "%s:%d: %v\n", name, bad.Line, bad.Err)
	})
}
