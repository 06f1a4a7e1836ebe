package jsonform

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/netip"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/cgpdata"
)

// isReserved reports whether a JSON key belongs to no dictionary.
func isReserved(name string) bool {
	return strings.HasPrefix(name, "#") && !strings.HasPrefix(name, "##") && !strings.HasPrefix(name, bytesKey+":")
}

// reserved reads an object with a reserved key, from behind that.
func (p *parser) reserved(name string) (v cgpdata.Value, err error) {
	var read func(text string) (cgpdata.Value, error)
	switch name {
	case bytesKey:
		read = p.string
	case dataKey:
		read = p.data
	case timeKey:
		read = p.time
	case ipKey:
		read = p.address
	case xmlKey:
		read = func(text string) (cgpdata.Value, error) { return p.raw(cgpdata.KindXML, text, "XML elements") }
	case objectKey:
		read = func(text string) (cgpdata.Value, error) { return p.raw(cgpdata.KindObject, text, "an object, #(...)") }
	default:
		return v, p.fail(p.at, errors.New("unknown reserved key; other keys that begin with '#' have two of them in JSON"))
	}
	text, err := p.text(name == ipKey || name == xmlKey || name == objectKey)
	if err != nil {
		return v, err
	}
	if v, err = read(text); err != nil {
		return cgpdata.Value{}, err
	}
	return v, p.alone()
}

// text reads the string behind a reserved key. An object with bytesKey may stand for it
// if bytes is set.
func (p *parser) text(bytes bool) (text string, err error) {
	t, err := p.next()
	if err != nil {
		return "", err
	}
	at := p.at
	if bytes && t == json.Delim('{') {
		if t, err = p.next(); err != nil {
			return "", err
		}
		if t != bytesKey {
			return "", p.fail(p.at, errors.New(`want a string or {"#bytes":"..."}`))
		}
		if text, err = p.text(false); err == nil {
			text, err = p.base64(text)
		}
		if err == nil {
			err = p.alone()
		}
		p.at = at
		return text, err
	}
	text, ok := t.(string)
	if !ok {
		return "", p.fail(at, errors.New("want a string behind a reserved key"))
	}
	return text, nil
}

// alone reads the end of an object with a reserved key.
func (p *parser) alone() error {
	t, err := p.next()
	if err == nil && t != json.Delim('}') {
		err = p.fail(p.at, errors.New("another key beside a reserved one"))
	}
	return err
}

func (p *parser) base64(text string) (string, error) {
	b, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil {
		return "", p.fail(p.at, errors.New("want base64 with padding"))
	}
	return string(b), nil
}

func (p *parser) string(text string) (v cgpdata.Value, err error) {
	if text, err = p.base64(text); err != nil {
		return v, err
	}
	return cgpdata.String(text), p.checkNUL(text)
}

func (p *parser) data(text string) (v cgpdata.Value, err error) {
	text, err = p.base64(text)
	return cgpdata.Data([]byte(text)), err
}

// time reads what RFC 3339 has, of any zone, if it is a whole second.
func (p *parser) time(text string) (v cgpdata.Value, err error) {
	switch text {
	case pastText:
		return cgpdata.Past(), nil
	case futureText:
		return cgpdata.Future(), nil
	}
	t, err := time.Parse(dateLayout, text)
	isDate := err == nil
	if !isDate {
		err = t.UnmarshalText([]byte(text)) // which is strict, as time.Parse is not
	}
	t = t.UTC()
	switch {
	case err != nil || t.Nanosecond() != 0:
		return v, p.fail(p.at, errors.New(`want a time such as "2005-10-22T15:24:45Z", "2005-10-22", "past" or "future"`))
	case t.Year() < 1 || t.Year() > 9999:
		return v, p.fail(p.at, errYear)
	case isDate:
		return cgpdata.Date(t), nil
	}
	return cgpdata.Time(t), nil
}

func (p *parser) address(text string) (v cgpdata.Value, err error) {
	if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
		return cgpdata.IP(a), nil
	}
	if a, err := netip.ParseAddrPort(text); err == nil && a.Addr().Zone() == "" && a.Port() != 0 {
		return cgpdata.IPPort(a), nil
	}
	if strings.HasPrefix(text, "[") {
		return p.raw(cgpdata.KindIP, text, "an IP address")
	}
	return v, p.fail(p.at, errors.New("want an IP address"))
}

// raw makes a value whose text stands in JSON as it is, and is what has this name.
func (p *parser) raw(kind cgpdata.Kind, text, name string) (v cgpdata.Value, err error) {
	source := text
	if kind == cgpdata.KindIP {
		source = "#I" + text
	}
	o := p.o
	o.SingleLine = false
	if o.Warn != nil {
		o.Warn = func(fault *cgpdata.SyntaxError) { p.warn(fault.Err) }
	}
	v, err = cgpdata.Parse([]byte(source), &o)
	if syntax, ok := errors.AsType[*cgpdata.SyntaxError](err); ok {
		return v, p.fail(p.at, syntax.Err)
	}
	back := v.Text()
	if kind == cgpdata.KindIP {
		back = rawAddress(v)
	}
	if v.Kind() != kind || back != text { // such as one with a comment behind it
		return v, p.fail(p.at, errors.New("want "+name))
	}
	return v, nil
}
