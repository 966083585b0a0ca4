package transform

import (
	"fmt"
	"strings"

	"github.com/isyswasfa/isyswasfa/wit"
)

// Options adjust [Polyfill].
type Options struct {
	// Suffix makes the name of the poll export differ from that of other
	// components this one is composed with. It is "" or begins with "-".
	Suffix string
	// NoPoll leaves out the poll export and what only a guest's runtime
	// imports: the view of a host.
	NoPoll bool
	// NoRuntime leaves out the imports that only the runtime of guests in Go
	// needs, so that the world imports what it did and what rewriting needs,
	// of the version of wasi:io that the world uses itself.
	NoRuntime bool
	// OriginalRules splits functions as the original of isyswasfa did, which
	// came before the keyword async: in a package that does not use it, every
	// function but constructors is split, apart from those of isyswasfa's and
	// WASI's interfaces; of WASI's only wasi:http/handler and the static
	// function body.finish of wasi:http/types are.
	OriginalRules bool
	// Text is for models that are printed for other tools: what WIT text
	// cannot say is said in another way, and what components cannot have is
	// an error. [WorldTypes] is an interface of the world's package, and an
	// interface under another name is an inline one.
	Text bool
}

// A Result is a polyfilled world and how its parts came from the original.
type Result struct {
	// World is the polyfilled world. No function in it is async, no type a
	// stream or future. It shares nothing with the original.
	World *wit.World
	// Resolve has World and every interface it mentions.
	Resolve *wit.Resolve
	// Pairs leads from each async function of the original to the two
	// functions in its place.
	Pairs map[*wit.Function]Pair
	// Payloads leads from each stream and future type of the original to
	// what stands for it. Types that look alike and stand in one interface
	// share a Payload.
	Payloads map[*wit.TypeDef]*Payload
	// Types leads from each named type of the original to its copy.
	Types map[*wit.TypeDef]*wit.TypeDef
	// Interfaces leads from each interface of the original to its copy.
	Interfaces map[*wit.Interface]*wit.Interface
	// Poll is the poll export, or nil.
	Poll *wit.Function
}

// A Pair is what an async function becomes.
type Pair struct {
	Start  *wit.Function // the parameters -> result<T, own<pending>>
	Result *wit.Function // (ready: own<ready>) -> T; static if Start is a method
}

// A Payload is what stands for a stream or future. For stream<u8> only Stream
// and Receiver are set: Receiver is wasi:io's input-stream.
type Payload struct {
	Name      string         // names the resources and functions below
	Stream    bool           // else a future
	Interface *wit.Interface // the polyfilled interface that has them
	Sender    *wit.TypeDef   // resource isyswasfa-sender-NAME or isyswasfa-stream-sender-NAME
	Receiver  *wit.TypeDef   // resource isyswasfa-receiver-NAME or isyswasfa-stream-receiver-NAME
	Pipe      *wit.Function  // isyswasfa-pipe-NAME or isyswasfa-stream-pipe-NAME: func() -> tuple<sender, receiver>

	// Of a future of T; T and option<T> are missing if it has no type.
	Send          *wit.Function // [static]sender.send(sender, result: T)
	ReceiveStart  *wit.Function // [static]receiver.receive-isyswasfa-start(receiver) -> result<option<T>, pending>
	ReceiveResult *wit.Function // [static]receiver.receive-isyswasfa-result(ready) -> option<T>

	// Of a stream of T; list<T> is u32, a count, if it has no type.
	WriteStart  *wit.Function // [method]sender.write-isyswasfa-start(self, items: list<T>) -> result<bool, pending>
	WriteResult *wit.Function // [static]sender.write-isyswasfa-result(ready) -> bool
	ReadStart   *wit.Function // [method]receiver.read-isyswasfa-start(self, max: u32) -> result<option<list<T>>, pending>
	ReadResult  *wit.Function // [static]receiver.read-isyswasfa-result(ready) -> option<list<T>>
}

// WorldTypes is the name of the imported instance with the resources of the
// streams and futures that functions of the world itself mention.
const WorldTypes = "isyswasfa-world-types"

// StartName gives the name of the function that starts the async function of
// that name.
func StartName(name string) string { return name + "-isyswasfa-start" }

// ResultName gives the name of the function that takes the result of the
// async function of that name.
func ResultName(name string) string { return name + "-isyswasfa-result" }

// PollName gives the name of the poll export for a suffix.
func PollName(suffix string) string { return "isyswasfa-poll" + suffix }

// Names of interfaces that rewriting needs.
const (
	isyswasfaID = "isyswasfa:isyswasfa/isyswasfa"
	ioPollID    = "isyswasfa:io/poll"
	ioPipeID    = "isyswasfa:io/pipe"
	errorID     = "wasi:io/error@0.2.0"
	pollID      = "wasi:io/poll@0.2.0"
	streamsID   = "wasi:io/streams@0.2.0"
	monotonicID = "wasi:clocks/monotonic-clock@0.2.0"
)

// Polyfill rewrites the world. It does not change w or what w leads to.
func Polyfill(w *wit.World, o Options) (*Result, error) {
	if err := checkSuffix(o.Suffix); err != nil {
		return nil, err
	}
	c := newCopier(w, o)
	if err := c.polyfill(); err != nil {
		return nil, fmt.Errorf("world %s: %w", w.ID(), err)
	}
	if err := c.resolve(); err != nil {
		return nil, fmt.Errorf("world %s: %w", w.ID(), err)
	}
	return c.result, nil
}

// checkSuffix makes sure that the poll export gets a legal name.
func checkSuffix(suffix string) error {
	if suffix == "" {
		return nil
	}
	words := strings.Split(suffix, "-")
	ok := words[0] == "" && len(words) > 1
	for _, w := range words[1:] {
		ok = ok && isWord(w)
	}
	if !ok {
		return fmt.Errorf("bad suffix %q: it is dashes, each before a word of small letters and digits that starts with a letter", suffix)
	}
	return nil
}

func isWord(w string) bool {
	for i, c := range []byte(w) {
		small, digit := c >= 'a' && c <= 'z', c >= '0' && c <= '9'
		if !small && (!digit || i == 0) {
			return false
		}
	}
	return w != ""
}
