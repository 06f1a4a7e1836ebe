package dav

import (
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
)

// Bounds of an If header: what is above them is fs.ErrInvalid. Our choice.
const (
	maxIfConditions = 256
	maxIfResources  = 16
)

// ifList is one list of an If header: it holds if all of it does.
type ifList struct {
	resource   string // the URL that it is about; "": that of the request
	conditions []ifCondition
}

type ifCondition struct {
	not   bool
	token string // a state token
	tag   string // an entity tag, if there is no token
}

// parseIf reads an If header (RFC 4918 §10.4.2).
func parseIf(header string) ([]ifList, error) {
	var lists []ifList
	resource, tagged, count, resources := "", false, 0, 0
	used := true // the resource has a list
	rest := trimBlanks(header)
	for rest != "" {
		if rest[0] == '<' {
			if len(lists) > 0 && !tagged || !used {
				return nil, fs.ErrInvalid // either all lists are about tagged resources or none
			}
			var ok bool
			if resource, rest, ok = cutBrackets(rest, '<', '>'); !ok || resource == "" {
				return nil, fs.ErrInvalid
			}
			if resources++; resources > maxIfResources {
				return nil, fs.ErrInvalid
			}
			tagged, used, rest = true, false, trimBlanks(rest)
			continue
		}
		var list ifList
		if rest[0] != '(' {
			return nil, fs.ErrInvalid
		}
		for rest = trimBlanks(rest[1:]); ; rest = trimBlanks(rest) {
			if rest == "" || count > maxIfConditions {
				return nil, fs.ErrInvalid
			}
			if rest[0] == ')' {
				break
			}
			var c ifCondition
			var ok bool
			if len(rest) > 3 && strings.EqualFold(rest[:3], "Not") {
				c.not, rest = true, trimBlanks(rest[3:])
			}
			if strings.HasPrefix(rest, "[") {
				c.tag, rest, ok = cutTag(rest)
			} else {
				c.token, rest, ok = cutBrackets(rest, '<', '>')
			}
			if !ok || c.tag == "" && c.token == "" {
				return nil, fs.ErrInvalid
			}
			list.conditions = append(list.conditions, c)
			count++
		}
		if len(list.conditions) == 0 {
			return nil, fs.ErrInvalid
		}
		list.resource, used = resource, true
		lists = append(lists, list)
		rest = trimBlanks(rest[1:])
	}
	if len(lists) == 0 || !used {
		return nil, fs.ErrInvalid
	}
	return lists, nil
}

func trimBlanks(s string) string { return strings.TrimLeft(s, " \t") }

// cutBrackets cuts what stands in brackets off the beginning.
func cutBrackets(s string, begin, end byte) (inside, rest string, ok bool) {
	if s == "" || s[0] != begin {
		return "", s, false
	}
	inside, rest, ok = strings.Cut(s[1:], string(end))
	return inside, rest, ok && !strings.ContainsAny(inside, "<> \t")
}

// cutTag cuts an entity tag in brackets off the beginning.
func cutTag(s string) (tag, rest string, ok bool) {
	rest = trimBlanks(s[1:])
	weak := ""
	if strings.HasPrefix(rest, "W/") {
		weak, rest = "W/", rest[2:]
	}
	if !strings.HasPrefix(rest, `"`) {
		return "", s, false
	}
	inside, rest, ok := strings.Cut(rest[1:], `"`)
	rest, closed := strings.CutPrefix(trimBlanks(rest), "]")
	return weak + `"` + inside + `"`, rest, ok && closed
}

// submit evaluates the If header of a request for what is there now, nil if there is
// nothing. All tokens in it count as submitted, whatever comes of it (RFC 4918
// §10.4.1). A tag that holds goes into p.
func (req *request) submit(current filestore.FileInfo, p *filestore.Precondition) error {
	header := req.r.Header.Values("If")
	if len(header) == 0 {
		return nil
	}
	lists, err := parseIf(strings.Join(header, " "))
	if err != nil {
		return err
	}
	for _, list := range lists {
		for _, c := range list.conditions {
			if c.token != "" && !slices.Contains(req.tokens, c.token) {
				req.tokens = append(req.tokens, c.token)
			}
		}
	}
	if l, ok := req.files.(filestore.Locker); ok {
		req.files = l.WithTokens(req.tokens...)
	}
	states := map[string]resourceState{"": req.stateOf(req.Name, current)}
	for _, list := range lists {
		state, known := states[list.resource]
		if !known {
			state = req.tagged(list.resource)
			states[list.resource] = state
		}
		if !state.meets(list.conditions) {
			continue
		}
		if list.resource == "" || state.name == req.Name {
			for _, c := range list.conditions {
				if c.tag != "" && !c.not {
					p.ETag = c.tag
				}
			}
		}
		return nil
	}
	return &Error{Code: http.StatusPreconditionFailed, Err: errors.New("no list of If holds")}
}

// resourceState is what an If header can ask of a resource.
type resourceState struct {
	name   string
	tag    string // "": none
	tokens []string
}

func (s resourceState) meets(conditions []ifCondition) bool {
	for _, c := range conditions {
		holds := c.tag == s.tag
		if c.token != "" {
			holds = slices.Contains(s.tokens, c.token)
		}
		if holds == c.not {
			return false
		}
	}
	return true
}

// tagged returns the state of the resource of a tagged list. One that is not in this
// storage, or that the caller may not see, has none.
func (req *request) tagged(reference string) resourceState {
	u, err := url.Parse(reference)
	if err != nil || u.Opaque != "" {
		return resourceState{}
	}
	t, err := req.resolve(req.r.Context(), u)
	if err != nil || t.here() != nil {
		return resourceState{}
	}
	info, err := req.files.Stat(req.r.Context(), t.Name)
	if err != nil {
		info = nil
	}
	return req.stateOf(t.Name, info)
}

func (req *request) stateOf(name string, info filestore.FileInfo) resourceState {
	s := resourceState{name: name}
	if info != nil {
		s.tag = info.ETag()
	}
	if l, ok := req.files.(filestore.Locker); ok {
		locks, _ := l.Locks(req.r.Context(), name, false) // what may not be seen is not there
		for _, lock := range locks {
			s.tokens = append(s.tokens, lock.Token)
		}
	}
	return s
}
