package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/cgpkit/cgpkit/filestore/pgstore"
)

// Exit statuses.
const (
	exitSame    = 0 // the target is as it should be
	exitLeft    = 1 // something was left out, failed or differs; it is told on standard error
	exitNothing = 2 // nothing was begun
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// options are the flags.
type options struct {
	dryRun, delete, verify, domain, progress, quiet, clear bool
	transfers                                              int
	state, ca, store, s3                                   string
}

func run(ctx context.Context, args []string, out, errOut io.Writer) int {
	var o options
	flags := flag.NewFlagSet("cgpsync", flag.ContinueOnError)
	flags.SetOutput(errOut)
	flags.BoolVar(&o.dryRun, "n", false, "say what would be done, and change nothing")
	flags.BoolVar(&o.delete, "delete", false, "remove from TO what FROM does not have")
	flags.BoolVar(&o.verify, "verify", false, "compare the content of all files in the end")
	flags.BoolVar(&o.domain, "domain", false, "mirror all accounts: FROM and TO name a domain in the place of an account, or a directory with one for each account")
	flags.BoolVar(&o.progress, "progress", false, "tell every second how far it is")
	flags.BoolVar(&o.quiet, "q", false, "do not name what is done")
	flags.BoolVar(&o.clear, "clear-password", false, "send passwords in clear, whoever may read them")
	flags.IntVar(&o.transfers, "transfers", 4, "copy `N` files at a time")
	flags.StringVar(&o.state, "state", "", "remember in `DIR` what is the same on both sides (default: cgpsync in the user's cache directory)")
	flags.StringVar(&o.ca, "ca", "", "trust the certificates in `FILE`")
	flags.StringVar(&o.store, "store", "", "the `URL` of the PostgreSQL database for store:DIR:ACCOUNT; the password is in PGPASSWORD or PGPASSFILE")
	flags.StringVar(&o.s3, "store-s3", "", "with -store, large files are in `ENDPOINT/BUCKET`; credentials are in the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY) or in the file AWS_SHARED_CREDENTIALS_FILE")
	flags.Usage = func() {
		fmt.Fprint(errOut, "usage: cgpsync [flags] FROM TO\n\nFROM and TO are\n  DIR                             a directory; as TO it is made if need be\n"+
			"  base:DIR:ACCOUNT                an account of a base directory that no server uses\n"+
			"  store:DIR:ACCOUNT               an account of a base directory, with its storage in the database\n"+
			"  cgp://USER@HOST[:PORT]/ACCOUNT  an account of a server (cgps: with TLS, cgp+tls: with STLS)\n"+
			"Passwords are in the environment: CGPSYNC_FROM_PASSWORD, CGPSYNC_TO_PASSWORD.\n\n")
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return exitNothing
	}
	if flags.NArg() != 2 {
		flags.Usage()
		return exitNothing
	}
	status, err := o.mirror(ctx, flags.Arg(0), flags.Arg(1), out, errOut)
	if err != nil {
		fmt.Fprintf(errOut, "cgpsync: %v\n", err)
	}
	return status
}

// mirror opens both places and mirrors what they name. An error comes before anything
// is begun, or at the very end.
func (o *options) mirror(ctx context.Context, fromText, toText string, out, errOut io.Writer) (status int, err error) {
	p := &places{database: o.store, bases: map[string]*stored{}}
	if o.s3 != "" { // a flag.Value's error would be told with the text, which may hold a secret
		if p.bucket, err = pgstore.ParseS3(o.s3); err != nil {
			return exitNothing, fmt.Errorf("-store-s3: %w", err)
		}
	}
	defer func() {
		if closeErr := p.closeAll(); closeErr != nil {
			status, err = max(status, exitLeft), errors.Join(err, closeErr)
		}
	}()
	from, err := p.open(ctx, fromText, o.access("CGPSYNC_FROM_PASSWORD"), false)
	if err != nil {
		return exitNothing, fmt.Errorf("FROM: %w", err)
	}
	to, err := p.open(ctx, toText, o.access("CGPSYNC_TO_PASSWORD"), true)
	if err != nil {
		return exitNothing, fmt.Errorf("TO: %w", err)
	}
	if o.state == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return exitNothing, fmt.Errorf("name a directory with -state: %w", err)
		}
		o.state = filepath.Join(cache, "cgpsync")
	}
	r := newReport(out, errOut, o.quiet)
	accounts := []string{""}
	if o.domain {
		if accounts, err = accountsOf(ctx, from, func(err error) { r.failed("", err) }); err != nil {
			return exitNothing, fmt.Errorf("FROM: %w", err)
		}
	}
	if o.progress {
		defer r.progress(time.Second)()
	}
	for _, account := range accounts {
		r.account = account
		ends := strings.Join([]string{fromText, toText, account}, "\x00")
		err := o.one(ctx, from, to, account, ends, r)
		if err != nil && !o.domain {
			return exitNothing, err
		}
		if err != nil {
			r.failed("", err)
		}
	}
	r.summary(o.dryRun)
	if r.faults.Load()+r.differences.Load() > 0 {
		return exitLeft, nil
	}
	return exitSame, nil
}

func (o *options) access(variable string) access {
	return access{password: os.Getenv(variable), ca: o.ca, clear: o.clear, connections: 2*max(o.transfers, 1) + 1}
}

// one mirrors an account; ends is what the journal is about. An error comes before anything
// is begun.
func (o *options) one(ctx context.Context, from, to place, account, ends string, r *report) error {
	source, closeSource, err := from.side(ctx, account, false)
	if err != nil {
		return fmt.Errorf("FROM: %w", err)
	}
	defer closeSource()
	target, closeTarget, err := to.side(ctx, account, !o.dryRun)
	if err != nil {
		return fmt.Errorf("TO: %w", err)
	}
	defer closeTarget()
	sum := sha256.Sum256([]byte(ends))
	j, err := openJournal(filepath.Join(o.state, fmt.Sprintf("%x.journal", sum[:16])), o.dryRun || target.keepsTimes())
	if err != nil {
		return err
	}
	m := &mirror{
		from: source, to: target, journal: j, report: r,
		dryRun: o.dryRun, delete: o.delete, verify: o.verify, transfers: o.transfers,
	}
	m.run(ctx)
	if err := j.close(); err != nil {
		r.failed("", err)
	}
	return nil
}
