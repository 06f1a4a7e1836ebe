package meta

import (
	"encoding/xml"
	"strings"
)

// PropertyChange sets or removes one property of WebDAV clients. Use field names.
type PropertyChange struct {
	// Set is the property as it is to be. The zero value: Remove counts.
	Set Attribute
	// Remove is the name of the property that goes.
	Remove xml.Name
}

var propertiesName = xml.Name{Space: PropertiesSpace, Local: propertiesLocal}

// Properties returns the properties of WebDAV clients among the attributes of a
// document, in their order (RFC 4918 §4, dead properties).
func Properties(attributes []Attribute) []Attribute {
	var properties []Attribute
	for _, a := range attributes {
		if a.name != propertiesName {
			continue
		}
		if e, err := parseFragment(a.text, ""); err == nil { // an attribute always is one
			properties = append(properties, propertiesOf(e, a.text)...)
		}
	}
	return properties
}

// propertiesOf returns the properties below e, which was read from src.
func propertiesOf(e *element, src string) []Attribute {
	properties := make([]Attribute, 0, len(e.children))
	for _, child := range e.children {
		used := make(map[string]bool)
		child.usedPrefixes(src, used)
		properties = append(properties, child.standalone(src, used, ""))
	}
	return properties
}

// ChangeProperties makes all of the changes of properties of WebDAV clients, in their
// order. A property that is set takes the place of the one with its name.
// What is not there is removed already (RFC 4918 §14.23).
func ChangeProperties(changes ...PropertyChange) Change {
	return Change{
		what:  "change properties",
		apply: func(e *editor) error { return e.changeProperties(changes) },
	}
}

func (e *editor) changeProperties(changes []PropertyChange) error {
	var properties []Attribute
	place := make(map[xml.Name]int)
	set := func(a Attribute) {
		name := a.Name()
		if i, ok := place[name]; ok {
			properties[i] = a
			return
		}
		place[name] = len(properties)
		properties = append(properties, a)
	}
	for _, i := range e.where[propertiesName] {
		text := e.pieces[i].text
		b := &treeBuilder{src: text, fragment: true, outside: e.inScope, around: &element{declared: e.declared}}
		old, err := b.parse()
		if err != nil {
			return err
		}
		for _, a := range propertiesOf(old, text) {
			set(a)
		}
	}
	for _, c := range changes {
		if c.Set.text != "" {
			set(c.Set)
		} else if i, ok := place[c.Remove]; ok {
			properties[i] = Attribute{}
			delete(place, c.Remove)
		}
	}
	if len(place) == 0 {
		e.remove(propertiesName)
		return nil
	}
	var text strings.Builder
	text.WriteString("<w:" + propertiesLocal + declarationOf("w", PropertiesSpace) + ">")
	for _, a := range properties {
		text.WriteString(a.text)
	}
	text.WriteString("</w:" + propertiesLocal + ">")
	return e.setText(text.String())
}
