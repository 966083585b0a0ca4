package host

import (
	"fmt"
	"strings"

	"github.com/isyswasfa/isyswasfa/bindgen"
	"github.com/isyswasfa/isyswasfa/wit"
)

// declare writes the declaration of a named type, but for resources, which
// stand with the functions.
func (g *generator) declare(e *entity) {
	f := g.typesFile
	switch k := e.def.Kind.(type) {
	case *wit.Resource:
	case *wit.Record:
		f.record(e, k)
	case *wit.Variant:
		f.variant(e, k)
	case *wit.Enum:
		f.enum(e, k)
	case *wit.Flags:
		f.flags(e, k)
	default:
		f.docs(e.def.Docs, e.name+" is "+describe(e)+".")
		f.printf("type %s = %s\n\n", e.name, f.user(both).structure(e.def, g.inside(e.def, e.side)))
	}
}

// docs writes the documentation of the WIT, or the sentence if it has none.
func (f *file) docs(docs, sentence string) {
	f.printf("%s", docsOr(docs, sentence))
}

func docsOr(docs, sentence string) string {
	if c := bindgen.Comment(docs); c != "" {
		return c
	}
	return bindgen.Comment(sentence)
}

// describe says what of the WIT an entity is.
func describe(e *entity) string {
	word := "the type"
	switch e.def.Kind.(type) {
	case *wit.Resource:
		word = "the resource"
	case *wit.Record:
		word = "the record"
	case *wit.Variant:
		word = "the variant"
	case *wit.Enum:
		word = "the enum"
	case *wit.Flags:
		word = "the flags"
	}
	s := word + " " + e.def.Name
	if i := e.def.Interface; i != nil && i.ID() != "" {
		s += " of " + i.ID()
	}
	return s
}

func (f *file) record(e *entity, k *wit.Record) {
	s := f.g.inside(e.def, e.side)
	names := recordFields(k)
	f.docs(e.def.Docs, e.name+" is "+describe(e)+".")
	f.printf("type %s struct {\n", e.name)
	for i, field := range k.Fields {
		f.printf("%s%s %s\n", bindgen.Comment(field.Docs), names[i], f.user(both).goType(field.Type, s))
	}
	f.printf("}\n\n")
	if e.raw == "" {
		return
	}
	c := f.g.convFile
	c.printf("// %s is the host's shape of %s.\ntype %s struct {\n", e.raw, e.name, e.raw)
	for i, field := range k.Fields {
		c.printf("%s %s\n", names[i], c.shape().goType(field.Type, s))
	}
	c.printf("}\n\n")
}

func recordFields(k *wit.Record) []string {
	names := make([]string, len(k.Fields))
	for i, field := range k.Fields {
		names[i] = field.Name
	}
	return fieldNames(names)
}

// unsigned gives the Go type for n cases or bits.
func unsigned(n int, bits bool) string {
	switch {
	case bits && n <= 8, !bits && n <= 1<<8:
		return "uint8"
	case bits && n <= 16, !bits && n <= 1<<16:
		return "uint16"
	}
	return "uint32"
}

func (f *file) enum(e *entity, k *wit.Enum) {
	f.docs(e.def.Docs, e.name+" is "+describe(e)+".")
	f.printf("type %s %s\n\n", e.name, unsigned(len(k.Cases), false))
	labels := make([]string, len(k.Cases))
	docs := make([]string, len(k.Cases))
	for i, c := range k.Cases {
		labels[i], docs[i] = c.Name, c.Docs
	}
	f.constants(e.name, e.name, "iota", "The cases of "+e.name+".", labels, docs)
	f.caseNames(e, e.name, "v", labels)
	f.printf("// Error makes the case an error, for functions whose result has it.\nfunc (v %s) Error() string { return v.String() }\n\n", e.name)
}

// constants declares a constant for each label.
func (f *file) constants(typ, prefix, first, docs string, labels, labelDocs []string) {
	f.printf("// %s\nconst (\n", docs)
	for i, label := range labels {
		f.printf("%s%s", bindgen.Comment(labelDocs[i]), f.g.claim(prefix+bindgen.UpperCamel(label)))
		if i == 0 {
			f.printf(" %s = %s", typ, first)
		}
		f.printf("\n")
	}
	f.printf(")\n\n")
}

// caseNames gives a type a method String with the names of its cases.
func (f *file) caseNames(e *entity, typ, recv string, labels []string) {
	var quoted []string
	for _, l := range labels {
		quoted = append(quoted, fmt.Sprintf("%q", l))
	}
	table := f.g.claim("names" + typ)
	f.printf("var %s = [...]string{%s}\n\n", table, strings.Join(quoted, ", "))
	f.printf("// String gives the name that WIT has for the case.\nfunc (%s %s) String() string {\n", recv, typ)
	f.printf("if int(%s) < len(%s) {\nreturn %s[%s]\n}\nreturn %q\n}\n\n", recv, table, table, recv, "unknown case of "+e.def.Name)
}

func (f *file) flags(e *entity, k *wit.Flags) {
	f.docs(e.def.Docs, e.name+" is "+describe(e)+".")
	f.printf("type %s %s\n\n", e.name, unsigned(len(k.Flags), true))
	labels := make([]string, len(k.Flags))
	docs := make([]string, len(k.Flags))
	for i, l := range k.Flags {
		labels[i], docs[i] = l.Name, l.Docs
	}
	if len(labels) > 0 {
		f.constants(e.name, e.name, "1 << iota", "The flags of "+e.name+".", labels, docs)
	}
}

func (f *file) variant(e *entity, k *wit.Variant) {
	s := f.g.inside(e.def, e.side)
	f.docs(e.def.Docs, e.name+" is "+describe(e)+".")
	cases := f.g.claim(e.name + "Case")
	fields := variantFields(k)
	f.printf("//\n// Case tells which of the other fields counts, if any.\ntype %s struct {\nCase %s\n", e.name, cases)
	for i, c := range k.Cases {
		if c.Type != nil {
			f.printf("%s %s\n", fields[i], f.user(both).goType(c.Type, s))
		}
	}
	f.printf("}\n\n// A %s is a case of %s.\ntype %s %s\n\n", cases, e.name, cases, unsigned(len(k.Cases), false))
	labels := make([]string, len(k.Cases))
	docs := make([]string, len(k.Cases))
	for i, c := range k.Cases {
		labels[i], docs[i] = c.Name, c.Docs
	}
	f.constants(cases, cases, "iota", "The cases of "+e.name+".", labels, docs)
	f.caseNames(e, cases, "c", labels)
	for i, c := range k.Cases {
		f.constructor(e, cases, fields[i], &c, s)
	}
	f.printf("// Error makes the value an error, for functions whose result has it.\nfunc (v %s) Error() string { return v.Case.String() }\n\n", e.name)
	if e.raw != "" {
		f.g.convFile.rawVariant(e, k, fields, s)
	}
}

// constructor writes the function that makes a case of a variant.
func (f *file) constructor(e *entity, cases, field string, c *wit.Case, s side) {
	name := f.g.claim(e.name + bindgen.UpperCamel(c.Name))
	f.printf("// %s makes a %s of the case %s.\n", name, e.name, c.Name)
	label := cases + bindgen.UpperCamel(c.Name)
	if c.Type == nil {
		f.printf("func %s() %s { return %s{Case: %s} }\n\n", name, e.name, e.name, label)
		return
	}
	f.printf("func %s(v %s) %s { return %s{Case: %s, %s: v} }\n\n", name, f.user(both).goType(c.Type, s), e.name, e.name, label, field)
}

func (f *file) rawVariant(e *entity, k *wit.Variant, fields []string, s side) {
	f.printf("// %s is the host's shape of %s.\ntype %s struct {\nCase %s\n", e.raw, e.name, e.raw, unsigned(len(k.Cases), false))
	for i, c := range k.Cases {
		if c.Type != nil {
			f.printf("%s %s\n", fields[i], f.shape().goType(c.Type, s))
		}
	}
	f.printf("}\n\n")
}

func variantFields(k *wit.Variant) []string {
	names := make([]string, len(k.Cases))
	for i, c := range k.Cases {
		names[i] = c.Name
	}
	return fieldNames(names, "Case", "Error")
}
