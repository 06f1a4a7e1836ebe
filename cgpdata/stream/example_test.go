package stream_test

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/stream"
)

// A big array is read one element at a time, so that only one is in memory.
func ExampleDecoder() {
	text := strings.NewReader(`(
  {Name=john; Size=#100; Photo=[HcqHfHI=];},
  {Name=mary; Size=#250; Photo=[];},
)`)
	d := stream.NewDecoder(text, &cgpdata.Options{
		Allow:    cgpdata.TrailingComma,
		MaxItems: math.MaxInt, // values in the whole array
	})
	if _, err := d.ReadToken(); err != nil { // BeginArray
		fmt.Println(err)
		return
	}
	for d.PeekKind() == stream.BeginDictionary {
		account, err := d.ReadValue()
		if err != nil {
			fmt.Println(err)
			return
		}
		name, _ := account.Get("Name")
		size, _ := account.Get("Size")
		fmt.Println(name, size)
	}
	_, err := d.ReadToken() // EndArray, or what is wrong
	fmt.Println(err)
	// Output:
	// john #100
	// mary #250
	// <nil>
}

// Of all tokens only some are wanted, and for the others nothing is made.
func ExampleDecoder_Next() {
	d := stream.NewDecoder(strings.NewReader(`({Name=john; Size=#100;},{Name=mary; Size=#250;})`), nil)
	for {
		kind, err := d.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		if kind == stream.KeyToken && string(d.Text()) == "Size" {
			size, err := d.ReadToken()
			fmt.Println(d.Path(), size.Value, err)
		}
	}
	// Output:
	// [0].Size #100 <nil>
	// [1].Size #250 <nil>
}

// Of a big dictionary only one key is wanted.
func ExampleDecoder_SkipValue() {
	d := stream.NewDecoder(strings.NewReader(`{Log=(a,b,c); Limits={Mail=#5; Web=#7;}; Rest={};}`), nil)
	for {
		token, err := d.ReadToken()
		if err != nil {
			fmt.Println(err)
			return
		}
		switch {
		case token.Kind == stream.KeyToken && d.Path() == "Limits.Web":
			limit, err := d.ReadValue()
			fmt.Println(limit, err)
			return
		case token.Kind == stream.KeyToken && token.Key != "Limits":
			if err := d.SkipValue(); err != nil {
				fmt.Println(err)
				return
			}
		}
	}
	// Output: #7 <nil>
}

// Values that come line by line, as in the command line interface.
func ExampleDecoder_lines() {
	lines := strings.NewReader("{Limit=10M;}\r\n(john,mary)\r\n\"Big Server\"\r\n")
	for d := stream.NewDecoder(lines, &cgpdata.Options{SingleLine: true}); ; {
		v, err := d.ReadValue()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(v.Kind(), v)
	}
	// Output:
	// Dictionary {Limit=10M;}
	// Array (john,mary)
	// String "Big Server"
}

func ExampleEncoder() {
	e := stream.NewEncoder(os.Stdout, &cgpdata.Format{Layout: cgpdata.Settings})
	write := func(t stream.Token) {
		if err := e.WriteToken(t); err != nil {
			fmt.Println(err)
		}
	}
	write(stream.Token{Kind: stream.BeginDictionary})
	for i, name := range []string{"Mail", "Web", "Mail"} {
		key := stream.Token{Kind: stream.KeyToken, Key: name}
		if err := e.WriteToken(key); err != nil {
			defer fmt.Println(err)
			continue
		}
		write(stream.Token{Kind: stream.ValueToken, Value: cgpdata.Number(int64(i))})
	}
	write(stream.Token{Kind: stream.EndDictionary})
	if err := e.Close(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// {
	//  Mail = #0;
	//  Web = #1;
	// }
	// cgpdata: encode: duplicate key at Mail
}
