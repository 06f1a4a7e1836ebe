package cgpkit_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/directory/calendars"
	"github.com/cgpkit/cgpkit/directory/passwords/crypt"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/httpsite"
)

// readme is the code that README shows.
func readme(ctx context.Context) error {
	base, err := directory.Open("/var/CommuniGate", &directory.Options{Crypt: crypt.Match, Calendars: calendars.Find})
	if err != nil {
		return err
	}
	views := filestore.NewViews(base, base.Stores(), nil) // one for the program
	site := &http.Server{Addr: "127.0.0.1:8100", Handler: &httpsite.Handler{Views: views}, ReadHeaderTimeout: 10 * time.Second}
	go site.ListenAndServe()

	john := filestore.Caller{Account: "john@client1.com"} // or base.Login, with a password
	for entry, err := range views.View(john, "john@client1.com").List(ctx, "private", "") {
		if err != nil {
			return err
		}
		fmt.Println(entry.Name(), entry.Size())
	}
	return nil
}

// Example is the same on a base directory that is made for it.
func Example() {
	dir, err := os.MkdirTemp("", "cgpkit-example-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	for name, content := range map[string]string{
		"Settings/Main.settings":                             "{\n DomainName = client1.com;\n}\n",
		"Accounts/john.macnt/account.settings":               "{\n Password = secret1;\n}\n",
		"Accounts/john.macnt/account.web/private/diary.txt":  "Dear diary",
		"Accounts/john.macnt/account.web/private/letter.txt": "Dear Mary",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		_ = os.MkdirAll(filepath.Dir(path), 0o700)
		_ = os.WriteFile(path, []byte(content), 0o600)
	}
	base, err := directory.Open(dir, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	john, err := base.Login(ctx, filestore.Credentials{Login: "john@client1.com", Password: "secret1"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for entry, err := range filestore.NewViews(base, base.Stores(), nil).View(john, "john@client1.com").List(ctx, "private", "") {
		fmt.Println(entry.Name(), entry.Size(), err)
	}
	// Unordered output:
	// diary.txt 10 <nil>
	// letter.txt 9 <nil>
}

// TestReadmeCode keeps README's code the code that compiles here.
func TestReadmeCode(t *testing.T) {
	t.Parallel()
	_ = readme // compiled, and not run: this machine may have such a directory
	text, err := os.ReadFile("README.md")
	require.NoError(t, err)
	source, err := os.ReadFile("readme_test.go")
	require.NoError(t, err)
	_, code, ok := strings.Cut(string(text), "```go\n")
	require.True(t, ok)
	code, _, _ = strings.Cut(code, "```")
	indented := "\t" + strings.ReplaceAll(strings.TrimSpace(code), "\n", "\n\t")
	require.Contains(t, string(source), strings.ReplaceAll(indented, "\n\t\n", "\n\n"))
	require.LessOrEqual(t, strings.Count(string(text), "\n"), 150)
}
