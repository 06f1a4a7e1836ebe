// Package jsonform writes the values of package cgpdata as JSON and reads them back
// without loss, so that programs that know JSON only, such as jq, can work on settings.
//
//	value            text format               JSON
//	string           "Big Server"              "Big Server"
//	  not UTF-8      "M\252ller"               {"#bytes":"TfxsbGVy"}
//	number           #-5                       -5
//	null             #NULL#                    null
//	array            (a,b)                     ["a","b"]
//	dictionary       {b=1;a=2;}                {"b":"1","a":"2"}
//	  key with '#'   {"#a"=1;}                 {"##a":"1"}
//	  not UTF-8      {"M\252ller"=1;}          {"#bytes:TfxsbGVy":"1"}
//	datablock        [HcqHfHI=]                {"#data":"HcqHfHI="}
//	time stamp       #T22-10-2005_15:24:45     {"#time":"2005-10-22T15:24:45Z"}
//	                 #T22-10-2005              {"#time":"2005-10-22"}
//	                 #TPAST, #TFUTURE          {"#time":"past"}, {"#time":"future"}
//	IP address       #I[10.0.44.55]:25         {"#ip":"10.0.44.55:25"}
//	                 #I[2001:db8::1]           {"#ip":"2001:db8::1"}
//	                 #I[2001:db8::1]:25        {"#ip":"[2001:db8::1]:25"}
//	  invalid        #I[localhost]             {"#ip":"[localhost]"}
//	XML              <a/>                      {"#xml":"<a/>"}
//	object           #(account)                {"#object":"#(account)"}
//
// Keys keep their order, and integers of 64 bits all their digits; but jq before
// version 1.7 rounds integers beyond 2^53. Bytes are in the base64 alphabet
// with padding. Where an XML, an object or an invalid IP address is not UTF-8,
// {"#bytes":"..."} stands in place of its text.
//
// JSON has two values that the text format lacks: [Parse] reads true and false as the
// strings YES and NO, as settings have them. It refuses what it would have to change:
// numbers that are no integers of 64 bits, keys that are there twice, text that is not
// valid Unicode, and keys that begin with a single '#' and are none of those above.
package jsonform
