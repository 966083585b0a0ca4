package abi

// A Transfer moves the parameters and the result of a call of one component
// instance by another, from memory to memory. It is immutable and safe for
// concurrent use.
type Transfer struct {
	// Caller is the core signature that the caller imports, Callee the one
	// that the callee exports.
	Caller, Callee CoreSig

	// Direct tells that no value needs work: the callee's core function
	// could be the caller's import. This holds for numbers only.
	Direct bool

	params, result *move
}

// BindTransfer makes the plan for calls of a function of type ft between two
// component instances. String encodings are those of the Calls' options.
func BindTransfer(ft *FuncType, resolve ResolveResource) (*Transfer, error) {
	return nil, errUnfinished
}

// Params moves the parameters of a call from the caller's stack in to the
// callee's stack out, which are different.
func (p *Transfer) Params(caller, callee *Call, in, out []uint64) error { return errUnfinished }

// Result moves the result of a call from the callee's stack callee to the
// caller's stack, which still holds the caller's parameters. Call End for both
// sides after it.
func (p *Transfer) Result(caller, callee *Call, in, out []uint64) error { return errUnfinished }
