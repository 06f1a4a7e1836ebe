package filestore_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
)

func TestQualifyAccount(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, want string }{
		{"john", "john@main.dom"},
		{"john@client1.com", "john@client1.com"},
		{"john%client1.com", "john@client1.com"},
		{"John%Client1.COM", "John@Client1.COM"},
		{"j%x%client1.com", "j%x@client1.com"}, // no account
		{"j%x@client1.com", "j%x@client1.com"},
		{"j@x%client1.com", "j@x%client1.com"},
		{"john@", "john@"},
		{"john%", "john@"},
		{"@client1.com", "@client1.com"},
		{"%client1.com", "@client1.com"},
		{"", "@main.dom"},
	} {
		require.Equal(t, test.want, filestore.QualifyAccount(test.name, "main.dom"), test.name)
	}
}
