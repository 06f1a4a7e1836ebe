package recorder_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/calllog"
	"github.com/cgpkit/cgpkit/calllog/recorder"
	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/filestore"
)

func ExampleRecorder() {
	dir, err := os.MkdirTemp("", "base")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	for name, text := range map[string]string{
		"Settings/Main.settings":               "{DomainName=client1.com;}",
		"Accounts/john.macnt/account.settings": "{}",
		"Accounts/mary.macnt/account.settings": "{CallLogs=NO;}",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		_ = os.MkdirAll(filepath.Dir(path), 0o700)
		_ = os.WriteFile(path, []byte(text), 0o600)
	}
	base, err := directory.Open(dir, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer base.Close()

	calls := &recorder.Recorder{Views: filestore.NewViews(base, base.Stores(), nil), Settings: base, Location: time.UTC}
	for _, account := range []string{"john@client1.com", "mary@client1.com", "nobody@client1.com"} {
		err := calls.Record(context.Background(), account, calllog.Record{
			End:      time.Date(2009, time.March, 5, 14, 3, 22, 0, time.UTC),
			Peer:     calllog.Peer{Name: "Bob", Address: "bob@domain4.dom"},
			CallID:   "70710@10.0.1.5",
			Answered: true,
			CallTime: 125 * time.Second,
		})
		fmt.Println(account, err)
	}
	logs, err := filepath.Glob(dir + "/Accounts/*/account.web/private/logs/*")
	for _, name := range logs {
		text, err := os.ReadFile(name)
		fmt.Println(filepath.Base(name), err)
		fmt.Print(strings.ReplaceAll(string(text), "\t", "|"))
	}
	fmt.Println(err)
	// Output:
	// john@client1.com <nil>
	// mary@client1.com <nil>
	// nobody@client1.com find account: file does not exist
	// calls-2009-Mar <nil>
	// 2|05-Mar 14:03:22|I|"Bob" <bob@domain4.dom>|70710@10.0.1.5|125|0|
	// <nil>
}
