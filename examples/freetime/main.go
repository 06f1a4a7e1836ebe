// Command freetime prints when several people are free, by the files freebusy.vfb
// that they publish: on working days, in working hours.
//
//	go run ./examples/freetime -length 45m -zone Europe/Berlin anna.vfb bert.vfb
//
// If they never are, the status is 1, and 2 for bad flags and files. A file of which
// only a part can be read counts with that, and is told of on standard error.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"
	_ "time/tzdata" // for systems without a database of time zones

	"github.com/cgpkit/cgpkit/freebusy"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is the program; it returns the exit status.
func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("freetime", flag.ContinueOnError)
	flags.SetOutput(stderr)
	length := flags.Duration("length", time.Hour, "the shortest time that is good enough")
	from := flags.Duration("from", 9*time.Hour, "begin of the working hours, counted from midnight")
	to := flags.Duration("to", 17*time.Hour, "end of the working hours")
	zone := flags.String("zone", "UTC", "time `ZONE` of the working hours")
	if err := flags.Parse(args); err == flag.ErrHelp {
		return 0
	} else if err != nil {
		return 2
	}
	found, err := list(stdout, stderr, flags.Args(), *zone, freebusy.Search{Length: *length, Hours: []freebusy.Hours{{
		Days: []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday}, From: *from, To: *to,
	}}})
	if err != nil {
		fmt.Fprintln(stderr, "freetime:", err)
		return 2
	}
	if !found {
		return 1
	}
	return 0
}

// list prints the time that the owners of all files are free.
func list(w, warnings io.Writer, names []string, zone string, search freebusy.Search) (found bool, err error) {
	if len(names) == 0 {
		return false, errors.New("want files of people")
	}
	var people []freebusy.Schedule
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return false, err
		}
		s, err := freebusy.Parse(text)
		if errors.As(err, new(*freebusy.PartError)) {
			fmt.Fprintf(warnings, "freetime: %s: some of it cannot be read, they may be busy at other times as well: %v\n", name, err)
		} else if err != nil {
			return false, fmt.Errorf("%s: %w", name, err)
		}
		people = append(people, s)
	}
	if search.Zone, err = time.LoadLocation(zone); err != nil {
		return false, err
	}
	slots, err := freebusy.Slots(freebusy.Combine(freebusy.Union, people...), search)
	if err != nil {
		return false, err
	}
	for slot := range slots {
		found = true
		fmt.Fprintln(w, slot.Start.In(search.Zone).Format("Mon 2006-01-02 15:04"), "-", slot.End.In(search.Zone).Format("15:04"))
	}
	return found, nil
}
