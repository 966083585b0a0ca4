package main

import (
	"slices"
	"strconv"
	"strings"

	http "github.com/isyswasfa/isyswasfa/guest/wasi/wasi_http_types"
	. "github.com/isyswasfa/isyswasfa/guest/wit/types"
)

type field = Tuple2[string, []uint8]

// entries reads fields and drops them.
func entries(fields *http.Fields) []field {
	defer fields.Drop()
	return fields.CopyAll()
}

func is(name string) func(field) bool {
	return func(f field) bool { return strings.EqualFold(f.F0, name) }
}

func has(fields []field, name string) bool { return slices.ContainsFunc(fields, is(name)) }

func without(fields []field, name string) []field { return slices.DeleteFunc(fields, is(name)) }

// values gives the elements of all fields of that name, which are lists.
func values(fields []field, name string) (list []string) {
	for _, f := range fields {
		if !is(name)(f) {
			continue
		}
		for value := range strings.SplitSeq(string(f.F1), ",") {
			if value = strings.TrimSpace(value); value != "" {
				list = append(list, value)
			}
		}
	}
	return list
}

// takeCoding removes deflate from the content codings, if it was applied last,
// and then also the length, which is that of the encoded body.
func takeCoding(fields []field) (rest []field, encoded bool) {
	codings := values(fields, "content-encoding")
	last := len(codings) - 1
	if last < 0 || !strings.EqualFold(codings[last], "deflate") {
		return fields, false
	}
	fields = without(without(fields, "content-length"), "content-encoding")
	if last > 0 {
		fields = append(fields, field{F0: "content-encoding", F1: []uint8(strings.Join(codings[:last], ", "))})
	}
	return fields, true
}

// takeAccepted removes the codings that are accepted if deflate is one of them:
// one coding is enough.
func takeAccepted(fields []field) (rest []field, accepted bool) {
	for _, value := range values(fields, "accept-encoding") {
		name, parameters, _ := strings.Cut(value, ";")
		if strings.EqualFold(strings.TrimSpace(name), "deflate") && weight(parameters) > 0 {
			return without(fields, "accept-encoding"), true
		}
	}
	return fields, false
}

// weight gives the parameter q; 1 if it is missing or no number.
func weight(parameters string) float64 {
	for p := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(p), "=")
		if q, err := strconv.ParseFloat(strings.TrimSpace(value), 64); err == nil && strings.EqualFold(strings.TrimSpace(name), "q") {
			return q
		}
	}
	return 1
}
