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
	canonTaskCancel
	canonSubtaskCancel
	canonTaskReturn
	canonContextGet
	canonContextSet
	canonThreadYield
	canonSubtaskDrop
	canonStreamNew
	canonStreamRead
	canonStreamWrite
	canonStreamCancelRead
	canonStreamCancelWrite
	canonStreamDropReadable
	canonStreamDropWritable
	canonFutureNew
	canonFutureRead
	canonFutureWrite
	canonFutureCancelRead
	canonFutureCancelWrite
	canonFutureDropReadable
	canonFutureDropWritable
	canonErrorContextNew
	canonErrorContextDebugMessage
	canonErrorContextDrop
	canonWaitableSetNew
	canonWaitableSetWait
	canonWaitableSetPoll
	canonWaitableSetDrop
	canonWaitableJoin
	canonBackpressureInc
	canonBackpressureDec
	canonThreadIndex
	canonThreadNewIndirect
	canonThreadResumeLater
	canonThreadSuspend
	canonThreadSuspendThenResume
	canonThreadYieldThenResume
	canonThreadSuspendThenPromote
	canonThreadYieldThenPromote
	canonThreadSpawnRef
	canonThreadSpawnIndirect
	canonThreadAvailableParallelism
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
	canonTaskCancel:                 {"task.cancel", 0x05, "", ":"},
	canonSubtaskCancel:              {"subtask.cancel", 0x06, "a", "i:i"},
	canonTaskReturn:                 {"task.return", 0x09, "ro", ""},
	canonContextGet:                 {"context.get", 0x0a, "vi", ":i"},
	canonContextSet:                 {"context.set", 0x0b, "vi", "i:"},
	canonThreadYield:                {"thread.yield", 0x0c, "c", ":i"},
	canonSubtaskDrop:                {"subtask.drop", 0x0d, "", "i:"},
	canonStreamNew:                  {"stream.new", 0x0e, "t", ":l"},
	canonStreamRead:                 {"stream.read", 0x0f, "to", "iii:i"},
	canonStreamWrite:                {"stream.write", 0x10, "to", "iii:i"},
	canonStreamCancelRead:           {"stream.cancel-read", 0x11, "ta", "i:i"},
	canonStreamCancelWrite:          {"stream.cancel-write", 0x12, "ta", "i:i"},
	canonStreamDropReadable:         {"stream.drop-readable", 0x13, "t", "i:"},
	canonStreamDropWritable:         {"stream.drop-writable", 0x14, "t", "i:"},
	canonFutureNew:                  {"future.new", 0x15, "t", ":l"},
	canonFutureRead:                 {"future.read", 0x16, "to", "ii:i"},
	canonFutureWrite:                {"future.write", 0x17, "to", "ii:i"},
	canonFutureCancelRead:           {"future.cancel-read", 0x18, "ta", "i:i"},
	canonFutureCancelWrite:          {"future.cancel-write", 0x19, "ta", "i:i"},
	canonFutureDropReadable:         {"future.drop-readable", 0x1a, "t", "i:"},
	canonFutureDropWritable:         {"future.drop-writable", 0x1b, "t", "i:"},
	canonErrorContextNew:            {"error-context.new", 0x1c, "o", "ii:i"},
	canonErrorContextDebugMessage:   {"error-context.debug-message", 0x1d, "o", "ii:"},
	canonErrorContextDrop:           {"error-context.drop", 0x1e, "", "i:"},
	canonWaitableSetNew:             {"waitable-set.new", 0x1f, "", ":i"},
	canonWaitableSetWait:            {"waitable-set.wait", 0x20, "cm", "ii:i"},
	canonWaitableSetPoll:            {"waitable-set.poll", 0x21, "cm", "ii:i"},
	canonWaitableSetDrop:            {"waitable-set.drop", 0x22, "", "i:"},
	canonWaitableJoin:               {"waitable.join", 0x23, "", "ii:"},
	canonBackpressureInc:            {"backpressure.inc", 0x24, "", ":"},
	canonBackpressureDec:            {"backpressure.dec", 0x25, "", ":"},
	canonThreadIndex:                {"thread.index", 0x26, "", ":i"},
	canonThreadNewIndirect:          {"thread.new-indirect", 0x27, "fb", "ii:i"},
	canonThreadResumeLater:          {"thread.resume-later", 0x28, "", "i:"},
	canonThreadSuspend:              {"thread.suspend", 0x29, "c", ":i"},
	canonThreadSuspendThenResume:    {"thread.suspend-then-resume", 0x2a, "c", "i:i"},
	canonThreadYieldThenResume:      {"thread.yield-then-resume", 0x2b, "c", "i:i"},
	canonThreadSuspendThenPromote:   {"thread.suspend-then-promote", 0x2c, "c", "i:i"},
	canonThreadYieldThenPromote:     {"thread.yield-then-promote", 0x2d, "c", "i:i"},
	canonThreadSpawnRef:             {"thread.spawn-ref", 0x40, "sf", ""},
	canonThreadSpawnIndirect:        {"thread.spawn-indirect", 0x41, "sfb", ""},
	canonThreadAvailableParallelism: {"thread.available-parallelism", 0x42, "s", ":i"},
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
