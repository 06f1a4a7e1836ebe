package directory

import (
	"encoding"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/filestore"
)

// maxText bounds the text of a setting that this package acts on, and
// maxServices the number of services in a list. Our choice.
const (
	maxText     = 4096
	maxServices = 256
)

// text returns the text of a setting. A typed number stands for its digits: our
// choice.
func text(v cgpdata.Value) (string, error) {
	if n, ok := v.Int(); ok {
		return strconv.FormatInt(n, 10), nil
	}
	if v.Kind() != cgpdata.KindString {
		return "", fmt.Errorf("want a string, not a %v", v.Kind())
	}
	if len(v.Text()) > maxText {
		return "", fmt.Errorf("longer than %d bytes", maxText)
	}
	return v.Text(), nil
}

// ParseSize reads a size: decimal digits with an optional suffix K, M or G, each
// 1,024 times the one before. The result is in bytes. "unlimited" and "-1" give
// [filestore.Unlimited]; 0 is 0, which allows nothing.
//
// Source: settings files of a server; the value of K and the meaning of 0 are
// our choice.
func ParseSize(v cgpdata.Value) (int64, error) {
	var size cgpdata.Size
	if err := setting(v, &size); err != nil {
		return 0, fmt.Errorf("read size: %w", err)
	}
	return quantity(int64(size)), nil
}

// ParseCount reads a number of things: decimal digits. "unlimited" and "-1" give
// [filestore.Unlimited]; 0 is 0, which allows nothing.
//
// Source: settings files of a server; the meaning of 0 is our choice.
func ParseCount(v cgpdata.Value) (int64, error) {
	var count cgpdata.Count
	if err := setting(v, &count); err != nil {
		return 0, fmt.Errorf("read count: %w", err)
	}
	return quantity(int64(count)), nil
}

// setting reads a setting by its text.
func setting(v cgpdata.Value, to encoding.TextUnmarshaler) error {
	s, err := text(v)
	if err == nil {
		err = to.UnmarshalText([]byte(s))
	}
	return err
}

// quantity returns what the package filestore has for n.
func quantity(n int64) int64 {
	if n == int64(cgpdata.Unlimited) {
		return filestore.Unlimited
	}
	return n
}

// ParseDuration reads a length of time: decimal digits with an optional suffix m, h
// or d for minutes, hours and days; without a suffix they are seconds.
//
// Source: settings files of a server.
func ParseDuration(v cgpdata.Value) (time.Duration, error) {
	var d cgpdata.Duration
	if err := setting(v, &d); err != nil {
		return 0, fmt.Errorf("read time: %w", err)
	}
	return time.Duration(d), nil
}

// ParseBool reads YES or NO.
//
// Source: settings files of a server.
func ParseBool(v cgpdata.Value) (bool, error) {
	s, err := text(v)
	if err == nil && s != "YES" && s != "NO" {
		err = fmt.Errorf("want YES or NO, not %q", clip(s))
	}
	if err != nil {
		return false, fmt.Errorf("read switch: %w", err)
	}
	return s == "YES", nil
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// clip cuts a text that goes into a message.
func clip(s string) string { return s[:min(len(s), 40)] }

// Services is a set of services that are on, such as WebSite, FTP and PWD. The
// zero value is the empty set. It is safe for concurrent use.
type Services struct {
	all  bool
	list cgpdata.Value // an array, its first element a number; or blank-separated names
}

// Has reports whether the service is in the set. Names are compared exactly: the
// set gives something, and what is misspelt gives nothing.
func (s Services) Has(service string) bool {
	if s.all {
		return true
	}
	for i := 1; i < s.list.Len(); i++ {
		if s.list.Index(i).Text() == service {
			return true
		}
	}
	for name := range strings.FieldsSeq(s.list.Text()) {
		if name == service {
			return true
		}
	}
	return false
}

// ParseServices reads the setting AccessModes of an account or DomainAccessModes of a
// domain. It is All, or an array of names behind a number, the version of the server's
// list of services; in older files, one string of names with blanks between them.
// Anything else is an error and the empty set. Where the setting is missing everywhere,
// all services are on: that is for the caller to say, as Base does.
//
// Source: settings files of a server; the empty set for an unknown form is our
// choice.
func ParseServices(v cgpdata.Value) (Services, error) {
	switch v.Kind() {
	case cgpdata.KindString:
		s, err := text(v)
		if err != nil {
			return Services{}, fmt.Errorf("read services: %w", err)
		}
		return Services{all: s == "All", list: v}, nil
	case cgpdata.KindArray:
		if err := checkServices(v); err != nil {
			return Services{}, fmt.Errorf("read services: %w", err)
		}
		return Services{list: v}, nil
	}
	return Services{}, fmt.Errorf("read services: want a string or an array, not a %v", v.Kind())
}

func checkServices(v cgpdata.Value) error {
	if v.Len() > 1+maxServices {
		return fmt.Errorf("more than %d services", maxServices)
	}
	if s, err := text(v.Index(0)); err != nil || !isDigits(s) {
		return errors.New("want a number as the first element")
	}
	for i := 1; i < v.Len(); i++ {
		if name := v.Index(i); name.Kind() != cgpdata.KindString || len(name.Text()) > maxText {
			return fmt.Errorf("element %d is not the name of a service", i+1)
		}
	}
	return nil
}
