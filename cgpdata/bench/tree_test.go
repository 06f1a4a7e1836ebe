package bench

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"howett.net/plist"

	"github.com/cgpkit/cgpkit/cgpdata"
)

// account is the settings of one account; its fields stand in the order of their
// names, as the server writes them.
type account struct {
	AccessModes    []string
	Created        time.Time
	ExternalINET   string
	MaxAccountSize string
	Password       string
	RealName       string
	Rules          []rule
	UsedSpace      int64
}

type rule struct {
	Conditions [][]string
	Name       string
	Priority   int64
}

// accounts returns the tree that all benchmarks read and write.
func accounts() map[string]account {
	tree := make(map[string]account)
	for i := range 1000 {
		tree[fmt.Sprintf("account%04d", i)] = account{
			AccessModes:    []string{"Mail", "POP", "IMAP", "WebMail", "WebSite"},
			Created:        time.Date(2005, time.October, 22, 15, 24, 45, 0, time.UTC),
			ExternalINET:   "YES",
			MaxAccountSize: "100M",
			Password:       fmt.Sprintf("\x02x%dGh/+", i),
			RealName:       fmt.Sprintf("Account Number %d", i),
			Rules: []rule{{
				Conditions: [][]string{{"Sender", "is", "*@example.com"}, {"Message Size", "greater than", "100K"}},
				Name:       "Rule One",
				Priority:   5,
			}},
			UsedSpace: int64(i) * 1000,
		}
	}
	return tree
}

// texts are the tree as each codec reads it.
type texts struct{ cgp, json, openStep []byte }

func newTexts(tb testing.TB) texts {
	tb.Helper()
	tree := accounts()
	asJSON, err := json.Marshal(tree)
	require.NoError(tb, err)
	openStep, err := plist.Marshal(tree, plist.OpenStepFormat)
	require.NoError(tb, err)
	cgp, err := cgpdata.Append(nil, treeValue(tree), &cgpdata.Format{SortKeys: true})
	require.NoError(tb, err)
	return texts{cgp, asJSON, openStep}
}

func treeValue(tree map[string]account) cgpdata.Value {
	var pairs []cgpdata.Pair
	for name, a := range tree {
		pairs = append(pairs, cgpdata.Pair{Key: name, Value: a.value()})
	}
	return cgpdata.Dictionary(pairs...)
}

func (a account) value() cgpdata.Value {
	var rules []cgpdata.Value
	for _, r := range a.Rules {
		var conditions []cgpdata.Value
		for _, c := range r.Conditions {
			conditions = append(conditions, stringArray(c))
		}
		rules = append(rules, cgpdata.Dictionary(
			cgpdata.Pair{Key: "Conditions", Value: cgpdata.Array(conditions...)},
			cgpdata.Pair{Key: "Name", Value: cgpdata.String(r.Name)},
			cgpdata.Pair{Key: "Priority", Value: cgpdata.Number(r.Priority)},
		))
	}
	return cgpdata.Dictionary(
		cgpdata.Pair{Key: "AccessModes", Value: stringArray(a.AccessModes)},
		cgpdata.Pair{Key: "Created", Value: cgpdata.Time(a.Created)},
		cgpdata.Pair{Key: "ExternalINET", Value: cgpdata.String(a.ExternalINET)},
		cgpdata.Pair{Key: "MaxAccountSize", Value: cgpdata.String(a.MaxAccountSize)},
		cgpdata.Pair{Key: "Password", Value: cgpdata.String(a.Password)},
		cgpdata.Pair{Key: "RealName", Value: cgpdata.String(a.RealName)},
		cgpdata.Pair{Key: "Rules", Value: cgpdata.Array(rules...)},
		cgpdata.Pair{Key: "UsedSpace", Value: cgpdata.Number(a.UsedSpace)},
	)
}

func stringArray(list []string) cgpdata.Value {
	var elems []cgpdata.Value
	for _, s := range list {
		elems = append(elems, cgpdata.String(s))
	}
	return cgpdata.Array(elems...)
}

// The three texts say the same.
func TestTexts(t *testing.T) {
	t.Parallel()
	text := newTexts(t)
	v, err := cgpdata.Parse(text.cgp, nil)
	require.NoError(t, err)
	require.Equal(t, 1000, v.Len())

	var fromJSON, fromOpenStep map[string]account
	require.NoError(t, json.Unmarshal(text.json, &fromJSON))
	require.Equal(t, accounts(), fromJSON)
	_, err = plist.Unmarshal(text.openStep, &fromOpenStep)
	require.NoError(t, err)
	require.True(t, treeValue(fromOpenStep).Equal(v))
	t.Logf("bytes: %d cgpdata, %d JSON, %d OpenStep", len(text.cgp), len(text.json), len(text.openStep))
}
