package cgpdata_test

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/cgpkit/cgpkit/cgpdata"
)

func ExampleParse() {
	v, err := cgpdata.Parse([]byte(`
{
 LogLevel = 3; // a string: numbers have a #
 Listener = {MaxInputChannels=50;Ports=({PortNumber=8100;},{InitialSecurity=on;PortNumber=9100;});};
}`), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	listener, _ := v.Get("Listener")
	ports, _ := listener.Get("Ports")
	for port := range ports.Elements() {
		number, _ := port.Get("PortNumber")
		fmt.Println(number.Text())
	}
	// Output:
	// 8100
	// 9100
}

func ExampleParse_lenient() {
	text := []byte(`{Aliases=(sales,info,); Limit=;}`)
	v, err := cgpdata.Parse(text, &cgpdata.Options{
		Allow: cgpdata.Lenient,
		Warn:  func(fault *cgpdata.SyntaxError) { fmt.Println("repaired:", fault) },
	})
	fmt.Println(v, err)
	// Output:
	// repaired: cgpdata: line 1, column 21: trailing comma at Aliases[2]
	// repaired: cgpdata: line 1, column 31: missing value at Limit
	// {Aliases=(sales,info);Limit=#NULL#;} <nil>
}

func ExampleSyntaxError() {
	err := cgpdata.Valid([]byte("{\n Listener = {Ports=({PortNumber=8100},);};\n}"), nil)
	fmt.Println(err)
	if at, ok := errors.AsType[*cgpdata.SyntaxError](err); ok {
		fmt.Println(at.Offset, at.Line, at.Column, at.Path)
	}
	// Output:
	// cgpdata: line 2, column 37: want ';', not "}" at Listener.Ports[0].PortNumber
	// 38 2 37 Listener.Ports[0].PortNumber
}

func ExampleAppend() {
	v := cgpdata.Dictionary(
		cgpdata.Pair{Key: "RealName", Value: cgpdata.String("Fred \"Big\" Fish")},
		cgpdata.Pair{Key: "Created", Value: cgpdata.Time(time.Date(2005, 10, 22, 15, 24, 45, 0, time.UTC))},
		cgpdata.Pair{Key: "Hosts", Value: cgpdata.Array(
			cgpdata.IP(netip.MustParseAddr("10.0.44.55")),
			cgpdata.String("mail.example.com"),
		)},
	)
	for _, layout := range []cgpdata.Layout{cgpdata.SingleLine, cgpdata.Settings, cgpdata.Indented} {
		text, err := cgpdata.Append(nil, v, &cgpdata.Format{Layout: layout})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%v:\n%s\n", layout, text)
	}
	// Output:
	// SingleLine:
	// {RealName="Fred \"Big\" Fish";Created=#T22-10-2005_15:24:45;Hosts=(#I[10.0.44.55],mail.example.com);}
	// Settings:
	// {
	//  RealName = "Fred \"Big\" Fish";
	//  Created = #T22-10-2005_15:24:45;
	//  Hosts = (#I[10.0.44.55],mail.example.com);
	// }
	//
	// Indented:
	// {
	//   RealName =  "Fred \"Big\" Fish";
	//   Created =  #T22-10-2005_15:24:45;
	//   Hosts =  (#I[10.0.44.55], mail.example.com);
	// }
}

func ExampleValue_Clone() {
	v, err := cgpdata.Parse([]byte(`{Big=(text,of,many,megabytes);Small=(a,b);}`), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	small, _ := v.Get("Small")
	small = small.Clone() // v and its text can be freed now
	fmt.Println(small)
	// Output: (a,b)
}
