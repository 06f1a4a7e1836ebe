//go:build unix

package bench

import (
	"flag"
	"fmt"
	"regexp"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"
)

var (
	speed  = flag.Bool("speed", false, "print the tables of README.md instead of testing")
	only   = flag.String("only", ".", "of the table, only the `works` that match this")
	onTree = flag.String("tree", ".", "of the table, only the `trees` that match this")
	window = flag.Duration("window", 20*time.Millisecond, "of a measurement")
	rounds = flag.Int("rounds", 10, "take the best time of so many")
	size   = flag.Int("size", 1<<30, "`bytes` of the stream that is read token by token")
	lines  = flag.Int("records", 1_000_000, "records of the table that is read")
)

// ratio returns our best time as a share of their best time. Both work in turn, so that
// whatever else the machine does hits both.
func ratio(tb testing.TB, ours, theirs func() error, atLeast time.Duration) (share float64, best [2]time.Duration) {
	tb.Helper()
	runs := [2]func() error{ours, theirs}
	var times [2]int
	once := func(run func() error, times int) time.Duration {
		runtime.GC()
		start := processorTime(tb)
		for range times {
			if err := run(); err != nil {
				tb.Fatal(err)
			}
		}
		return (processorTime(tb) - start) / time.Duration(times)
	}
	for i, run := range runs {
		times[i] = int(atLeast/max(1, once(run, 1))) + 1
	}
	for range *rounds {
		for i, run := range runs {
			if took := once(run, times[i]); best[i] == 0 || took < best[i] {
				best[i] = took
			}
		}
	}
	return float64(best[0]) / float64(best[1]), best
}

// processorTime returns how long the process has run: what others do meanwhile does not count.
func processorTime(tb testing.TB) time.Duration {
	tb.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func TestSpeed(t *testing.T) {
	if !*speed {
		t.Skip("asked for by -speed")
	}
	runtime.GOMAXPROCS(1)
	wanted, chosen := regexp.MustCompile(*only), regexp.MustCompile(*onTree)
	all := append(slices.Clip(works), work{"Decoder, tokens", "jsontext", 0.8, func(tree *tree) (ours, theirs func() error) {
		return tokens(tree, *size, false)
	}}, work{"Decoder, tokens with strings", "jsontext, with strings", 0.8, func(tree *tree) (ours, theirs func() error) {
		return tokens(tree, *size, true)
	}})
	head, rule := "| Work | Against | At most |", "|---|---|---|"
	rows := make([]string, len(all))
	for _, name := range treeNames { // one tree at a time is in memory
		if !chosen.MatchString(name) {
			continue
		}
		head, rule = head+" "+name+" |", rule+"---|"
		tree := newTree(t, name)
		for i, w := range all {
			if !wanted.MatchString(w.name) {
				continue
			}
			ours, theirs := w.run(tree)
			share, best := ratio(t, ours, theirs, *window)
			t.Logf("%s, %s: %v against %v", w.name, name, best[0], best[1])
			rows[i] += fmt.Sprintf(" %.2f |", share)
		}
	}
	fmt.Println(head + "\n" + rule)
	for i, w := range all {
		if rows[i] != "" {
			fmt.Printf("| %s | %s | %.1f |%s\n", w.name, w.against, w.limit, rows[i])
		}
	}
	if wanted.MatchString("records") {
		ours, theirs := records(t, *lines)
		share, best := ratio(t, ours, theirs, 0)
		fmt.Printf("\ntbd: records, against encoding/csv, at most 0.8: %.2f (%v, %v)\n", share, best[0], best[1])
	}
}
