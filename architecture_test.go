// Package cgpkit_test pins the shape of the suite.
package cgpkit_test

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/cgpkit/cgpkit"

// mayImport lists, for each package, what it may import beside the standard
// library. Codecs know nothing of stores, stores nothing of accounts, and no
// way in knows another. A package that is not listed fails the test.
var mayImport = map[string][]string{
	"cgpdata/internal/grammar": nil,
	"cgpdata/internal/corpus":  {"cgpdata", "github.com/stretchr/testify/require"},

	"cgpdata":            {"cgpdata/internal/grammar"},
	"cgpdata/stream":     {"cgpdata", "cgpdata/internal/grammar"},
	"cgpdata/edit":       {"cgpdata", "internal/flock", "cgpdata/internal/grammar"},
	"cgpdata/jsonform":   {"cgpdata"},
	"cgpdata/tbd":        {"cgpdata", "internal/flock", "cgpdata/edit"},
	"cgpdata/ldb":        {"cgpdata", "github.com/go-ldap/ldap/v3"},
	"cgpdata/table":      {"cgpdata", "cgpdata/tbd"},
	"meta":               nil,
	"calllog":            {"internal/flock"},
	"freebusy":           {"internal/clock"},
	"freebusy/weekpage":  {"freebusy", "internal/clock"},
	"freebusy/goical":    {"freebusy", "github.com/emersion/go-ical"},
	"freebusy/publisher": {"filestore", "freebusy", "internal/lru"},
	"freebusy/mailbox":   {"internal/hostfile", "github.com/emersion/go-message/textproto", "golang.org/x/text/encoding", "golang.org/x/text/encoding/htmlindex"},

	"calllog/recorder":   {"calllog", "filestore"},
	"calllog/statistics": {"calllog"},

	"filestore":           {"internal/lru", "internal/network", "meta", "golang.org/x/net/idna"},
	"filestore/iofs":      {"filestore"},
	"filestore/ledger":    {"filestore"},
	"filestore/sharing":   {"filestore", "meta"},
	"filestore/locktable": {"filestore"},
	"filestore/treestore": {"filestore", "filestore/ledger", "filestore/locktable", "internal/othername"},
	"filestore/memstore":  {"filestore", "filestore/treestore"},
	"filestore/dirstore":  {"filestore", "filestore/ledger", "filestore/locktable", "internal/hostfile", "internal/othername", "golang.org/x/sys/unix"},
	"filestore/mirror":    {"filestore"},
	"filestore/pgstore": {"filestore", "filestore/ledger", "filestore/locktable", "internal/othername", "github.com/jackc/pgx/v5", "github.com/jackc/pgx/v5/pgconn", "github.com/jackc/pgx/v5/pgxpool",
		"github.com/minio/minio-go/v7", "github.com/minio/minio-go/v7/pkg/credentials"},
	"filestore/dirstore/lending": {"filestore", "filestore/dirstore", "internal/flock", "internal/fresh", "internal/hostfile", "internal/lru"},
	"filestore/storetest":        {"filestore", "filestore/memstore", "github.com/stretchr/testify/require"},

	"directory":           {"cgpdata", "filestore", "freebusy", "freebusy/publisher", "internal/fresh", "internal/hostfile", "internal/lru", "directory/passwords", "filestore/dirstore/lending"},
	"directory/check":     {"directory", "filestore", "filestore/dirstore", "filestore/memstore", "internal/hostfile", "meta"},
	"directory/passwords": {"filestore", "internal/network", "internal/lru"},
	"directory/calendars": {"freebusy/mailbox", "freebusy/publisher"},
	"directory/passwords/crypt": {"github.com/go-crypt/crypt/algorithm", "github.com/go-crypt/crypt/algorithm/md5crypt", "github.com/go-crypt/crypt/algorithm/scrypt",
		"github.com/go-crypt/crypt/algorithm/shacrypt", "github.com/sergeymakinen/go-crypt/des", "golang.org/x/crypto/bcrypt"},

	"connlimit": {"internal/network"},

	"httpsite":                  {"connlimit", "filestore", "httpsite/dav", "httpsite/internal/fields", "httpsite/internal/reqbody", "httpsite/pages", "internal/stall"},
	"httpsite/pages":            {"calllog", "calllog/statistics", "filestore", "filestore/sharing", "freebusy", "httpsite/dav", "httpsite/internal/reqbody", "httpsite/pages/barchart", "httpsite/pages/qrsvg", "internal/clock", "meta"},
	"httpsite/dav":              {"filestore", "meta", "httpsite/internal/fields"},
	"httpsite/webdavfs":         {"filestore", "filestore/iofs", "meta", "golang.org/x/net/webdav"},
	"httpsite/internal/bench":   {"internal/beside", "golang.org/x/net/webdav", "golang.org/x/sys/unix"},
	"httpsite/internal/fields":  nil,
	"httpsite/internal/reqbody": nil,
	"httpsite/pages/barchart":   nil,
	"httpsite/pages/qrsvg":      {"rsc.io/qr"},
	"ftpsite":                   {"connlimit", "filestore", "ftpsite/internal/users", "internal/graceful", "internal/stall", "golang.org/x/sys/unix"},
	"ftpsite/internal/users":    {"filestore"},
	"ftpsite/internal/bench":    {"internal/beside"},
	"ftpsite/goftpdriver":       {"filestore", "ftpsite/internal/users", "goftp.io/server/v2"},
	"tftpsite/internal/bench":   {"internal/beside"},
	"tftpsite":                  {"connlimit", "filestore", "internal/graceful", "golang.org/x/net/ipv4", "golang.org/x/net/ipv6", "golang.org/x/sys/unix"},
	"clisite/client":            {"cgpdata", "cgpdata/stream", "filestore", "internal/stall", "meta"},
	"clisite":                   {"connlimit", "filestore", "cgpdata", "meta", "internal/graceful", "internal/stall"},

	"sitelog": {"filestore"},

	"internal/beside":    {"golang.org/x/sys/unix"},
	"internal/clock":     nil,
	"internal/flock":     nil,
	"internal/fresh":     nil,
	"internal/hostfile":  nil,
	"internal/lru":       nil,
	"internal/network":   nil,
	"internal/othername": nil,
	"internal/graceful":  nil,
	"internal/stall":     nil,
	"internal/fixture":   {"filestore", "github.com/stretchr/testify/require"},

	"examples/cgpdata":    {"cgpdata", "cgpdata/edit", "cgpdata/jsonform", "cgpdata/stream", "cgpdata/tbd"},
	"examples/callstats":  {"calllog", "calllog/statistics"},
	"examples/freetime":   {"freebusy"},
	"examples/cgpsync":    {"clisite/client", "directory", "filestore", "filestore/pgstore", "meta"},
	"examples/recordcall": {"calllog", "calllog/recorder", "directory", "filestore"},
	"examples/ownusers":   {"directory/passwords", "directory/passwords/crypt", "filestore", "filestore/dirstore", "ftpsite", "httpsite"},
	"examples/ownstore":   {"filestore", "filestore/treestore", "httpsite"},
	"examples/server":     {"calllog", "cgpdata", "directory", "directory/calendars", "directory/check", "directory/passwords/crypt", "filestore", "filestore/mirror", "filestore/pgstore", "freebusy", "httpsite", "httpsite/pages", "ftpsite", "tftpsite", "clisite", "meta", "sitelog"},
}

// mustNotLink lists what else a package must not bring into a program.
var mustNotLink = map[string][]string{
	"filestore": {"github.com/jackc", "github.com/minio"},
	"freebusy":  {"html/template", "net/http"}, // whoever reads a .vfb draws no page
	// Whoever reads settings checks no hashes and reads no messages; a host may have
	// hashes of its own.
	"directory":           append([]string{module + "/freebusy/mailbox", "github.com/emersion"}, hashLibraries...),
	"directory/passwords": append([]string{module + "/directory", module + "/cgpdata"}, hashLibraries...),
}

var hashLibraries = []string{module + "/directory/passwords/crypt", "github.com/go-crypt", "github.com/sergeymakinen", "golang.org/x/crypto"}

func TestLinked(t *testing.T) {
	t.Parallel()
	for name, others := range mustNotLink {
		out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "./"+name).Output()
		require.NoError(t, err)
		linked := strings.Fields(string(out))
		require.Contains(t, linked, module+"/"+name)
		for _, other := range others {
			require.False(t, slices.ContainsFunc(linked, func(path string) bool {
				return path == other || strings.HasPrefix(path, other+"/") && path != module+"/"+name
			}), "%s brings %s", name, other)
		}
	}
}

func TestImports(t *testing.T) {
	t.Parallel()
	command := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports,GoFiles", "./...")
	command.Stderr = os.Stderr
	out, err := command.Output()
	require.NoError(t, err)
	seen := 0
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath       string
			Imports, GoFiles []string
		}
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else {
			require.NoError(t, err)
		}
		if len(p.GoFiles) == 0 {
			continue // tests only
		}
		seen++
		name := strings.TrimPrefix(p.ImportPath, module+"/")
		allowed, known := mayImport[name]
		require.True(t, known, "package %s is not in the table", name)
		for _, path := range allowed {
			full := path
			if first, _, _ := strings.Cut(path, "/"); !strings.Contains(first, ".") {
				full = module + "/" + path
			}
			// A package may be imported on some systems only, as x/sys/unix is.
			require.True(t, slices.Contains(p.Imports, full) || path == "golang.org/x/sys/unix", "%s does not import %s any more", name, path)
		}
		for _, path := range p.Imports {
			if first, _, _ := strings.Cut(path, "/"); !strings.Contains(first, ".") {
				continue // standard library
			}
			path = strings.TrimPrefix(path, module+"/")
			require.True(t, slices.Contains(allowed, path), "%s must not import %s", name, path)
		}
	}
	require.Equal(t, len(mayImport), seen, "a package of the table is gone")
}

// needNothing are packages that bring no other module into a program, whatever
// the way. So whoever reads text tables gets no client for LDAP.
var needNothing = []string{"cgpdata", "cgpdata/stream", "cgpdata/edit", "cgpdata/jsonform", "cgpdata/tbd", "cgpdata/table", "meta", "calllog", "freebusy"}

func TestDependencies(t *testing.T) {
	t.Parallel()
	for _, name := range needNothing {
		command := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", "./"+name)
		command.Stderr = os.Stderr
		out, err := command.Output()
		require.NoError(t, err)
		needed := strings.Fields(string(out))
		slices.Sort(needed)
		require.Equal(t, []string{module}, slices.Compact(needed), name)
	}
}

// isInternal reports whether a package is no concern of users.
func isInternal(name string) bool { return strings.Contains("/"+name, "/internal/") }

// TestHouse keeps README's picture true: every arrow is an import, and every
// import follows from the arrows. What is internal, and the examples but for the
// server, are not in it.
func TestHouse(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("README.md")
	require.NoError(t, err)
	_, picture, ok := strings.Cut(string(text), "```mermaid\n")
	require.True(t, ok)
	picture, _, _ = strings.Cut(picture, "```")
	arrows := map[string][]string{}
	for line := range strings.Lines(picture) {
		from, to, ok := strings.Cut(line, "-->")
		if !ok {
			continue
		}
		for _, importer := range nodes(from) {
			for _, imported := range nodes(to) {
				require.Contains(t, mayImport[importer], imported, "README's arrow from %s", importer)
				arrows[importer] = append(arrows[importer], imported)
			}
		}
	}
	require.NotEmpty(t, arrows)
	for importer, all := range mayImport {
		if isInternal(importer) || strings.HasPrefix(importer, "examples/") && importer != "examples/server" {
			continue
		}
		require.Regexp(t, `(?m)(^|\s)`+importer+`(\s|$)`, picture)
		for _, imported := range all {
			if _, ours := mayImport[imported]; ours && !isInternal(imported) {
				require.True(t, leads(arrows, importer, imported), "README has no arrows from %s to %s", importer, imported)
			}
		}
	}
}

// nodes takes a list of the form "a & b" apart.
func nodes(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == '&' || r == ' ' || r == '\n' })
}

// leads reports whether arrows lead from one package to another. Imports have
// no circles.
func leads(arrows map[string][]string, from, to string) bool {
	return slices.ContainsFunc(arrows[from], func(next string) bool { return next == to || leads(arrows, next, to) })
}

// TestProgramsCanBeCopied: an example program imports nothing that its readers
// cannot.
func TestProgramsCanBeCopied(t *testing.T) {
	t.Parallel()
	seen := 0
	for importer, all := range mayImport {
		if !strings.HasPrefix(importer, "examples/") {
			continue
		}
		seen++
		require.False(t, slices.ContainsFunc(all, isInternal), importer)
	}
	require.Greater(t, seen, 5)
}

// TestExamplesCanBeCopied: nor does an example in the documentation.
func TestExamplesCanBeCopied(t *testing.T) {
	t.Parallel()
	seen := 0
	require.NoError(t, filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(source.Decls, isExample) {
			return nil
		}
		seen++
		for _, imported := range source.Imports {
			require.NotContains(t, imported.Path.Value, "/internal/", path)
		}
		return nil
	}))
	require.Greater(t, seen, 5)
}

func isExample(d ast.Decl) bool {
	f, ok := d.(*ast.FuncDecl)
	return ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Example")
}
