package directory

import (
	"fmt"
	"log/slog"
	"mime"
	"strings"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/filestore"
)

// HTTPSettings are the settings of the module HTTP User that are about storages. The
// fields are those of httpsite.Handler, and the zero value is what holds without the
// file. Use field names.
type HTTPSettings struct {
	// MaxBody bounds a request body, in bytes (HTTPRequestSizeLimit); 0: no bound. A
	// setting of 0 is none either, as is unlimited: its meaning is our choice.
	MaxBody int64
	// NoBasicAuth and NoDigestAuth switch these kinds of authentication off
	// (AdvertiseBasicAUTH, AdvertiseDigestAUTH is NO).
	NoBasicAuth, NoDigestAuth bool
	// Types are content types by file name extension, in lower case and without
	// the dot (FileExtensions). It must not be changed.
	Types map[string]string
}

// HTTPSettings returns what Settings/HTTPU.settings says, read again when it has
// changed. A file that cannot be read, or that has a setting which cannot be, gives
// an error as of [Base.ServerSettings]; it has been logged, once. A content type that
// is none is logged and left out.
//
// It costs a look at the file once a second at most, and may be asked for each
// request.
func (b *Base) HTTPSettings() (HTTPSettings, error) {
	s, err := b.http.get(b.now())
	if err != nil {
		return HTTPSettings{}, fmt.Errorf("read HTTP settings: %w", fileError(b.relative(b.http.path), err))
	}
	return s, nil
}

// readHTTPSettings reads HTTPU.settings.
func readHTTPSettings(path string, log *slog.Logger) (s HTTPSettings, err error) {
	v, err := readDictionary(path, log)
	if err != nil {
		return HTTPSettings{}, err
	}
	settings := readable(v, log)
	if v, ok := settings["HTTPRequestSizeLimit"]; ok {
		limit, err := ParseSize(v)
		if err != nil {
			return HTTPSettings{}, fmt.Errorf("HTTPRequestSizeLimit: %w", err)
		}
		if limit != filestore.Unlimited {
			s.MaxBody = limit
		}
	}
	for _, auth := range [...]struct {
		name string
		off  *bool
	}{
		{"AdvertiseBasicAUTH", &s.NoBasicAuth},
		{"AdvertiseDigestAUTH", &s.NoDigestAuth},
	} {
		if v, ok := settings[auth.name]; ok {
			on, err := ParseBool(v)
			if err != nil {
				return HTTPSettings{}, fmt.Errorf("%s: %w", auth.name, err)
			}
			*auth.off = !on
		}
	}
	s.Types = contentTypes(settings["FileExtensions"], log)
	return s, nil
}

// contentTypes reads the dictionary FileExtensions.
func contentTypes(dictionary cgpdata.Value, log *slog.Logger) map[string]string {
	types := map[string]string{}
	for extension, v := range dictionary.Pairs() {
		t := v.Text()
		if mediaType, _, err := mime.ParseMediaType(t); err != nil || !strings.Contains(mediaType, "/") {
			log.Warn("content type cannot be read", "extension", extension, "type", clip(t))
			continue
		}
		types[strings.ToLower(strings.TrimPrefix(extension, "."))] = t
	}
	return types
}
