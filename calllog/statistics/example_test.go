package statistics_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/calllog"
	"github.com/cgpkit/cgpkit/calllog/statistics"
)

func ExampleCollector() {
	log := strings.NewReader("2\t05-Mar 14:03:22\tI\t\"John Smith\" <jsmith@client1.com>\ta84b4c76\t125\t7\t\n" +
		"2\t06-Mar 09:12:55\tO\t\"Bob\" <bob@domain4.dom>\t70710\t\t20\t486\n")
	year, month, _ := calllog.ParseFileName("calls-2009-Mar")
	var c statistics.Collector
	if err := c.AddAll(calllog.Read(log, &calllog.Options{Year: year, Month: month, Location: time.UTC}), nil); err != nil {
		fmt.Println(err)
		return
	}
	report := c.Report()
	if err := report.WriteCSV(os.Stdout); err != nil {
		fmt.Println(err)
		return
	}
	text, err := json.Marshal(report.Days)
	fmt.Println(string(text), err)
	// Output:
	// group,key,calls,failed,seconds,longest
	// total,,2,1,125,125
	// day,2009-03-05,1,0,125,125
	// day,2009-03-06,1,1,0,0
	// direction,incoming,1,0,125,125
	// direction,outgoing,1,1,0,0
	// peer,bob@domain4.dom,1,1,0,0
	// peer,jsmith@client1.com,1,0,125,125
	// error,,1,0,125,125
	// error,486,1,1,0,0
	// program,,2,1,125,125
	// bad lines,,0,0,0,0
	// other formats,,0,0,0,0
	// {"rows":[{"key":"2009-03-05","calls":1,"failed":0,"seconds":125,"longest":125},{"key":"2009-03-06","calls":1,"failed":1,"seconds":0,"longest":0}]} <nil>
}
