package clisite

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Options mean the same in every order, and none may come twice or be one of another
// command.
func TestOptionsInAnyOrder(t *testing.T) {
	t.Parallel()
	values := map[option][]string{
		optPath: {`PATH "a b"`}, optFile: {`FILE "a b"`}, optInto: {`INTO c`}, optAuth: {`AUTH x@y.z`}, optSize: {`SIZE 7`}, optKey: {`KEY k`},
		optData: {`DATA [QUJD]`}, optList: {`(<b c="d"/>,"<e/>")`}, optPassword: {`PASSWORD "p w"`}, optDelete: {`DELETE`}, optOffset: {`OFFSET 3`},
	}
	places := []string{"OFFSET END", "BEG", "NEW"}
	for _, row := range documentedRows(t) {
		name := row[1]
		c, _ := commandNamed(name)
		subject := map[subject]string{anAccount: "*", aDomain: "client1.com", theDomain: "client1.com", aSkin: "skin", aName: "name", perhapsName: "name"}[c.subject]
		var given [][]string
		for o := optPath; o <= optDelete; o <<= 1 {
			texts, ok := values[o]
			if o == optOffset && c.allowed&optPlace != 0 {
				texts = append(slices.Clone(texts), places...)
			}
			if all := c.required | c.allowed; ok && all&o != 0 {
				given = append(given, texts)
			} else if ok {
				_, err := parse(c, subject, texts)
				require.ErrorIs(t, err, errSyntax, "%s %s", name, texts[0])
			}
		}
		for _, options := range choices(given) {
			want, err := parse(c, subject, options)
			require.NoError(t, err, "%s %v", name, options)
			for order := range permutations(len(options)) {
				mixed := make([]string, len(options))
				for i, at := range order {
					mixed[at] = options[i]
				}
				got, err := parse(c, subject, mixed)
				require.NoError(t, err, "%s %v", name, mixed)
				require.Equal(t, want, got, "%s %v", name, mixed)
			}
			for _, again := range options {
				_, err := parse(c, subject, append(slices.Clone(options), again))
				require.ErrorIs(t, err, errSyntax, "%s %v %s", name, options, again)
			}
		}
	}
}

func parse(c command, subject string, options []string) (arguments, error) {
	words, err := splitWords([]byte(strings.TrimSpace(subject + " " + strings.Join(options, " "))))
	if err != nil {
		return arguments{}, err
	}
	return parseArguments(words, c)
}

// choices returns all ways to take one of each.
func choices(from [][]string) [][]string {
	all := [][]string{nil}
	for _, texts := range from {
		var longer [][]string
		for _, begun := range all {
			for _, text := range texts {
				longer = append(longer, append(slices.Clone(begun), text))
			}
		}
		all = longer
	}
	return all
}

// permutations yields all orders of n things.
func permutations(n int) func(yield func([]int) bool) {
	return func(yield func([]int) bool) {
		order := make([]int, n)
		for i := range order {
			order[i] = i
		}
		var from func(i int) bool
		from = func(i int) bool {
			if i == n {
				return yield(order)
			}
			for j := i; j < n; j++ {
				order[i], order[j] = order[j], order[i]
				ok := from(i + 1)
				order[i], order[j] = order[j], order[i]
				if !ok {
					return false
				}
			}
			return true
		}
		from(0)
	}
}
