package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/cgpkit/cgpkit/directory/check"
)

// checkBase reports what is wrong in the base directory, a line for each finding. It
// returns the number of lines.
func checkBase(ctx context.Context, args []string, stdout, stderr io.Writer) (found int, err error) {
	c, err := parseFlags(args, stderr)
	if err != nil {
		return 0, err
	}
	if c.base == "" {
		return 0, usageError{errors.New("check needs -base")}
	}
	base, err := c.open(nil)
	if err != nil {
		return 0, usageError{err}
	}
	out := bufio.NewWriter(stdout)
	for finding := range base.Check(ctx, check.Storage) {
		if _, err := fmt.Fprintln(out, finding); err != nil {
			return found, err
		}
		found++
	}
	return found, errors.Join(out.Flush(), ctx.Err())
}
