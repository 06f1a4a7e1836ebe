package lending_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/dirstore/lending"
)

// layout has the storage of every account in a directory with its address.
type layout struct{ dir string }

func (l layout) Storage(_ context.Context, account string) (lending.Place, error) {
	return lending.Place{Dir: filepath.Join(l.dir, account+".web"), Create: true, Claim: l.dir}, nil
}

func (l layout) Mount(context.Context, string, string) (lending.Place, error) {
	return lending.Place{}, fs.ErrNotExist
}

// Files are stored in the directories of two accounts.
func Example() {
	dir, err := os.MkdirTemp("", "cgpkit-example-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	stores := lending.New(layout{dir}, nil)
	defer stores.Close()

	ctx := context.Background()
	for _, account := range []string{"john@client1.com", "mary@client1.com"} {
		store, err := stores.Store(ctx, account)
		if err != nil {
			fmt.Println(err)
			return
		}
		upload, err := store.Create(ctx, "hello.txt", filestore.CreateOptions{}, filestore.Limits{Files: 10, Bytes: 1000, FileSize: 100})
		if err != nil {
			fmt.Println(err)
			return
		}
		defer upload.Abort()
		fmt.Fprint(upload, "hello, ", account)
		if _, err := upload.Commit(); err != nil {
			fmt.Println(err)
			return
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "mary@client1.com.web", "hello.txt"))
	fmt.Printf("%s %v\n", text, err)
	// Output: hello, mary@client1.com <nil>
}
