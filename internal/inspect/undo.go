package inspect

import (
	"strings"

	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/internal/component"
)

// A function is a named function of an interface or the world.
type function struct {
	name string
	typ  *abi.FuncType
}

// A printer writes types and functions of a program.
type printer struct {
	program *component.Program
	// payloads maps the receiver of a rewritten stream or future to what it
	// was, as text.
	payloads map[*component.Resource]string
}

const (
	startSuffix          = "-isyswasfa-start"
	resultSuffix         = "-isyswasfa-result"
	receiverPrefix       = "isyswasfa-receiver-"
	streamReceiverPrefix = "isyswasfa-stream-receiver-"
)

// helperPrefixes begin the names of what the rewriting adds for streams and
// futures: resources, and functions that make them.
var helperPrefixes = []string{
	"isyswasfa-sender-", receiverPrefix, "isyswasfa-pipe-",
	"isyswasfa-stream-sender-", streamReceiverPrefix, "isyswasfa-stream-pipe-",
}

func newPrinter(program *component.Program) *printer {
	p := &printer{program: program, payloads: map[*component.Resource]string{}}
	for _, item := range program.Imports {
		p.findPayloads(importedFunctions(item.Instance))
	}
	for _, item := range program.Exports {
		p.findPayloads(exportedFunctions(item.Instance))
	}
	return p
}

// findPayloads remembers which resources stand for which streams and futures.
// The type of one stands in the function that reads it: its start half gives
// result<option<T>, pending> for a future, and a list of T for a stream.
func (p *printer) findPayloads(fs []function) {
	for _, f := range fs {
		name := plainName(f.name)
		resource, method, _ := strings.Cut(name, ".")
		future := strings.HasPrefix(resource, receiverPrefix) && method == "receive"+startSuffix
		stream := strings.HasPrefix(resource, streamReceiverPrefix) && method == "read"+startSuffix
		if !future && !stream || len(f.typ.Params) == 0 || f.typ.Result == nil {
			continue
		}
		receiver, ok := f.typ.Params[0].Type.Resource.(*component.Resource)
		if !ok {
			continue
		}
		p.payloads[receiver] = p.payload(startResult(f.typ), stream)
	}
}

// payload writes the type of a stream or future that is read as option<T>.
func (p *printer) payload(read *abi.Type, stream bool) string {
	keyword, elem := "future", (*abi.Type)(nil)
	if read != nil && read.Kind == abi.Option {
		elem = read.Cases[1].Type
	}
	if stream {
		keyword = "stream"
		if elem != nil { // a list of elements, or the number of those without a type
			elem = elem.Elem
		}
	}
	if elem == nil {
		return keyword
	}
	return keyword + "<" + p.typeString(elem) + ">"
}

// functions gives one line a function as the author wrote them: pairs become
// async functions, and the helpers of futures disappear.
func (p *printer) functions(fs []function) []string {
	results := map[string]bool{}
	for _, f := range fs {
		if base, ok := strings.CutSuffix(f.name, resultSuffix); ok {
			results[plainName(base)] = true
		}
	}
	var lines []string
	for _, f := range fs {
		base, isStart := strings.CutSuffix(f.name, startSuffix)
		switch {
		case isHelper(f.name), strings.HasSuffix(f.name, resultSuffix):
		case isStart && results[plainName(base)]:
			lines = append(lines, p.line(base, "async func", &abi.FuncType{Params: f.typ.Params, Result: startResult(f.typ)}))
		default:
			lines = append(lines, p.line(f.name, "func", f.typ))
		}
	}
	return lines
}

// plainName drops the mark of a method or static function: the result half of
// an async method is static.
func plainName(name string) string {
	if i := strings.IndexByte(name, ']'); i >= 0 {
		return name[i+1:]
	}
	return name
}

func isHelper(name string) bool {
	plain := plainName(name)
	for _, prefix := range helperPrefixes {
		if strings.HasPrefix(plain, prefix) {
			return true
		}
	}
	return false
}

// startResult gives T of result<T, own<pending>>.
func startResult(f *abi.FuncType) *abi.Type {
	if f.Result == nil || len(f.Result.Cases) == 0 {
		return nil
	}
	return f.Result.Cases[0].Type
}
