package filestore

import "strings"

// Names with a meaning of their own (CommuniGate Pro Guide, File Storage,
// "Special Files and Folders", "Virtual Files and Folders"). They restrict in
// every letter case, which no source settles: a storage that is moved to a
// system without letter case must not become more open than it was. Letter
// case is Unicode simple folding, because ASCII folding lets "index.wſſp" by.
const (
	privateName  = "private"
	pageName     = "index.wssp"
	freeBusyPage = "freebusy.wssp"
	freeBusyFile = "freebusy.vfb"
)

// mount is one of the six virtual top-level directories.
type mount uint8

const (
	noMount mount = iota
	domainMount
	serverMount // of the server or of the cluster
)

func mountOf(first string) mount {
	if first[0] != '$' {
		return noMount
	}
	for _, name := range [...]string{"$DomainSkins", "$DomainPBXApp"} {
		if strings.EqualFold(first, name) {
			return domainMount
		}
	}
	for _, name := range [...]string{"$ServerSkins", "$ClusterSkins", "$ServerPBXApp", "$ClusterPBXApp"} {
		if strings.EqualFold(first, name) {
			return serverMount
		}
	}
	return noMount
}

// traits is what the spelling of a clean name alone tells.
type traits struct {
	private bool  // is, or is below, the private directory
	mount   mount // is, or is below, a mount
	sidecar bool  // is, or is below, something with the suffix of a sidecar, or nearly so
	page    bool  // is the management page of a directory
	virtual bool  // never stands for a stored file
}

func traitsOf(name string) traits {
	first, _, _ := strings.Cut(name, "/")
	t := traits{
		private: strings.EqualFold(first, privateName),
		mount:   mountOf(first),
	}
	t.sidecar = spellsPrivateSidecar(first)
	t.virtual = t.mount != noMount || first[0] == '~' || strings.EqualFold(name, freeBusyPage)
	for segment := range strings.SplitSeq(name, "/") {
		t.page = strings.EqualFold(segment, pageName)
		t.virtual = t.virtual || t.page
		t.sidecar = t.sidecar || hasSidecarSuffix(segment)
	}
	return t
}

// spellsPrivateSidecar reports whether a top-level name holds that of the sidecar of
// private: clients that upload aside make such names, "private.meta.partial", and what
// stands there has share keys before it is renamed.
func spellsPrivateSidecar(first string) bool {
	const sidecar = privateName + sidecarSuffix
	for i := 0; i+len(sidecar) <= len(first); i++ {
		if strings.EqualFold(first[i:i+len(sidecar)], sidecar) {
			return true
		}
	}
	return false
}

// hasSidecarSuffix reports whether the suffix is there in any letter case. No
// letter beyond ASCII folds to one of ".meta", so bytes can be counted.
func hasSidecarSuffix(segment string) bool {
	n := len(segment) - len(sidecarSuffix)
	return n > 0 && strings.EqualFold(segment[n:], sidecarSuffix)
}

// reservedTarget reports whether nobody may give this name to something new,
// a directory or a file.
func reservedTarget(name string, directory bool) bool {
	if name == Root {
		return true
	}
	t := traitsOf(name)
	if t.virtual {
		return true
	}
	dir, last := Split(name)
	of := strings.TrimSuffix(name, sidecarSuffix) // a sidecar of what cannot be there
	if reservedSegment(last, directory) || of != "" && traitsOf(of).virtual {
		return true
	}
	if dir != Root {
		return false
	}
	return t.private && (name != privateName || !directory) ||
		directory && strings.EqualFold(name, freeBusyFile)
}

// reservedSegment reports whether nobody may give a name with this last segment
// to something new, wherever that is: a management page or its sidecar, a directory
// or other spelling of a sidecar, the sidecar of a sidecar in whatever spelling.
func reservedSegment(last string, directory bool) bool {
	of := strings.TrimSuffix(last, sidecarSuffix)
	return strings.EqualFold(of, pageName) || hasSidecarSuffix(last) && (directory || !IsSidecar(last) || hasSidecarSuffix(of))
}
