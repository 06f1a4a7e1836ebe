package directory

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"time"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/internal/hostfile"
)

// settings are the pairs of a settings file, without those that cannot be read.
type settings struct {
	own      map[string]cgpdata.Value
	accounts map[string]cgpdata.Value // AccountDefaults, in the file of a domain or of the server
}

// readAccountSettings reads account.settings. Only what this package acts on is
// kept, so that an account takes little memory however long its file is.
func readAccountSettings(path string, log *slog.Logger) (settings, error) {
	v, err := readDictionary(path, log)
	if err != nil {
		return settings{}, err
	}
	return settings{own: only(kept, readable(v, log))}, nil
}

// readDomainSettings reads Domain.settings or DomainDefault.settings.
func readDomainSettings(path string, log *slog.Logger) (settings, error) {
	v, err := readDictionary(path, log)
	if err != nil {
		return settings{}, err
	}
	s := settings{own: readable(v, log)}
	if defaults, ok := v.Get(accountDefaults); ok {
		s.accounts = readable(defaults, log)
		if defaults.Kind() != cgpdata.KindDictionary {
			log.Warn("setting cannot be read", "setting", accountDefaults, "kind", defaults.Kind())
			s.accounts = map[string]cgpdata.Value{accessModes: noServices}
		}
	}
	return s, nil
}

// readable returns the pairs of a dictionary without the known settings that
// cannot be read: they count as absent. Access modes that cannot be read stay:
// they count as an empty set of services.
func readable(dictionary cgpdata.Value, log *slog.Logger) map[string]cgpdata.Value {
	pairs := make(map[string]cgpdata.Value, dictionary.Len())
	for key, v := range dictionary.Pairs() {
		err := check(key, v)
		if err != nil {
			log.Warn("setting cannot be read", "setting", key, "err", err)
		}
		switch {
		case err == nil:
			pairs[key] = v
		case key == accessModes || key == domainAccessModes:
			pairs[key] = noServices
		}
	}
	return pairs
}

// Names of settings.
const (
	accessModes        = "AccessModes"
	domainAccessModes  = "DomainAccessModes"
	maxWebFiles        = "MaxWebFiles"
	maxWebSize         = "MaxWebSize"
	maxFileSize        = "MaxFileSize"
	defaultWebPage     = "DefaultWebPage"
	webSitePrefix      = "WebSitePrefix"
	password           = "Password"
	passwordEncryption = "PasswordEncryption"
	callLogs           = "CallLogs"
	calendarBox        = "CalendarBox"
	publishFreeBusy    = "PublishFreeBusy"
	timeZone           = "TimeZone"
	failedLoginFlow    = "FailedLoginFlow"
	accountDefaults    = "AccountDefaults"
)

var noServices = cgpdata.String("") // in the form of older files

// check reports why a known setting cannot be read.
func check(key string, v cgpdata.Value) (err error) {
	switch key {
	case maxWebSize, maxFileSize:
		_, err = ParseSize(v)
	case maxWebFiles:
		_, err = ParseCount(v)
	case publishFreeBusy:
		if v.Equal(cgpdata.String("")) {
			return nil // publishes nothing, as 0 does
		}
		_, err = ParseCount(v)
	case timeZone:
		_, err = parseTimeZone(v, nil)
	case callLogs:
		_, err = ParseBool(v)
	case failedLoginFlow:
		_, err = parseFlow(v)
	case accessModes, domainAccessModes:
		_, err = ParseServices(v)
	case webSitePrefix:
		_, err = parsePrefix(v)
	case defaultWebPage, calendarBox:
		_, err = text(v)
	}
	return err
}

// kept reports whether a setting of an account is kept in memory.
func kept(key string) bool {
	switch key {
	case accessModes, maxWebFiles, maxWebSize, maxFileSize, defaultWebPage, password, passwordEncryption, failedLoginFlow, callLogs:
		return true
	}
	return false
}

// builtIn returns the value of a setting that is missing everywhere: the
// defaults of a server as its own files show them.
func builtIn(key string) (v cgpdata.Value, ok bool) {
	switch key {
	case accessModes, domainAccessModes:
		return cgpdata.String("All"), true
	case maxWebFiles:
		return cgpdata.String("1000"), true
	case maxWebSize:
		return cgpdata.String("100M"), true
	case maxFileSize:
		return cgpdata.String("unlimited"), true
	case defaultWebPage:
		return cgpdata.String("default.html"), true
	case webSitePrefix:
		return cgpdata.String("~"), true
	case callLogs:
		return cgpdata.String("YES"), true
	case calendarBox:
		return cgpdata.String("Calendar"), true
	case publishFreeBusy:
		return cgpdata.String("60"), true
	case failedLoginFlow:
		return builtInFlow, true
	}
	return cgpdata.Value{}, false
}

// level is one of the places where a setting may stand.
type level struct {
	values map[string]cgpdata.Value
	err    error // its file cannot be read
}

// effective returns the first value that the levels have, or the built-in one.
// The error tells that a file which could have had it cannot be read.
func effective(key string, levels ...level) (v cgpdata.Value, ok bool, err error) {
	for _, l := range levels {
		err = errors.Join(err, l.err)
		if v, ok := l.values[key]; ok {
			return v, true, err
		}
	}
	v, ok = builtIn(key)
	return v, ok, err
}

// accountLevels are the places of an account setting.
func (b *Base) accountLevels(e entry, now time.Time) [3]level {
	own, err := e.place.settings.get(now)
	defaults := b.accountDefaults(e.domain, now)
	return [3]level{{own.own, err}, defaults[0], defaults[1]}
}

// accountDefaults are the places of an account setting outside the account. d is
// nil for a domain that does not exist.
func (b *Base) accountDefaults(d *domain, now time.Time) (levels [2]level) {
	if d != nil {
		domain, err := d.settings.get(now)
		levels[0] = level{domain.accounts, err}
	}
	server, err := b.defaults.get(now)
	levels[1] = level{server.accounts, err}
	return levels
}

// domainLevels are the places of a domain setting.
func (b *Base) domainLevels(d *domain, now time.Time) [2]level {
	domain, domainErr := d.settings.get(now)
	server, serverErr := b.defaults.get(now)
	return [2]level{{domain.own, domainErr}, {server.own, serverErr}}
}

// AccountSetting returns the value of an account setting that is in effect: the
// first of the account's own, the AccountDefaults of its domain, the
// AccountDefaults of the server, and the built-in one. ok is false if none of
// them has it. A value of a known setting that cannot be read is passed over,
// but for AccessModes, where it counts as an empty set of services. The built-in
// values are
//
//	AccessModes  All     DefaultWebPage  default.html    MaxWebFiles  1000
//	CallLogs     YES     MaxFileSize     unlimited       MaxWebSize   100M
//	FailedLoginFlow  (20,10m)
//
// The error is fs.ErrNotExist for an account that does not exist, and another
// one if a file that could have had the value cannot be read. The password is a
// setting too: take care whom it is shown.
//
// Source: CommuniGate Pro Guide, Command Line Interface (effective settings);
// the rest is our choice.
func (b *Base) AccountSetting(ctx context.Context, address, key string) (v cgpdata.Value, ok bool, err error) {
	e, now, err := b.find(ctx, address)
	if err != nil {
		return cgpdata.Value{}, false, err
	}
	levels := b.accountLevels(e, now)
	if !kept(key) {
		s, err := readDictionary(e.place.settings.path, slog.New(slog.DiscardHandler))
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		levels[0] = level{readable(s, slog.New(slog.DiscardHandler)), hostfile.WithoutPath(err)}
	}
	v, ok, err = effective(key, levels[:]...)
	if err != nil {
		return cgpdata.Value{}, false, fmt.Errorf("read settings of %s: %w", e.address, err)
	}
	return v, ok, nil
}

// CallLogs reports whether the calls of an account are logged (setting CallLogs).
// A value that is neither YES nor NO is passed over, as in [Base.AccountSetting];
// if a file cannot be read that could have said NO, it is an error, and none is
// to be logged. The errors are those of AccountSetting.
//
// Source: CommuniGate Pro Guide, File Storage, for the setting; the rest is our
// choice.
func (b *Base) CallLogs(ctx context.Context, address string) (bool, error) {
	v, _, err := b.AccountSetting(ctx, address, callLogs)
	if err != nil {
		return false, err
	}
	return ParseBool(v)
}

// DomainSetting returns the value of a domain setting that is in effect: the
// first of the domain's own, the server's default, and the built-in one, which
// is All for DomainAccessModes and ~ for WebSitePrefix. An empty domain is the
// Main Domain. ok and the errors are as for [Base.AccountSetting].
func (b *Base) DomainSetting(ctx context.Context, domain, key string) (v cgpdata.Value, ok bool, err error) {
	d, now, err := b.findDomain(ctx, domain)
	if err != nil {
		return cgpdata.Value{}, false, err
	}
	levels := b.domainLevels(d, now)
	v, ok, err = effective(key, levels[:]...)
	if err != nil {
		return cgpdata.Value{}, false, fmt.Errorf("read settings of %s: %w", d.name, err)
	}
	return v, ok, nil
}

// Preference returns the value of a user preference that is in effect: the first of the
// account's own, the server's default in WebUserPrefs.settings, and the built-in one.
// Built in are Calendar for CalendarBox and 60 for PublishFreeBusy. As TimeZone, a name
// of no time zone is passed over. The account's own stand under the key #Viewer of its
// .info file, or, from older servers, in its .prefs file. ok is false if none of them
// has it. An empty PublishFreeBusy means 0.
//
// A file of the account that cannot be read is passed over, and logged once: .info
// is volatile, and the server makes it anew. The errors are as for
// [Base.AccountSetting].
func (b *Base) Preference(ctx context.Context, address, key string) (v cgpdata.Value, ok bool, err error) {
	e, now, err := b.find(ctx, address)
	if err != nil {
		return cgpdata.Value{}, false, err
	}
	p := b.preferences(e, now)
	if !keptPreference(key) {
		viewer, _ := viewerOf(e.place.info.path, slog.New(slog.DiscardHandler)) // what cannot be read has been logged
		old, _ := readDictionary(e.place.prefs.path, slog.New(slog.DiscardHandler))
		p.levels[0].values, p.levels[1].values = readable(viewer, slog.New(slog.DiscardHandler)), readable(old, slog.New(slog.DiscardHandler))
	}
	return p.get(key)
}

// preferences are what may be set for the user of an account.
type preferences struct {
	address string
	levels  [3]level
}

func (b *Base) preferences(e entry, now time.Time) preferences {
	viewer, _ := e.place.info.get(now) // errors have been logged
	old, _ := e.place.prefs.get(now)
	server, err := b.serverSettings("WebUserPrefs").get(now)
	return preferences{e.address, [3]level{
		{values: viewer},
		{values: old},
		{readable(server, b.log), err},
	}}
}

func (p preferences) get(key string) (v cgpdata.Value, ok bool, err error) {
	v, ok, err = effective(key, p.levels[:]...)
	if err != nil {
		return cgpdata.Value{}, false, fmt.Errorf("read preferences of %s: %w", p.address, err)
	}
	return v, ok, nil
}

// keptPreference reports whether a preference of an account is kept in memory.
func keptPreference(key string) bool {
	return key == calendarBox || key == publishFreeBusy || key == timeZone
}

// viewerOf reads the preferences in .info.
func viewerOf(path string, log *slog.Logger) (cgpdata.Value, error) {
	v, err := readDictionary(path, log)
	viewer, _ := v.Get("#Viewer")
	return viewer, err
}

// readViewer reads .info, and keeps what this package acts on.
func readViewer(path string, log *slog.Logger) (map[string]cgpdata.Value, error) {
	v, err := viewerOf(path, log)
	return only(keptPreference, readable(v, log)), err
}

// readPrefs reads .prefs, and keeps what this package acts on.
func readPrefs(path string, log *slog.Logger) (map[string]cgpdata.Value, error) {
	v, err := readDictionary(path, log)
	return only(keptPreference, readable(v, log)), err
}

// only keeps some settings, apart from the text that they were read from.
func only(kept func(key string) bool, settings map[string]cgpdata.Value) map[string]cgpdata.Value {
	maps.DeleteFunc(settings, func(key string, _ cgpdata.Value) bool { return !kept(key) })
	for key, v := range settings {
		settings[key] = v.Clone()
	}
	return settings
}
