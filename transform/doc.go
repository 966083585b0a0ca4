// Package transform rewrites a world that has async functions, streams and
// futures into one of WASI 0.2's type system: each async function becomes a
// start and a result function, each stream and future a handle of a resource.
// Polyfilled worlds follow the convention of isyswasfa, so that components
// made from them compose and run on any host of the convention.
//
// # Functions
//
// An async function f(P) -> T becomes a pair, start before result, in its
// place:
//
//	f-isyswasfa-start: func(P) -> result<T, pending>
//	f-isyswasfa-result: func(ready: ready) -> T
//
// A method's start stays a method; its result function is static. pending and
// ready are own handles of the resources of isyswasfa:isyswasfa/isyswasfa.
// Which functions are async is what the keyword says; [Options].OriginalRules
// has the rules of the original, for packages that do not know the keyword.
//
// A borrowed parameter ends when start returns. Of an imported function that
// is the provider's concern, which knows what it made the handle for. An
// exported one must not have any, as what runs on after start could not use
// it, except of resources that the component itself defines: there a borrow
// is the resource's own representation.
//
// # World
//
// isyswasfa:isyswasfa/isyswasfa is imported first. If anything imports
// wasi:io/poll, isyswasfa:io/poll is imported last, as it awaits pollables.
// What rewriting needs of wasi:io is added after the first import. The export
// isyswasfa-poll<SUFFIX> is how a host drives the component.
//
// # Streams and futures
//
// A stream<u8> is an input-stream of wasi:io/streams: the host owns it, and
// it passes through components without being copied. Any other stream or
// future is a receiver resource of the interface whose text mentions it. Each
// interface has its own, and they and their helpers come after the
// interface's types and before its functions. For future<T>:
//
//	isyswasfa-pipe-NAME: func() -> tuple<isyswasfa-sender-NAME, isyswasfa-receiver-NAME>
//	resource isyswasfa-sender-NAME {
//	  send: static func(sender: isyswasfa-sender-NAME, %result: T)
//	}
//	resource isyswasfa-receiver-NAME {
//	  receive: static async func(receiver: isyswasfa-receiver-NAME) -> option<T>
//	}
//
// where receive stands for its pair, none means that the sender was dropped,
// and T and option<T> are absent for a future without a type. For stream<T>:
//
//	isyswasfa-stream-pipe-NAME: func() -> tuple<isyswasfa-stream-sender-NAME, isyswasfa-stream-receiver-NAME>
//	resource isyswasfa-stream-sender-NAME {
//	  write: async func(items: list<T>) -> bool
//	}
//	resource isyswasfa-stream-receiver-NAME {
//	  read: async func(max: u32) -> option<list<T>>
//	}
//
// write is done when all items are taken or buffered, and false means that
// the reader is gone. read gives some items, never none of them, and none when
// the writer is gone and all is read. A stream without a type carries counts:
// write takes u32 and read gives option<u32>. Dropping an end closes it.
//
// NAME is a named type's own name, under which the interface knows it, or
// words for the type's structure; see [PayloadName]. Where two types get one
// NAME the later in the text gets NAME-2, NAME-3 and so on.
//
// Streams and futures may stand wherever a type may, in records, in named
// types, in other streams and futures. The original could not do that, nor
// give several interfaces the same future.
//
// # Streams and futures of the world's own functions
//
// Resources of a world are always imports, so what carries these goes into an
// interface of its own, which the host provides: the import is called
// isyswasfa-world-types. Types that the world defines and such a stream or
// future carries move there, resources with their functions, as an interface
// cannot mention a world's types; the world takes them from there. WIT text has no way to mention types of
// such an import, so that in text, with [Options].Text, it is an interface of
// the world's package.
//
// # One interface on both sides
//
// An interface that is imported and exported is rewritten once and means
// different resources on each side, as all interfaces do: what a component
// passes from one side to the other it has to receive and send again. Streams
// of bytes pass as they are.
//
// # What WASI 0.2 does not have
//
// A map<K, V> becomes list<tuple<K, V>> and list<T, N> a tuple of N times T,
// which have the same representation. There is nothing that error-context
// could become.
package transform
