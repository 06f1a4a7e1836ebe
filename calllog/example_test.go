package calllog_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/calllog"
)

func ExampleRead() {
	log := strings.NewReader("2\t05-Mar 14:03:22\tI\t\"John Smith\" <jsmith@client1.com>\ta84b4c76\t125\t7\t\n" +
		"this line is damaged\n" +
		"2\t06-Mar 09:12:55\tO\t\"Bob\" <bob@domain4.dom>\t70710\t\t20\t486\n")
	year, month, _ := calllog.ParseFileName("calls-2009-Mar")
	for record, err := range calllog.Read(log, &calllog.Options{Year: year, Month: month, Location: time.UTC}) {
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(record.End.Format(time.DateTime), record.Peer.Address, record.CallTime)
	}
	// Output:
	// 2009-03-05 14:03:22 jsmith@client1.com 2m5s
	// calllog: line 2: record does not start with a version number
	// 2009-03-06 09:12:55 bob@domain4.dom 0s
}

func ExampleAppendRecord() {
	end := time.Date(2009, time.March, 5, 15, 0, 41, 0, time.UTC)
	line := calllog.AppendRecord(nil, calllog.Record{
		End:      end,
		Peer:     calllog.Peer{Name: "Guest", Address: "guest@domain3.dom"},
		CallID:   "3848276298",
		Answered: true,
		CallTime: 62 * time.Second,
		Program:  "voicemail",
	})
	fmt.Println(calllog.Directory + "/" + calllog.FileName(end))
	os.Stdout.WriteString(strings.ReplaceAll(string(line), "\t", "|"))
	// Output:
	// private/logs/calls-2009-Mar
	// 2|05-Mar 15:00:41|I|"Guest" <guest@domain3.dom>|3848276298|62|0||voicemail
}

func ExampleAppender() {
	dir, err := os.MkdirTemp("", "logs")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	log := calllog.Appender{Dir: dir, Location: time.UTC}
	_, err = log.Append(context.Background(), calllog.Record{
		End:       time.Date(2009, time.March, 6, 9, 12, 55, 0, time.UTC),
		Outgoing:  true,
		Peer:      calllog.Peer{Name: "Bob", Address: "bob@domain4.dom"},
		CallID:    "70710",
		AlertTime: 20 * time.Second,
		ErrorCode: "486",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	text, err := os.ReadFile(dir + "/calls-2009-Mar")
	fmt.Println(strings.ReplaceAll(string(text), "\t", "|"), err)
	// Output:
	// 2|06-Mar 09:12:55|O|"Bob" <bob@domain4.dom>|70710||20|486
	//  <nil>
}
