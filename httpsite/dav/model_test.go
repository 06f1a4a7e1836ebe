package dav_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
)

// modelClients are two clients of the owner, and one of an administrator.
var modelClients = []string{"john@client1.com", "john@client1.com", "admin@client1.com"}

// model is what RFC 4918 makes of requests: a tree with properties and locks. It knows
// nothing of how the package works.
type model struct {
	nodes map[string]*modelNode // by path; the root is always there
	locks []modelLock
}

type modelNode struct {
	dir     bool
	content string
	tag     string // that the server has told; "": not known yet, or none
	props   map[string]string
}

type modelLock struct {
	token, path, owner string
	shared, deep       bool
}

const modelRoot = "."

func parentOf(path string) string {
	dir, _ := filestore.Split(path)
	return dir
}

func (m *model) isDir(path string) bool {
	return path == modelRoot || m.nodes[path] != nil && m.nodes[path].dir
}

// covering are the locks of a name: RFC 4918 §6.1, §7.4.
func (m *model) covering(path string) (found []modelLock) {
	for _, l := range m.locks {
		if l.path == path || l.deep && filestore.Within(path, l.path) {
			found = append(found, l)
		}
	}
	return found
}

// isLocked reports whether a name cannot be changed with these tokens (RFC 4918 §7).
func (m *model) isLocked(path string, r *modelRequest) bool {
	shared, submitted := false, false
	for _, l := range m.covering(path) {
		has := l.owner == r.account() && slices.Contains(r.tokens(), l.token)
		if !l.shared && !has {
			return true
		}
		shared, submitted = shared || l.shared, submitted || l.shared && has
	}
	return shared && !submitted
}

// isTreeLocked is isLocked for a name that goes, or gets another content, with its
// membership and its members (RFC 4918 §7.4, §9.6.1).
func (m *model) isTreeLocked(path string, r *modelRequest) bool {
	for _, l := range m.locks {
		if filestore.Within(l.path, path) && m.isLocked(l.path, r) {
			return true
		}
	}
	return m.isLocked(path, r) || m.isLocked(parentOf(path), r)
}

func (m *model) remove(path string) {
	maps.DeleteFunc(m.nodes, func(name string, _ *modelNode) bool { return filestore.Within(name, path) })
	m.locks = slices.DeleteFunc(m.locks, func(l modelLock) bool { return filestore.Within(l.path, path) })
}

// copyTree returns what a copy of a tree is, by the names below to.
func (m *model) copyTree(from, to string, shallow bool) map[string]*modelNode {
	made := map[string]*modelNode{}
	for name, n := range m.nodes {
		if name == from || filestore.Within(name, from) && !shallow {
			c := *n
			c.props, c.tag = maps.Clone(n.props), ""
			made[to+strings.TrimPrefix(name, from)] = &c
		}
	}
	return made
}

// modelRequest is a request, and what the model needs to know of it.
type modelRequest struct {
	client        int
	method, path  string
	to            string
	body          string
	header        http.Header
	lists         []modelList // of If
	ifMatch       string      // "": none
	onlyNew       bool        // If-None-Match: *
	keep          bool        // Overwrite: F
	shallow       bool
	shared, deep  bool
	token         string // of UNLOCK
	refresh       bool
	instructions  []modelProp
	protectedProp bool
}

type modelProp struct{ name, value string } // "": it is removed

type modelList struct {
	tagged     string // "": the request's own
	conditions []modelCondition
}

type modelCondition struct {
	not        bool
	token, tag string
}

func (r *modelRequest) account() string { return modelClients[r.client] }

func (r *modelRequest) tokens() (tokens []string) {
	for _, l := range r.lists {
		for _, c := range l.conditions {
			if c.token != "" {
				tokens = append(tokens, c.token)
			}
		}
	}
	return tokens
}

func (r *modelRequest) String() string {
	return fmt.Sprintf("client %d: %s %s %s %v %.200s", r.client, r.method, r.path, r.to, r.header, r.body)
}

// holds evaluates If (RFC 4918 §10.4): some list of it has to hold.
func (m *model) holds(r *modelRequest) bool {
	for _, l := range r.lists {
		path := l.tagged
		if path == "" {
			path = r.path
		}
		all := true
		for _, c := range l.conditions {
			var is bool
			if c.token != "" {
				is = slices.ContainsFunc(m.covering(path), func(l modelLock) bool { return l.token == c.token })
			} else {
				is = m.nodes[path] != nil && m.nodes[path].tag == c.tag
			}
			all = all && is != c.not
		}
		if all {
			return true
		}
	}
	return len(r.lists) == 0
}

// answer tells what a request may be answered with, and what it does if that is a
// success. Where several things are wrong any of them may be told.
func (m *model) answer(r *modelRequest) (codes []int, success func()) {
	refuse := func(is bool, code ...int) {
		if is {
			codes = append(codes, code...)
		}
	}
	n := m.nodes[r.path]
	refuse(!m.holds(r), 412)
	refuse(r.ifMatch != "" && (n == nil || n.tag != r.ifMatch), 412)
	refuse(r.onlyNew && n != nil, 412)
	created := 201
	var do func()
	switch r.method {
	case "PUT":
		refuse(!m.isDir(parentOf(r.path)), 409)
		refuse(n != nil && n.dir, 405)
		refuse(m.isLocked(r.path, r) || n == nil && m.isLocked(parentOf(r.path), r), 423)
		if n != nil {
			created = 204
		}
		do = func() {
			if n == nil {
				n = &modelNode{props: map[string]string{}}
				m.nodes[r.path] = n
			}
			n.content, n.tag = r.body, ""
		}
	case "MKCOL":
		refuse(n != nil, 405)
		refuse(!m.isDir(parentOf(r.path)), 409)
		refuse(m.isLocked(r.path, r) || m.isLocked(parentOf(r.path), r), 423)
		do = func() { m.nodes[r.path] = &modelNode{dir: true, props: map[string]string{}} }
	case "DELETE":
		created = 204
		refuse(n == nil, 404)
		refuse(m.isTreeLocked(r.path, r), 423, 207)
		do = func() { m.remove(r.path) }
	case "COPY", "MOVE":
		refuse(n == nil, 404)
		nested := filestore.Within(r.to, r.path) || filestore.Within(r.path, r.to)
		refuse(nested, 403)
		refuse(!m.isDir(parentOf(r.to)), 409)
		old := m.nodes[r.to]
		if old != nil {
			created = 204
			refuse(r.keep, 412)
		}
		refuse(m.isTreeLocked(r.to, r), 423, 207)
		refuse(r.method == "MOVE" && m.isTreeLocked(r.path, r), 423, 207)
		refuse(r.method == "MOVE" && r.shallow && n != nil && n.dir, 400)
		do = func() {
			made := m.copyTree(r.path, r.to, r.shallow)
			m.remove(r.to)
			if r.method == "MOVE" {
				m.remove(r.path)
			}
			maps.Copy(m.nodes, made)
		}
	case "PROPPATCH":
		created = 207
		refuse(n == nil, 404)
		refuse(m.isLocked(r.path, r), 423)
		do = func() {
			for _, p := range r.instructions {
				if r.protectedProp {
					break // nothing is done (RFC 4918 §9.2)
				}
				delete(n.props, p.name)
				if p.value != "" {
					n.props[p.name] = p.value
				}
			}
		}
	case "LOCK":
		if r.refresh {
			created = 200
			refuse(!slices.ContainsFunc(m.covering(r.path), func(l modelLock) bool { return l.token == r.token && l.owner == r.account() }), 412)
			do = func() {}
			break
		}
		if n != nil {
			created = 200
		}
		refuse(n == nil && !m.isDir(parentOf(r.path)), 409)
		refuse(n == nil && m.isLocked(parentOf(r.path), r), 423)
		for _, l := range m.locks {
			covers := l.path == r.path || l.deep && filestore.Within(r.path, l.path) || r.deep && filestore.Within(l.path, r.path)
			refuse(covers && !(l.shared && r.shared), 423)
		}
		do = func() {
			if n == nil {
				m.nodes[r.path] = &modelNode{props: map[string]string{}}
			}
		}
	case "UNLOCK":
		created = 204
		at := slices.IndexFunc(m.covering(r.path), func(l modelLock) bool { return l.token == r.token && l.owner == r.account() })
		refuse(at < 0, 409)
		do = func() {
			m.locks = slices.DeleteFunc(m.locks, func(l modelLock) bool { return l.token == r.token })
		}
	}
	if len(codes) == 0 {
		return []int{created}, do
	}
	return codes, nil
}
