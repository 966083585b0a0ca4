package component

// A Canon is a canonical definition. Of the fields below Op only those count
// that are immediates of the operation.
type Canon struct {
	Op          CanonOp
	CoreFunc    uint32 // lift
	Func        uint32 // lower
	Type        uint32 // lift: the function type; else a resource, stream or future type
	Opts        CanonOpts
	Result      *ValType // task.return; nil for none
	Async       bool     // stream, future and subtask cancellation: it may be left pending
	Cancellable bool     // what waits: it may be cancelled
	Shared      bool     // threads of shared modules
	Memory      uint32   // waitable-set.wait, waitable-set.poll
	CoreType    uint32   // of the functions that threads start with
	Table       uint32   // where those are
	Val         byte     // context.get, context.set: the core value type
	Slot        uint32   // likewise
}

// CanonOpts are canonical options; an absent index is nil.
type CanonOpts struct {
	Encoding   StringEncoding
	Memory     *uint32
	Realloc    *uint32
	PostReturn *uint32
	Async      bool
	Callback   *uint32
}

// A StringEncoding is the encoding of strings in a core module's memory.
type StringEncoding uint8

// The string encodings.
const (
	UTF8 StringEncoding = iota
	UTF16
	Latin1UTF16
)

// A CanonOp is a canonical definition's operation.
type CanonOp uint8

// The canonical operations of the synchronous component model. Those of native
// async follow them.
const (
	CanonLift CanonOp = iota
	CanonLower
	CanonResourceNew
	CanonResourceDrop
	CanonResourceRep
	CanonTaskCancel
	CanonSubtaskCancel
	CanonTaskReturn
	CanonContextGet
	CanonContextSet
	CanonThreadYield
	CanonSubtaskDrop
	CanonStreamNew
	CanonStreamRead
	CanonStreamWrite
	CanonStreamCancelRead
	CanonStreamCancelWrite
	CanonStreamDropReadable
	CanonStreamDropWritable
	CanonFutureNew
	CanonFutureRead
	CanonFutureWrite
	CanonFutureCancelRead
	CanonFutureCancelWrite
	CanonFutureDropReadable
	CanonFutureDropWritable
	CanonErrorContextNew
	CanonErrorContextDebugMessage
	CanonErrorContextDrop
	CanonWaitableSetNew
	CanonWaitableSetWait
	CanonWaitableSetPoll
	CanonWaitableSetDrop
	CanonWaitableJoin
	CanonBackpressureInc
	CanonBackpressureDec
	CanonThreadIndex
	CanonThreadNewIndirect
	CanonThreadResumeLater
	CanonThreadSuspend
	CanonThreadSuspendThenResume
	CanonThreadYieldThenResume
	CanonThreadSuspendThenPromote
	CanonThreadYieldThenPromote
	CanonThreadSpawnRef
	CanonThreadSpawnIndirect
	CanonThreadAvailableParallelism
)

// An Immediate is a part of a canonical definition behind its opcode.
type Immediate byte

// The immediates; ImmCoreFunc and ImmFunc follow the byte of their sort.
const (
	ImmCoreFunc    Immediate = 'k'
	ImmFunc        Immediate = 'n'
	ImmType        Immediate = 't'
	ImmOpts        Immediate = 'o'
	ImmResult      Immediate = 'r'
	ImmAsync       Immediate = 'a'
	ImmCancellable Immediate = 'c'
	ImmShared      Immediate = 's'
	ImmMemory      Immediate = 'm'
	ImmCoreType    Immediate = 'f'
	ImmTable       Immediate = 'b'
	ImmVal         Immediate = 'v'
	ImmSlot        Immediate = 'i'
)

// An operation is what the formats and the validator know of a canonical
// operation: its name in the text format, its opcode, its immediates in order,
// and the signature of the core function, if that is always the same: results
// behind ":", "i" for i32 and "l" for i64.
type operation struct {
	name string
	code byte
	imm  string
	sig  string
}

var operations = [...]operation{
	CanonLift:                       {"lift", 0x00, "kot", ""},
	CanonLower:                      {"lower", 0x01, "no", ""},
	CanonResourceNew:                {"resource.new", 0x02, "t", "i:i"},
	CanonResourceDrop:               {"resource.drop", 0x03, "t", "i:"},
	CanonResourceRep:                {"resource.rep", 0x04, "t", "i:i"},
	CanonTaskCancel:                 {"task.cancel", 0x05, "", ":"},
	CanonSubtaskCancel:              {"subtask.cancel", 0x06, "a", "i:i"},
	CanonTaskReturn:                 {"task.return", 0x09, "ro", ""},
	CanonContextGet:                 {"context.get", 0x0a, "vi", ""},
	CanonContextSet:                 {"context.set", 0x0b, "vi", ""},
	CanonThreadYield:                {"thread.yield", 0x0c, "c", ":i"},
	CanonSubtaskDrop:                {"subtask.drop", 0x0d, "", "i:"},
	CanonStreamNew:                  {"stream.new", 0x0e, "t", ":l"},
	CanonStreamRead:                 {"stream.read", 0x0f, "to", "iii:i"},
	CanonStreamWrite:                {"stream.write", 0x10, "to", "iii:i"},
	CanonStreamCancelRead:           {"stream.cancel-read", 0x11, "ta", "i:i"},
	CanonStreamCancelWrite:          {"stream.cancel-write", 0x12, "ta", "i:i"},
	CanonStreamDropReadable:         {"stream.drop-readable", 0x13, "t", "i:"},
	CanonStreamDropWritable:         {"stream.drop-writable", 0x14, "t", "i:"},
	CanonFutureNew:                  {"future.new", 0x15, "t", ":l"},
	CanonFutureRead:                 {"future.read", 0x16, "to", "ii:i"},
	CanonFutureWrite:                {"future.write", 0x17, "to", "ii:i"},
	CanonFutureCancelRead:           {"future.cancel-read", 0x18, "ta", "i:i"},
	CanonFutureCancelWrite:          {"future.cancel-write", 0x19, "ta", "i:i"},
	CanonFutureDropReadable:         {"future.drop-readable", 0x1a, "t", "i:"},
	CanonFutureDropWritable:         {"future.drop-writable", 0x1b, "t", "i:"},
	CanonErrorContextNew:            {"error-context.new", 0x1c, "o", "ii:i"},
	CanonErrorContextDebugMessage:   {"error-context.debug-message", 0x1d, "o", "ii:"},
	CanonErrorContextDrop:           {"error-context.drop", 0x1e, "", "i:"},
	CanonWaitableSetNew:             {"waitable-set.new", 0x1f, "", ":i"},
	CanonWaitableSetWait:            {"waitable-set.wait", 0x20, "cm", "ii:i"},
	CanonWaitableSetPoll:            {"waitable-set.poll", 0x21, "cm", "ii:i"},
	CanonWaitableSetDrop:            {"waitable-set.drop", 0x22, "", "i:"},
	CanonWaitableJoin:               {"waitable.join", 0x23, "", "ii:"},
	CanonBackpressureInc:            {"backpressure.inc", 0x24, "", ":"},
	CanonBackpressureDec:            {"backpressure.dec", 0x25, "", ":"},
	CanonThreadIndex:                {"thread.index", 0x26, "", ":i"},
	CanonThreadNewIndirect:          {"thread.new-indirect", 0x27, "fb", "ii:i"},
	CanonThreadResumeLater:          {"thread.resume-later", 0x28, "", "i:"},
	CanonThreadSuspend:              {"thread.suspend", 0x29, "c", ":i"},
	CanonThreadSuspendThenResume:    {"thread.suspend-then-resume", 0x2a, "c", "i:i"},
	CanonThreadYieldThenResume:      {"thread.yield-then-resume", 0x2b, "c", "i:i"},
	CanonThreadSuspendThenPromote:   {"thread.suspend-then-promote", 0x2c, "c", "i:i"},
	CanonThreadYieldThenPromote:     {"thread.yield-then-promote", 0x2d, "c", "i:i"},
	CanonThreadSpawnRef:             {"thread.spawn-ref", 0x40, "sf", ""},
	CanonThreadSpawnIndirect:        {"thread.spawn-indirect", 0x41, "sfb", ""},
	CanonThreadAvailableParallelism: {"thread.available-parallelism", 0x42, "s", ":i"},
}

// CanonNamed gives the operation with that name in the text format.
func CanonNamed(name string) (CanonOp, bool) {
	for op, o := range operations {
		if o.name == name {
			return CanonOp(op), true
		}
	}
	return 0, false
}

// String gives the name of the operation in the text format.
func (op CanonOp) String() string { return operations[op].name }

// Immediates gives what follows the opcode, in order.
func (op CanonOp) Immediates() []Immediate { return []Immediate(operations[op].imm) }
