package httpsite

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
)

// coding is a content coding (RFC 9110 §8.4.1) that files beside others are stored in.
type coding struct {
	name, suffix string
	weight       float64 // what the client gives it
}

// codings are those that are looked for, the one that saves most first.
var codings = [...]coding{{name: "br", suffix: ".br"}, {name: "zstd", suffix: ".zst"}, {name: "gzip", suffix: ".gz"}}

// mayEncode reports whether what is sent for a file may depend on the codings that the
// client takes: compression saves something, and the file is open to everybody. Below
// a share path each look at a name checks a key anew; and whoever sends credentials may
// want a copy of what is stored.
func (req *request) mayEncode(contentType string) bool {
	return !req.NoPrecompressed && compressible(contentType) && !filestore.IsShare(req.name) && len(req.r.Header.Values("Authorization")) == 0
}

// openEncoded opens what is to be sent in place of a file: one beside it that is
// compressed as the client likes best, and no older. A range is always one of the file
// itself, lest a client joins parts of both.
func (req *request) openEncoded(view *filestore.View, name string, plain opened) (beside opened, ok bool) {
	accepted := req.r.Header.Values("Accept-Encoding")
	if len(accepted) == 0 || len(req.r.Header.Values("Range")) > 0 {
		return opened{}, false
	}
	for _, c := range acceptable(accepted) {
		beside, err := open(req.r.Context(), view, name+c.suffix)
		if err != nil {
			continue // whatever it is, the file itself is there
		}
		if beside.info.ModTime().Unix() >= plain.info.ModTime().Unix() {
			beside.coding = c.name
			return beside, true
		}
		beside.Close()
	}
	return opened{}, false
}

// acceptable reads Accept-Encoding (RFC 9110 §12.5.3): it returns the codings that the
// client prefers to the file as it is, the best first. Of a coding that is named
// twice the first counts; an element that is none is passed over.
func acceptable(lines []string) []coding {
	const unnamed = -1
	liked, identity, others := codings, float64(unnamed), float64(unnamed)
	for i := range liked {
		liked[i].weight = unnamed
	}
	for _, line := range lines {
		for element := range strings.SplitSeq(line, ",") {
			name, weight, ok := weighted(element)
			var of *float64
			switch {
			case !ok:
			case name == "*":
				of = &others
			case strings.EqualFold(name, "identity"):
				of = &identity
			default:
				for i, c := range liked {
					if strings.EqualFold(name, c.name) || c.name == "gzip" && strings.EqualFold(name, "x-gzip") {
						of = &liked[i].weight
					}
				}
			}
			if of != nil && *of == unnamed {
				*of = weight
			}
		}
	}
	for i := range liked {
		if liked[i].weight == unnamed {
			liked[i].weight = others
		}
	}
	slices.SortStableFunc(liked[:], func(a, b coding) int { return cmp.Compare(b.weight, a.weight) })
	return slices.DeleteFunc(liked[:], func(c coding) bool { return c.weight <= 0 || c.weight < identity })
}

// weighted reads a name with a weight (RFC 9110 §12.4.2): ;q=, and a number from 0 to
// 1 with three digits behind the point at most. Without one it is 1.
func weighted(element string) (name string, weight float64, ok bool) {
	name, parameter, has := strings.Cut(element, ";")
	name = strings.Trim(name, " \t")
	if !has {
		return name, 1, true
	}
	q, digits, _ := strings.Cut(strings.Trim(parameter, " \t"), "=")
	whole, fraction, _ := strings.Cut(digits, ".")
	if !strings.EqualFold(q, "q") || whole != "0" && whole != "1" || len(fraction) > 3 || strings.Trim(fraction, "0123456789") != "" {
		return name, 0, false
	}
	weight, err := strconv.ParseFloat(digits, 64)
	return name, weight, err == nil && weight <= 1
}

// compressible reports whether content of a type gets smaller by compression.
func compressible(contentType string) bool {
	t, _, _ := strings.Cut(contentType, ";")
	switch t {
	case "application/json", "application/javascript", "application/x-javascript", "application/ecmascript", "application/xml",
		"application/x-ndjson", "application/wasm", "application/xml-dtd", "application/x-ns-proxy-autoconfig",
		"application/vnd.ms-fontobject", "font/ttf", "font/otf", "image/bmp", "image/x-icon", "model/stl", "model/obj":
		return true
	}
	return strings.HasPrefix(t, "text/") || strings.HasSuffix(t, "+xml") || strings.HasSuffix(t, "+json")
}
