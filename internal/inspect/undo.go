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
	// payloads maps the receiver of a rewritten future to the future's type,
	// as text.
	payloads map[*component.Resource]string
}

const (
	startSuffix    = "-isyswasfa-start"
	resultSuffix   = "-isyswasfa-result"
	senderPrefix   = "isyswasfa-sender-"
	receiverPrefix = "isyswasfa-receiver-"
	pipePrefix     = "isyswasfa-pipe-"
)

func newPrinter(program *component.Program) *printer {
	p := &printer{program: program, payloads: map[*component.Resource]string{}}
	// A future's own type stands in the function that reads it: after the
	// rewriting, receive-isyswasfa-result gives option<T>.
	for _, item := range program.Imports {
		for _, i := range item.Instance {
			if i.Func != nil {
				p.findPayload(i.Name, i.Func)
			}
		}
	}
	return p
}

// findPayload remembers what a future's start or send function tells of it.
func (p *printer) findPayload(name string, f *abi.FuncType) {
	rest, ok := strings.CutPrefix(name, "[static]"+receiverPrefix)
	if !ok || !strings.HasSuffix(rest, ".receive"+startSuffix) || len(f.Params) != 1 || f.Result == nil {
		return
	}
	receiver, ok := f.Params[0].Type.Resource.(*component.Resource)
	if !ok || len(f.Result.Cases) == 0 {
		return
	}
	elem := f.Result.Cases[0].Type
	if elem == nil || elem.Kind != abi.Option {
		p.payloads[receiver] = "future"
		return
	}
	p.payloads[receiver] = "future<" + p.typeString(elem.Cases[1].Type) + ">"
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
	for _, prefix := range []string{senderPrefix, receiverPrefix, pipePrefix} {
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
