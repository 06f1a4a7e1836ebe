package directory_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"net/netip"
	"os"
	"path/filepath"
	"sync"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
)

// makeBase makes a base directory with one account.
func makeBase() (dir string) {
	dir, err := os.MkdirTemp("", "base")
	if err != nil {
		log.Fatal(err)
	}
	for name, text := range map[string]string{
		"Settings/Main.settings":               "{\n DomainName = mail.example.com;\n}\n",
		"Settings/DomainDefault.settings":      "{\n AccountDefaults = {MaxWebSize=20M;};\n}\n",
		"Accounts/Settings/Aliases.data":       "{\n j.smith = john;\n}\n",
		"Accounts/Settings/Access.settings":    "{\n postmaster = (Master);\n}\n",
		"Accounts/john.macnt/account.settings": "{\n MaxWebFiles = 300;\n Password = secret1;\n}\n",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			log.Fatal(err)
		}
	}
	return dir
}

// The limits of an account: its own, its domain's, the server's and the built-in
// ones, in this order.
func Example() {
	dir := makeBase()
	defer os.RemoveAll(dir)

	base, err := directory.Open(dir, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	account, err := base.Account(context.Background(), "J.Smith@mail.example.com")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(account.Address)
	fmt.Println("files:", account.Limits.Files)
	fmt.Println("bytes:", account.Limits.Bytes)
	fmt.Println("one file:", account.Limits.FileSize == filestore.Unlimited)
	fmt.Println("site:", account.WebSite, account.DefaultPage)

	_, err = base.Account(context.Background(), "nobody@mail.example.com")
	fmt.Println(errors.Is(err, fs.ErrNotExist))
	// Output:
	// john@mail.example.com
	// files: 300
	// bytes: 20971520
	// one file: true
	// site: true default.html
	// true
}

func ExampleBase_Login() {
	dir := makeBase()
	defer os.RemoveAll(dir)
	base, err := directory.Open(dir, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	caller, err := base.Login(ctx, filestore.Credentials{
		Login: "j.smith@mail.example.com", Password: "secret1", Service: "FTP", Remote: netip.MustParseAddr("127.0.0.1"),
	})
	fmt.Println(caller.Account, err)
	for _, account := range []string{"john@mail.example.com", "mary@mail.example.com"} {
		role, err := base.Role(ctx, caller, account)
		fmt.Println(account, role, err)
	}
	role, err := base.Role(ctx, filestore.Caller{Account: "postmaster@mail.example.com"}, "john@mail.example.com")
	fmt.Println("postmaster", role, err)
	// Output:
	// john@mail.example.com <nil>
	// john@mail.example.com owner <nil>
	// mary@mail.example.com other <nil>
	// postmaster administrator <nil>
}

// inMemory keeps the files of every account in memory.
type inMemory struct {
	mu    sync.Mutex // guards files
	files map[string]filestore.Store
}

func (m *inMemory) Store(_ context.Context, account string) (filestore.Store, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.files[account] == nil {
		m.files[account] = memstore.New()
	}
	return m.files[account], nil
}

// The accounts are those of a base directory, and their files are elsewhere.
func ExampleOptions_stores() {
	dir := makeBase()
	defer os.RemoveAll(dir)
	base, err := directory.Open(dir, &directory.Options{Stores: &inMemory{files: map[string]filestore.Store{}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	views := filestore.NewViews(base, base.Stores(), nil)
	john := filestore.Caller{Account: "john@mail.example.com"}
	if err := views.View(john, john.Account).Mkdir(ctx, "pictures"); err != nil {
		fmt.Println(err)
		return
	}
	info, err := views.View(filestore.Caller{}, "J.Smith@mail.example.com").Stat(ctx, "pictures")
	fmt.Println(info.Path(), info.IsDir(), err)
	_, err = os.Stat(filepath.Join(dir, "Accounts", "john.macnt", "account.web"))
	fmt.Println(errors.Is(err, fs.ErrNotExist))
	// Output:
	// pictures true <nil>
	// true
}

func ExampleParseSize() {
	for _, text := range []string{"100M", "unlimited", "many"} {
		size, err := directory.ParseSize(cgpdata.String(text))
		fmt.Println(size, err)
	}
	// Output:
	// 104857600 <nil>
	// 9223372036854775807 <nil>
	// 0 read size: not a number with a known suffix
}

func ExampleParseServices() {
	modes, err := cgpdata.Parse([]byte("(26, Mail, WebSite)"), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	services, err := directory.ParseServices(modes)
	fmt.Println(services.Has("WebSite"), services.Has("FTP"), err)
	// Output: true false <nil>
}

func ExampleParseRoute() {
	route, err := directory.ParseRoute("<LoginPage@john.example.com> = john@example.com")
	fmt.Println(route.Host, route.Account, err)
	// Output: john.example.com john@example.com <nil>
}
