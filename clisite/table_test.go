package clisite

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTable holds the table of commands in the documentation against the commands.
func TestTable(t *testing.T) {
	t.Parallel()
	var documented []string
	for _, row := range documentedRows(t) {
		name := row[1]
		documented = append(documented, name)
		c, ok := commandNamed(name)
		require.True(t, ok, name)
		switch c.subject {
		case anAccount:
			require.True(t, strings.HasPrefix(row[2], "acct"), name)
		case aDomain:
			require.True(t, strings.HasPrefix(row[2], "[domain] "), name)
		case theDomain:
			require.True(t, strings.HasPrefix(row[2], "domain "), name)
		case aSkin:
			require.True(t, strings.HasPrefix(row[2], "[domain SKIN] skin"), name)
		}
		if twin := strings.Replace(name, "SERVER", "CLUSTER", 1); twin != name {
			_, ok := commandNamed(twin)
			require.True(t, ok, twin)
		}
	}
	require.Len(t, slices.Compact(slices.Sorted(slices.Values(documented))), len(documented), "none comes twice")

	var known []string
	for _, file := range []string{"storage.go", "account.go", "subscription.go"} {
		source, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		ast.Inspect(source, func(n ast.Node) bool {
			if clause, ok := n.(*ast.CaseClause); ok {
				for _, e := range clause.List {
					if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
						name, _ := strconv.Unquote(lit.Value)
						known = append(known, name)
					}
				}
			}
			return true
		})
	}
	for _, verb := range []string{"LIST", "CREATE", "RENAME", "DELETE", "READ", "STORE", "GET", "SET"} {
		for _, scope := range []string{"DOMAIN", "SERVER"} {
			for _, what := range []string{"SKIN", "SKINS", "SKINFILE", "SKINFILES", "PBX", "PBXFILE", "PBXFILES"} {
				if _, ok := mountCommand(verb + scope + what); ok {
					known = append(known, verb+scope+what)
				}
			}
		}
	}
	require.ElementsMatch(t, known, documented)
}

// documentedRows returns the rows of the table of commands, and their name and the rest.
func documentedRows(t *testing.T) [][]string {
	t.Helper()
	text, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	return regexp.MustCompile(`(?m)^//\t([A-Z]{6,}) +(.*)$`).FindAllStringSubmatch(string(text), -1)
}
