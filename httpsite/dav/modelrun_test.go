package dav_test

import (
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/dirstore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/httpsite/dav"
	"github.com/cgpkit/cgpkit/internal/fixture"
	"github.com/cgpkit/cgpkit/meta"
)

var modelSteps = flag.Int("steps", 800, "how many requests TestModel sends with each seed")

// Three clients send requests at random, and what becomes of them is what the model says:
// every answer, and after each of them every file, property and lock.
func TestModel(t *testing.T) {
	t.Parallel()
	for store, open := range map[string]func(t *testing.T) filestore.Store{
		"memstore": func(*testing.T) filestore.Store { return memstore.New() },
		"dirstore": func(t *testing.T) filestore.Store {
			s, err := dirstore.Open(filepath.Join(t.TempDir(), "account.web"), &dirstore.Options{Sync: dirstore.SyncLater})
			require.NoError(t, err)
			t.Cleanup(func() { s.Close() })
			return s
		},
	} {
		for seed := range uint64(4) {
			t.Run(fmt.Sprint(store, " seed ", seed), func(t *testing.T) {
				t.Parallel()
				newModelRun(t, open(t), seed).run(*modelSteps)
			})
		}
	}
}

// modelRun is a run of the model beside the handler.
type modelRun struct {
	*model
	t       *testing.T
	random  *rand.Rand
	handler *dav.Handler
	files   filestore.FS // of the owner
	told    []string     // the last requests and answers
	bodies  int
}

const modelCaller = "Model-Caller"

func newModelRun(t *testing.T, store filestore.Store, seed uint64) *modelRun {
	d := fixture.New(func() filestore.Store { return memstore.New() })
	d.Update(modelClients[0], func(a *fixture.Account) {
		a.Store = store
		a.Limits.Files = filestore.Unlimited
	})
	views := fixture.Views(d)
	return &modelRun{
		model: &model{nodes: map[string]*modelNode{}},
		t:     t, random: rand.New(rand.NewPCG(seed, 4918)),
		handler: &dav.Handler{Files: func(r *http.Request) filestore.FS {
			return views.View(filestore.Caller{Account: r.Header.Get(modelCaller)}, modelClients[0])
		}},
		files: views.View(filestore.Caller{Account: modelClients[0]}, modelClients[0]),
	}
}

func (m *modelRun) run(steps int) {
	for range steps {
		r := m.request()
		m.step(r)
		m.compare()
	}
}

// step sends a request.
func (m *modelRun) step(r *modelRequest) {
	codes, success := m.answer(r)
	request := httptest.NewRequestWithContext(m.t.Context(), r.method, "http://h/"+r.path, strings.NewReader(r.body))
	request.Header = r.header
	request.Header.Set(modelCaller, r.account())
	w := httptest.NewRecorder()
	m.handler.ServeHTTP(w, request)
	m.told = append(m.told[max(0, len(m.told)-12):], fmt.Sprintf("%v: %d, wanted %v", r, w.Code, codes))
	m.check(slices.Contains(codes, w.Code), "%d %s", w.Code, w.Body)
	if success == nil {
		return
	}
	success()
	switch {
	case r.method == "PUT":
		m.nodes[r.path].tag = w.Header().Get("ETag")
		m.check(m.nodes[r.path].tag != "", "no entity tag")
	case r.method == "LOCK" && !r.refresh:
		token := strings.Trim(w.Header().Get("Lock-Token"), "<>")
		m.check(token != "", "no token")
		m.locks = append(m.locks, modelLock{token: token, path: r.path, owner: r.account(), shared: r.shared, deep: r.deep})
	case r.method == "PROPPATCH":
		m.check(strings.Contains(w.Body.String(), " 200 OK") != r.protectedProp, "%s", w.Body)
	}
}

// compare looks at all that is stored.
func (m *modelRun) compare() {
	seen := 0
	var walk func(dir string)
	walk = func(dir string) {
		for info, err := range m.files.List(m.t.Context(), dir, "") {
			m.check(err == nil, "%v", err)
			if filestore.IsSidecar(info.Name()) {
				continue
			}
			seen++
			n := m.nodes[info.Path()]
			m.check(n != nil, "%s is there", info.Path())
			m.check(n.dir == info.IsDir(), "%s is of another kind", info.Path())
			m.compareProperties(info.Path(), n)
			if n.dir {
				walk(info.Path())
				continue
			}
			if n.tag == "" {
				n.tag = info.ETag()
			}
			m.check(n.tag == info.ETag(), "entity tag of %s is %s, was %s", info.Path(), info.ETag(), n.tag)
			f, err := m.files.Open(m.t.Context(), info.Path())
			m.check(err == nil, "%v", err)
			content, err := io.ReadAll(f)
			m.check(err == nil && f.Close() == nil, "%v", err)
			m.check(n.content == string(content), "%s has %q, not %q", info.Path(), content, n.content)
		}
	}
	walk(modelRoot)
	m.check(seen == len(m.nodes), "%d entries, not %d", seen, len(m.nodes))
	locks, err := m.files.(filestore.Locker).Locks(m.t.Context(), modelRoot, true)
	m.check(err == nil, "%v", err)
	m.check(len(locks) == len(m.locks), "%d locks, not %d", len(locks), len(m.locks))
	for _, l := range locks {
		m.check(slices.Contains(m.locks, modelLock{l.Token, l.Name, l.Owner, l.Shared, l.Deep}), "lock %v", l)
	}
}

func (m *modelRun) compareProperties(path string, n *modelNode) {
	attributes, err := m.files.Attributes(m.t.Context(), path)
	m.check(err == nil, "%v", err)
	properties := meta.Properties(attributes)
	m.check(len(properties) == len(n.props), "%s has %d properties, not %d", path, len(properties), len(n.props))
	for _, p := range properties {
		m.check(n.props[p.Name().Local] != "" && strings.Contains(p.XML(), ">"+n.props[p.Name().Local]+"<"), "%s has %s", path, p.XML())
	}
}

func (m *modelRun) check(ok bool, format string, arguments ...any) {
	m.t.Helper()
	if !ok {
		m.t.Fatalf("%s\n%s", fmt.Sprintf(format, arguments...), strings.Join(m.told, "\n"))
	}
}

func pick[T any](m *modelRun, from []T) T { return from[m.random.IntN(len(from))] }

func (m *modelRun) oneIn(n int) bool { return m.random.IntN(n) == 0 }

// path is one of few names, most often of something that is there.
func (m *modelRun) path() string {
	path := pick(m, []string{"a", "b", "c"})
	for m.isDir(path) && !m.oneIn(3) || m.oneIn(12) {
		path += "/" + pick(m, []string{"a", "b", "c"})
		if strings.Count(path, "/") > 3 {
			break
		}
	}
	return path
}

// request makes up a request.
func (m *modelRun) request() *modelRequest {
	r := &modelRequest{client: m.random.IntN(len(modelClients)), path: m.path(), header: http.Header{}}
	r.method = pick(m, []string{"PUT", "PUT", "PUT", "MKCOL", "MKCOL", "DELETE", "COPY", "COPY", "MOVE", "MOVE", "PROPPATCH", "PROPPATCH", "LOCK", "LOCK", "UNLOCK"})
	switch { // neither the tree nor the locks grow without end
	case len(m.locks) > 8:
		r.method = "UNLOCK"
	case len(m.nodes) > 40:
		r.method, r.path = pick(m, []string{"DELETE", "UNLOCK"}), pick(m, []string{"a", "b", "c"})
	}
	switch r.method {
	case "PUT":
		m.bodies++
		r.body = fmt.Sprint("content ", m.bodies)
		if m.oneIn(4) {
			r.onlyNew = true
			r.header.Set("If-None-Match", "*")
		}
	case "COPY", "MOVE":
		r.to = m.path()
		r.header.Set("Destination", "/"+r.to)
		if r.keep = m.oneIn(3); r.keep {
			r.header.Set("Overwrite", "F")
		}
		if r.shallow = m.oneIn(4); r.shallow {
			r.header.Set("Depth", "0")
		}
	case "PROPPATCH":
		m.properties(r)
	case "LOCK":
		if len(m.locks) > 0 && m.oneIn(5) {
			r.refresh, r.token = true, pick(m, m.locks).token
			if m.oneIn(3) {
				r.path = pick(m, m.locks).path
			}
			r.lists = []modelList{{conditions: []modelCondition{{token: r.token}}}}
			r.header.Set("If", "(<"+r.token+">)")
			return r
		}
		scope := "exclusive"
		if r.shared = m.oneIn(2); r.shared {
			scope = "shared"
		}
		r.header.Set("Depth", "0")
		if r.deep = m.oneIn(2); r.deep {
			r.header.Set("Depth", "infinity")
		}
		r.body = `<lockinfo xmlns="DAV:"><lockscope><` + scope + `/></lockscope><locktype><write/></locktype></lockinfo>`
	case "UNLOCK":
		r.token = "urn:uuid:00000000-0000-4000-8000-000000000000"
		if len(m.locks) > 0 && !m.oneIn(8) {
			l := pick(m, m.locks)
			r.token = l.token
			if !m.oneIn(3) {
				r.path = l.path
			}
		}
		r.header.Set("Lock-Token", "<"+r.token+">")
	}
	if n := m.nodes[r.path]; m.oneIn(8) && (r.method == "PUT" || r.method == "DELETE" && n != nil || r.method == "PROPPATCH" && n != nil) {
		r.ifMatch = m.tag(r.path)
		r.header.Set("If-Match", r.ifMatch)
	}
	switch {
	case m.oneIn(5):
		m.conditions(r)
	case !m.oneIn(3):
		m.tokensOfClient(r)
	}
	return r
}

// properties makes up the body of a PROPPATCH.
func (m *modelRun) properties(r *modelRequest) {
	r.protectedProp = m.oneIn(8)
	var b strings.Builder
	b.WriteString(`<propertyupdate xmlns="DAV:" xmlns:m="urn:m">`)
	for range 1 + m.random.IntN(3) {
		p := modelProp{name: pick(m, []string{"p", "q", "s"})}
		if m.oneIn(3) {
			fmt.Fprintf(&b, "<remove><prop><m:%s/></prop></remove>", p.name)
		} else {
			m.bodies++
			p.value = fmt.Sprint("value ", m.bodies)
			fmt.Fprintf(&b, "<set><prop><m:%s>%s</m:%[1]s></prop></set>", p.name, p.value)
		}
		r.instructions = append(r.instructions, p)
	}
	if r.protectedProp {
		b.WriteString("<set><prop><getetag>x</getetag></prop></set>")
	}
	r.body = b.String() + "</propertyupdate>"
}

// tag is an entity tag: that of the name, or another.
func (m *modelRun) tag(path string) string {
	if n := m.nodes[path]; n != nil && n.tag != "" && !m.oneIn(3) {
		return n.tag
	}
	return `"another"`
}

// tokensOfClient submits all tokens that the client's account has, as a client does that
// knows its locks.
func (m *modelRun) tokensOfClient(r *modelRequest) {
	for _, l := range m.locks {
		if l.owner == r.account() {
			r.lists = append(r.lists, modelList{l.path, []modelCondition{{token: l.token}}})
		}
	}
	m.setIf(r)
}

// conditions makes up an If header.
func (m *modelRun) conditions(r *modelRequest) {
	tagged := m.oneIn(2)
	for range 1 + m.random.IntN(2) {
		var l modelList
		path := r.path
		if tagged {
			path = m.path()
			l.tagged = path
		}
		for range 1 + m.random.IntN(3) {
			c := modelCondition{not: m.oneIn(3)}
			switch {
			case m.oneIn(2):
				c.tag = m.tag(path)
			case len(m.locks) > 0:
				c.token = pick(m, m.locks).token
			default:
				c.token = "DAV:no-lock"
			}
			l.conditions = append(l.conditions, c)
		}
		r.lists = append(r.lists, l)
	}
	m.setIf(r)
}

func (m *modelRun) setIf(r *modelRequest) {
	var b strings.Builder
	for _, l := range r.lists {
		if l.tagged != "" {
			fmt.Fprintf(&b, "</%s> ", l.tagged)
		}
		b.WriteString("(")
		for _, c := range l.conditions {
			if c.not {
				b.WriteString("Not ")
			}
			if c.token != "" {
				fmt.Fprintf(&b, "<%s> ", c.token)
			} else {
				fmt.Fprintf(&b, "[%s] ", c.tag)
			}
		}
		b.WriteString(") ")
	}
	if b.Len() > 0 {
		r.header.Set("If", b.String())
	}
}
