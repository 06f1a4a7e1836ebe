package cgpkit_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
)

// logMethods are the methods of a slog.Logger that write, and where their message
// stands; -1: there is none, as in With.
var logMethods = map[string]int{
	"Debug": 0, "Info": 0, "Warn": 0, "Error": 0, "DebugContext": 1, "InfoContext": 1, "WarnContext": 1, "ErrorContext": 1,
	"Log": 2, "LogAttrs": 2, "With": -1,
}

// loggers are what a slog.Logger is called, and others what has methods of the same
// names and is none. So nothing that logs is overlooked.
var (
	loggers = []string{"l", "log", "logger", "Logger"}
	others  = []string{"o", "p", "rules", "http", "require", "t"}
)

// logAttributes makes attributes, apart from slog's own functions.
var logAttributes = []string{"LogError"}

// TestLogMessages: every message is constant, and every attribute has a name that
// CONTRIBUTING.md lists.
func TestLogMessages(t *testing.T) {
	t.Parallel()
	known, used, messages := listedAttributes(t), map[string]bool{}, 0
	require.NoError(t, filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		files := token.NewFileSet()
		source, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		c := &logCheck{t, files, known, used, map[ast.Expr]bool{}, 0}
		ast.Inspect(source, c.visit)
		messages += c.messages
		return nil
	}))
	require.Greater(t, messages, 50)
	for name := range known {
		require.True(t, used[name], "no message has the attribute %s any more", name)
	}
}

// listedAttributes reads the table of CONTRIBUTING.md.
func listedAttributes(t *testing.T) map[string]bool {
	t.Helper()
	text, err := os.ReadFile("CONTRIBUTING.md")
	require.NoError(t, err)
	_, section, ok := strings.Cut(string(text), "\n## Log messages\n")
	require.True(t, ok)
	section, _, _ = strings.Cut(section, "\n## ")
	known := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| (`[^|]*) \\|").FindAllStringSubmatch(section, -1) {
		for name := range strings.SplitSeq(row[1], ", ") {
			known[strings.Trim(name, "`")] = true
		}
	}
	require.NotEmpty(t, known)
	return known
}

// logCheck looks at the log messages of one file.
type logCheck struct {
	t           *testing.T
	files       *token.FileSet
	known, used map[string]bool
	called      map[ast.Expr]bool
	messages    int
}

func (c *logCheck) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.CallExpr:
		c.called[n.Fun] = true
		if s, ok := n.Fun.(*ast.SelectorExpr); ok && len(n.Args) > 0 {
			c.call(n, s)
		}
	case *ast.SelectorExpr:
		if _, logs := logMethods[n.Sel.Name]; logs && slices.Contains(loggers, lastName(n.X)) {
			require.True(c.t, c.called[n], "%s: a method of a logger as a value, which nobody can check", c.files.Position(n.Pos()))
		}
	}
	return true
}

func (c *logCheck) call(call *ast.CallExpr, s *ast.SelectorExpr) {
	at, of := c.files.Position(call.Pos()), lastName(s.X)
	if of == "slog" && slices.Contains([]string{"String", "Int", "Int64", "Bool", "Any", "Duration", "Time", "Group"}, s.Sel.Name) {
		c.key(call.Args[0])
		return
	}
	message, logs := logMethods[s.Sel.Name]
	if !logs || slices.Contains(others, of) {
		return
	}
	require.Contains(c.t, loggers, of, "%s: neither a logger nor known to be none", at)
	require.False(c.t, call.Ellipsis.IsValid(), "%s: attributes that nobody can check", at)
	args := call.Args[message+1:]
	if message >= 0 {
		c.messages++
		text := literal(call.Args[message])
		require.NotEmpty(c.t, text, "%s: the message is no constant", at)
		require.False(c.t, strings.HasSuffix(text, "."), "%s: %s", at, text)
		first := []rune(text)
		require.True(c.t, unicode.IsLower(first[0]) || unicode.IsUpper(first[1]), "%s: %s", at, text) // as in TLS
	}
	for len(args) > 0 {
		if made, ok := args[0].(*ast.CallExpr); ok {
			by, ok := made.Fun.(*ast.SelectorExpr)
			require.True(c.t, ok && (lastName(by.X) == "slog" || slices.Contains(logAttributes, by.Sel.Name)), "%s: an attribute that nobody can check", at)
			if slices.Contains(logAttributes, by.Sel.Name) {
				c.used["err"] = true
			}
			args = args[1:]
			continue
		}
		c.key(args[0])
		require.Greater(c.t, len(args), 1, "%s: an attribute without a value", at)
		args = args[2:]
	}
}

// key checks the name of an attribute.
func (c *logCheck) key(e ast.Expr) {
	name := literal(e)
	require.True(c.t, c.known[name], "%s: CONTRIBUTING.md does not list the attribute %q", c.files.Position(e.Pos()), name)
	c.used[name] = true
}

// literal returns the text of a string literal, "" of anything else.
func literal(e ast.Expr) string {
	l, ok := e.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return ""
	}
	text, _ := strconv.Unquote(l.Value)
	return text
}

// lastName returns the last name of what a method is called on, also of a call of
// a method that returns it.
func lastName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	case *ast.CallExpr:
		return lastName(e.Fun)
	}
	return ""
}
