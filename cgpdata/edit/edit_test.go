package edit_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/edit"
)

// An operation is one edit: set PATH VALUE, append PATH VALUE, rename PATH KEY, delete
// PATH.
func operate(t *testing.T, d *edit.Document, operation string) error {
	t.Helper()
	words := strings.SplitN(operation, " ", 3)
	path, err := cgpdata.ParsePath(words[1])
	require.NoError(t, err)
	switch words[0] {
	case "delete":
		return d.Delete(path)
	case "rename":
		return d.Rename(path, words[2])
	}
	v, err := cgpdata.Parse([]byte(words[2]), lenient)
	require.NoError(t, err)
	if words[0] == "append" {
		return d.Append(path, v)
	}
	return d.Set(path, v)
}

// edits are read leniently; want is the text after the edit.
var edits = []struct{ name, in, operation, want string }{
	// the value alone changes
	{"set keeps all else", "{\n a  =1; // one\n}\n", "set a 2", "{\n a  =2; // one\n}\n"},
	{"set an equal value", `{a=#0x1F; b="\065";c = {x=1; y=2;};}`, "set a #31", `{a=#0x1F; b="\065";c = {x=1; y=2;};}`},
	{"set another order", `{c = {x=1; y=2;};}`, "set c {y=2;x=1;}", `{c = {x=1; y=2;};}`},
	{"set inside", `{L={P=( {N=1;} , {N=2;} );};}`, "set L.P[1].N 3", `{L={P=( {N=1;} , {N=3;} );};}`},
	{"set an element", `(a,b,c)`, "set [1] x", `(a,x,c)`},
	{"set adjacent strings", `{a="x" /* y */ "z" /* w */;}`, "set a b", `{a=b /* w */;}`},
	{"set adjacent datablocks", `{a=[HQ==] [yg] ;}`, "set a []", `{a=[] ;}`},
	{"set XML", `{a=<b><c/></b><d/>;}`, "set a #5", `{a=#5;}`},
	{"set the whole", "// c\n{\n a = 1;\n}\n// d\n", "set  {b=(2);}", "// c\n{\n b = (2);\n}\n// d\n"},
	{"set the whole, one line", "{a=1;}\n", "set  {b=(2);}", "{b=(2);}\n"},
	{"set the whole, no dictionary", "{\n a = 1;\n}\n", "set  x", "x\n"},
	{"set the whole, no braces", "\n a=b;c=d; // e\n", "set  x", "\n x // e\n"},
	{"set a missing value", `{a= ;}`, "set a x", `{a= x;}`},
	{"set a repeated key", `{a=1;b=2;a=3;}`, "set a 4", `{a=1;b=2;a=4;}`},
	{"set behind a byte order mark", "\xEF\xBB\xBF{a=b;}", "set a c", "\xEF\xBB\xBF{a=c;}"},

	// new pairs
	{"add to one line", `{a=1;}`, "set b 2", `{a=1;b=2;}`},
	{"add to one line with blanks", `{ a = 1; }`, "set b 2", `{ a = 1; b = 2; }`},
	{"add in order", "{\n a = 1;\n c = 3;\n}\n", "set b 2", "{\n a = 1;\n b = 2;\n c = 3;\n}\n"},
	{"add in order at first", "{\n b = 1;\n c = 3;\n}\n", "set a 2", "{\n a = 2;\n b = 1;\n c = 3;\n}\n"},
	{"add in order at first on one line", `{b=1; c=3;}`, "set a 2", `{a=2; b=1; c=3;}`},
	{"add without order", "{\n b = 1;\n a = 3;\n}\n", "set aa 2", "{\n b = 1;\n a = 3;\n aa = 2;\n}\n"},
	{"add behind a comment", "{\n a = 1; // one\n // more\n}\n", "set b 2", "{\n a = 1; // one\n b = 2;\n // more\n}\n"},
	{"add before comments of the next", "{\n a = 1;\n /* c */ c = 2;\n}\n", "set b 2", "{\n a = 1;\n b = 2;\n /* c */ c = 2;\n}\n"},
	{"add before a comment of the first", "{/* b */ b=1; c=3;}", "set a 2", "{/* b */ b=1; c=3; a=2;}"},
	{"add behind a comment on one line", "{a=1; // one\n}", "set b 2", "{a=1; // one\nb=2;\n}"},
	{"add with CR LF", "{\r\n\ta=1;\r\n}\r\n", "set b {c=d;}", "{\r\n\ta=1;\r\n\tb={c=d;};\r\n}\r\n"},
	{"add with CR", "{\r a=1;\r}\r", "set b 2", "{\r a=1;\r b=2;\r}\r"},
	{"add to an empty dictionary", `{a={};}`, "set a.b 2", `{a={b=2;};}`},
	{"add to an empty text", "{}\n", "set a 2", "{\n a = 2;\n}\n"},
	{"add to empty lines", "{\n}\n", "set a 2", "{\n a = 2;\n}\n"},
	{"add to a comment", "{\n // none\n}\n", "set a 2", "{\n // none\n a = 2;\n}\n"},
	{"add to a comment on one line", "{a={ /* none */ };}", "set a.b 2", "{a={ /* none */ b=2; };}"},
	{"add to no text", "", "set a 2", "{\n a = 2;\n}\n"},
	{"add to a comment without a text", "// none", "set a 2", "// none\n{\n a = 2;\n}\n"},
	{"add to pairs without braces", "a=1;\n", "set b 2", "a=1;\nb=2;\n"},
	{"add to pairs without braces at first", "\xEF\xBB\xBFb=1;c=2;", "set a 2", "\xEF\xBB\xBFa=2;b=1;c=2;"},
	{"add to pairs without braces behind a comment", "a=1; // b", "set b 2", "a=1; // b\nb=2;"},
	{"add a key that is no atom", `{a=1;}`, `set "$b" 2`, `{a=1;"$b"=2;}`},
	{"add on many lines", "{\n  a =  {\n    b =  1;\n  };\n}\n", "set c {d=(1,2);e={f=g;};}", "{\n  a =  {\n    b =  1;\n  };\n  c =  {\n    d =  (1, 2);\n    e =  {\n      f =  g;\n    };\n  };\n}\n"},
	{"add on many lines inside", "{\n  a =  {\n    b =  1;\n  };\n}\n", "set a.c {f=g;}", "{\n  a =  {\n    b =  1;\n    c =  {\n      f =  g;\n    };\n  };\n}\n"},
	{"add to an empty one among many lines", "{\n  a =  {};\n  b =  {\n    c =  1;\n  };\n}\n", "set a.d 2", "{\n  a =  {\n    d =  2;\n  };\n  b =  {\n    c =  1;\n  };\n}\n"},
	{"set one line among many lines", "{\n  a =  {b=1;};\n  c =  {\n    d =  1;\n  };\n}\n", "set a {b=2;}", "{\n  a =  {b=2;};\n  c =  {\n    d =  1;\n  };\n}\n"},
	{"set an array among many lines", "{\n  a =  (1, 2);\n  c =  {\n    d =  1;\n  };\n}\n", "set a (3,4)", "{\n  a =  (3, 4);\n  c =  {\n    d =  1;\n  };\n}\n"},
	{"set the whole with its layout", "{\r\n\ta=1;\r\n}\r\n", "set  {b={c=2;};}", "{\r\n\tb={c=2;};\r\n}\r\n"},
	{"set an element on many lines", "{\n  a =  (\n    {\n      b =  1;\n    },\n    {}\n  );\n}\n", "set a[1] {c=2;}", "{\n  a =  (\n    {\n      b =  1;\n    },\n    {\n      c =  2;\n    }\n  );\n}\n"},
	{"TAB and CR LF on many lines", "{\r\n\ta={\r\n\t\tb=1;\r\n\t};\r\n}\r\n", "set a {c=2;d=3;}", "{\r\n\ta={\r\n\t\tc=2;\r\n\t\td=3;\r\n\t};\r\n}\r\n"},

	// arrays
	{"append to none", `{a=();}`, "append a x", `{a=(x);}`},
	{"append to one", `{a=(x);}`, "append a y", `{a=(x,y);}`},
	{"append with blanks", `{a=(x, y);}`, "append a z", `{a=(x, y, z);}`},
	{"append inside brackets with blanks", `( x )`, "append  y", `( x, y )`},
	{"append behind comments", "(\n x, // one\n y // two\n)", "append  z", "(\n x, // one\n y, // two\n z\n)"},
	{"append behind a comma", `(x,y,)`, "append  z", `(x,y,z,)`},
	{"append behind a line comment", "(x // one\n)", "append  z", "(x, // one\nz\n)"},
	{"append a string to a string", `("a b")`, `append  "c d"`, `("a b","c d")`},
	{"append on many lines", "{\n  a =  (\n    {\n      b =  1;\n    }\n  );\n}", "append a {b=2;}", "{\n  a =  (\n    {\n      b =  1;\n    },\n    {\n      b =  2;\n    }\n  );\n}"},
	{"append to a comment", "( // none\n)", "append  a", "( // none\n a\n)"},

	// delete
	{"delete a line", "{\n a = 1;\n b = 2; // two\n c = 3;\n}\n", "delete b", "{\n a = 1;\n c = 3;\n}\n"},
	{"delete the first line", "{\n a = 1; /* one */ // one \n b = 2;\n}\n", "delete a", "{\n b = 2;\n}\n"},
	{"delete the last line", "{\r\n a = 1;\r\n b = 2;\r\n}\r\n", "delete b", "{\r\n a = 1;\r\n}\r\n"},
	{"delete the only line", "{\n a = 1;\n}\n", "delete a", "{\n}\n"},
	{"delete keeps comments above", "{\n // first\n a = 1;\n // second\n b = 2;\n}\n", "delete b", "{\n // first\n a = 1;\n // second\n}\n"},
	{"delete many lines", "{\n a = {\n  b=1; // c\n };\n d = 2;\n}\n", "delete a", "{\n d = 2;\n}\n"},
	{"delete on one line", `{a=1; b=2; c=3;}`, "delete b", `{a=1; c=3;}`},
	{"delete the first on one line", `{a=1; b=2; c=3;}`, "delete a", `{b=2; c=3;}`},
	{"delete the last on one line", `{a=1; b=2; c=3;}`, "delete c", `{a=1; b=2;}`},
	{"delete the only one on one line", `{a=1;}`, "delete a", `{}`},
	{"delete between comments", `{a=1; /* b */ b=2; /* c */ c=3;}`, "delete b", `{a=1; /* b */ /* c */ c=3;}`},
	{"delete behind a line comment", "{ // c\n a=1; }", "delete a", "{ // c\n  }"},
	{"delete a repeated key", `{a=1; b=2; a=3; a=4;}`, "delete a", `{b=2; }`},
	{"delete an element", `(a, b, c)`, "delete [1]", `(a, c)`},
	{"delete the first element", `(a, b, c)`, "delete [0]", `(b, c)`},
	{"delete the last element", `(a, b, c)`, "delete [2]", `(a, b)`},
	{"delete the only element", `( a )`, "delete [0]", `( )`},
	{"delete the last element before a comma", `(a, b,)`, "delete [1]", `(a,)`},
	{"delete the only element before a comma", `(a,)`, "delete [0]", `()`},
	{"delete an element on its line", "(\n a, // one\n b, // two\n c // three\n)", "delete [1]", "(\n a, // one\n c // three\n)"},
	{"delete the last element on its line", "(\n a, // one\n b, // two\n c // three\n)", "delete [2]", "(\n a, // one\n b // two\n)"},
	{"delete without braces", "a=1;\nb=2;\n", "delete a", "b=2;\n"},
	{"delete the last one without braces", "a=1;\nb=2;", "delete b", "a=1;"},
	{"delete the only one without braces", "// c\na=1;\n", "delete a", "// c\n{}\n"},

	// rename
	{"rename", "{\n \"a\" /*x*/ = 1;\n b = 2;\n}\n", "rename a z", "{\n z /*x*/ = 1;\n b = 2;\n}\n"},
	{"rename to no atom", `{a=1;}`, `rename a $b`, `{"$b"=1;}`},
	{"rename a repeated key", `{a=1;b=2;"a" "" =3;}`, "rename a c", `{c=1;b=2;c =3;}`},
	{"rename inside", `({a={b=1;};})`, "rename [0].a.b c", `({a={c=1;};})`},
	{"rename to the same", `{"a"=1;}`, "rename a a", `{"a"=1;}`},
}

func TestEdit(t *testing.T) {
	t.Parallel()
	for _, row := range edits {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			d, err := edit.ParseDocument([]byte(row.in), lenient)
			require.NoError(t, err)
			require.NoError(t, operate(t, d, row.operation))
			require.Equal(t, row.want, string(d.Bytes()))
			v, err := cgpdata.Parse(d.Bytes(), lenient)
			require.NoError(t, err)
			require.True(t, v.Equal(d.Value()))
		})
	}
}

func TestEditRefused(t *testing.T) {
	t.Parallel()
	text := `{a={b=(1,2);c=#5;}; d=x;}`
	for _, row := range []struct {
		name, operation, want string
		is                    error
	}{
		{name: "set without a dictionary", operation: "set x.y 1", want: "set: no such key or index at x", is: edit.ErrNotFound},
		{name: "set far away", operation: "set a.x.y.z 1", want: "set: no such key or index at a.x", is: edit.ErrNotFound},
		{name: "set behind the last element", operation: "set a.b[2] 1", want: "set: no such key or index at a.b[2]", is: edit.ErrNotFound},
		{name: "set a key of a string", operation: "set d.x 1", want: "set: String in place of Dictionary at d"},
		{name: "set a key of an array", operation: "set a.b.x 1", want: "set: Array in place of Dictionary at a.b"},
		{name: "set an index of a dictionary", operation: "set [0] 1", want: "set: Dictionary in place of Array"},
		{name: "set a fraction", operation: "set a.c {x=(#1.5);}", want: "set: fraction in number at a.c.x[0]"},
		{name: "set a date that is none", operation: "set a.c #I[x]", want: "set: invalid IP address at a.c"},
		{name: "set too deep", operation: "set a.b[0] (())", want: "set: nested deeper than MaxDepth at a.b[0][0]", is: cgpdata.ErrDepth},
		{name: "set too many", operation: "set a.c (1,2,3,4)", want: "set: more values than MaxItems", is: cgpdata.ErrItems},
		{name: "set too long", operation: "set a.c " + strings.Repeat("x", 100), want: "set: text longer than MaxBytes", is: cgpdata.ErrSize},
		{name: "add without a key", operation: `set "" 1`, want: `set: empty key at ""`},
		{name: "append to a number", operation: "append a.c 1", want: "append: Number in place of Array at a.c"},
		{name: "append to nothing", operation: "append a.x 1", want: "append: no such key or index at a.x", is: edit.ErrNotFound},
		{name: "delete nothing", operation: "delete a.x", want: "delete: no such key or index at a.x", is: edit.ErrNotFound},
		{name: "delete no element", operation: "delete a.b[2]", want: "delete: no such key or index at a.b[2]", is: edit.ErrNotFound},
		{name: "delete a key of an array", operation: "delete a.b.x", want: "delete: Array in place of Dictionary at a.b"},
		{name: "append too deep", operation: "append a.b (())", want: "append: nested deeper than MaxDepth at a.b[2][0]", is: cgpdata.ErrDepth},
		{name: "rename a key of a string", operation: "rename d.x y", want: "rename: String in place of Dictionary at d"},
		{name: "a long path is cut", operation: "delete " + strings.Repeat("x", 1000) + ".y", want: "delete: no such key or index at " + strings.Repeat("x", 200), is: edit.ErrNotFound},
		{name: "a path of many steps is cut", operation: "delete a.b[0]" + strings.Repeat(".x", 1000), want: "delete: String in place of Dictionary at a.b[0]"},
		{name: "delete the whole", operation: "delete ", want: "delete: not for the whole value"},
		{name: "rename nothing", operation: "rename x y", want: "rename: no such key or index at x", is: edit.ErrNotFound},
		{name: "rename an element", operation: "rename a.b[0] y", want: "rename: not for an element of an array at a.b[0]"},
		{name: "rename the whole", operation: "rename  y", want: "rename: not for the whole value"},
		{name: "rename to another", operation: "rename a d", want: "rename: key exists already at d", is: edit.ErrExists},
		{name: "rename to the empty key", operation: "rename a ", want: `rename: empty key at a`},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			d, err := edit.ParseDocument([]byte(text), &cgpdata.Options{MaxDepth: 4, MaxItems: 9, MaxBytes: 100})
			require.NoError(t, err)
			err = operate(t, d, row.operation)
			require.EqualError(t, err, "cgpdata: "+row.want)
			if row.is != nil {
				require.ErrorIs(t, err, row.is)
			}
			require.Equal(t, text, string(d.Bytes()))
		})
	}
}

func TestEditSingleLine(t *testing.T) {
	t.Parallel()
	o := &cgpdata.Options{SingleLine: true, Allow: cgpdata.Lenient}
	for _, row := range []struct{ name, in, operation, want string }{
		{"add", `{a=1;}`, "set b {c=(d);}", `{a=1;b={c=(d);};}`},
		{"add to an empty text", ` `, "set b 1", ` {b=1;}`},
		{"add to an empty dictionary", `{ }`, "set b 1", `{b=1;}`},
		{"add without braces", `a=1; `, "set b 1", `a=1; b=1;`},
		{"add without braces at first", ` b=1;c=2;`, "set a 1", ` a=1;b=1;c=2;`},
		{"delete", `{ a=1; b=2; }`, "delete a", `{ b=2; }`},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			d, err := edit.ParseDocument([]byte(row.in), o)
			require.NoError(t, err)
			require.NoError(t, operate(t, d, row.operation))
			require.Equal(t, row.want, string(d.Bytes()))
		})
	}
	d, err := edit.ParseDocument([]byte(`{}`), o)
	require.NoError(t, err)
	xml, err := cgpdata.XML("<a>\n</a>")
	require.NoError(t, err)
	require.EqualError(t, d.Set(cgpdata.Path{cgpdata.Key("x")}, xml), "cgpdata: set: line end in single-line text at x")
}
