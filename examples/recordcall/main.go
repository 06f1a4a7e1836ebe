// Command recordcall records a call that has just ended in the storage of an
// account. While a server uses the storages of the base directory it is refused: a
// mail server does the same in its own process, with one Recorder for all calls.
//
//	go run ./examples/recordcall -base /var/CommuniGate -account john@client1.com \
//		-peer mary@client2.com -name Mary -id a84b4c76@10.0.1.5 -answered -time 2m5s
//
// If the account's calls are not logged (setting CallLogs) it does nothing. Bad
// flags give status 2, and a call that cannot be recorded status 1.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/cgpkit/cgpkit/calllog"
	"github.com/cgpkit/cgpkit/calllog/recorder"
	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/filestore"
)

func main() { os.Exit(run(context.Background(), os.Args[1:], os.Stderr)) }

// run is the program; it returns the exit status.
func run(ctx context.Context, args []string, stderr io.Writer) int {
	flags := flag.NewFlagSet("recordcall", flag.ContinueOnError)
	flags.SetOutput(stderr)
	base := flags.String("base", "", "open the base directory `DIR`")
	account := flags.String("account", "", "record a call of the account at `ADDRESS`")
	call := calllog.Record{End: time.Now()}
	flags.BoolVar(&call.Outgoing, "out", false, "the account made the call")
	flags.StringVar(&call.Peer.Address, "peer", "", "`ADDRESS` of the other side")
	flags.StringVar(&call.Peer.Name, "name", "", "real `NAME` of the other side")
	flags.StringVar(&call.CallID, "id", "", "the `CALL-ID`")
	flags.BoolVar(&call.Answered, "answered", false, "the call connected")
	flags.DurationVar(&call.CallTime, "time", 0, "how long it was connected")
	flags.DurationVar(&call.AlertTime, "alert", 0, "how long it took to connect or to fail")
	flags.StringVar(&call.ErrorCode, "error", "", "why it failed or ended")
	flags.StringVar(&call.Program, "program", "", "the application that handled it")
	if err := flags.Parse(args); err == flag.ErrHelp {
		return 0
	} else if err != nil {
		return 2
	}
	if *base == "" || *account == "" || flags.NArg() > 0 {
		fmt.Fprintln(stderr, "recordcall: want -base, -account and flags that tell of a call")
		return 2
	}
	if err := call.Validate(); err != nil {
		fmt.Fprintln(stderr, "recordcall:", err)
		return 2
	}
	if err := record(ctx, *base, *account, call); err != nil {
		fmt.Fprintln(stderr, "recordcall:", err)
		return 1
	}
	return 0
}

func record(ctx context.Context, dir, account string, call calllog.Record) error {
	base, err := directory.Open(dir, nil)
	if err != nil {
		return err
	}
	defer base.Close()
	calls := &recorder.Recorder{Views: filestore.NewViews(base, base.Stores(), nil), Settings: base}
	return calls.Record(ctx, account, call)
}
