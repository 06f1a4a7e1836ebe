package grammar

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// byAutomaton reads a text by the steps of the automaton alone.
func byAutomaton(p *Parser) {
	i, form := p.Start()
	if i < 0 || form == Empty {
		return
	}
	due := true
	if form == Bare {
		if p.Push(0, i) == nil {
			return
		}
		i, due = p.Advance(i, InDictionary)
	}
	for i >= 0 {
		if c := p.At(i); !due {
			if !p.Leave() {
				return
			}
		} else if !p.Item(i) {
			return
		} else if c == '(' || c == '{' {
			if p.Push(c, i) == nil {
				return
			}
			i, due = p.Advance(i+1, In(c))
			continue
		} else if i = p.PassLeaf(i); i < 0 {
			return
		}
		if len(p.Open) == 0 {
			p.Finish(i)
			return
		}
		i, due = p.Advance(i, After(p.Open[len(p.Open)-1].Bracket))
	}
}

// The short ways agree with the automaton: Next and First, by which Walk goes, and Valid.
func FuzzShortWays(f *testing.F) {
	for _, pattern := range []string{"valid", "invalid"} {
		names, err := filepath.Glob(filepath.Join("../../testdata", pattern, "*", "*.cgp"))
		require.NoError(f, err)
		require.NotEmpty(f, names)
		for _, name := range names {
			text, err := os.ReadFile(name)
			require.NoError(f, err)
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		for _, o := range []Options{{}, {SingleLine: true}, {Allow: Lenient}, {MaxDepth: 2, MaxItems: 5}, {Allow: Lenient, MaxItems: 5}} {
			var want, got Parser
			var wantTold, told []*Error
			o.Warn = func(fault *Error) { wantTold = append(wantTold, fault) }
			want.Reset(src, &o)
			byAutomaton(&want)

			o.Warn = func(fault *Error) { told = append(told, fault) }
			got.Reset(src, &o)
			switch i, form := got.Start(); {
			case i < 0 || form == Empty:
			case form == Bare:
				if i = got.WalkBare(i); i >= 0 {
					got.Finish(i)
				}
			default:
				if i = got.Walk(i); i >= 0 {
					got.Finish(i)
				}
			}
			require.Equal(t, want.Err, got.Err)
			require.Equal(t, want.Items, got.Items)
			require.Equal(t, wantTold, told)

			got.Reset(src, &o)
			require.Equal(t, want.Err == nil && len(wantTold) == 0, got.Valid())
		}
	})
}
