package wat

import "strings"

// An opKind tells which immediates an instruction has.
type opKind byte

const (
	plain   opKind = iota
	memArg         // offset=, align=
	local          // local index
	global         // global index
	funcRef        // function index
	table          // optional table index
	table2         // two optional table indices
	memory         // optional memory index
	memory2        // two optional memory indices
	dataMem        // optional memory index and data index
	data           // data index
	elem           // element segment index
	elemTab        // optional table index and element segment index
	label          // label
	labels         // labels, the last one the default
	constI32
	constI64
	constF32
	constF64
	callInd // optional table, type use
	choose  // optional result type
	refType // func or extern
	tag     // tag index
)

// An op is an instruction: its opcode bytes, and the natural alignment's
// exponent of a memory access.
type op struct {
	code  []byte
	kind  opKind
	align byte
}

var ops = makeOps()

func makeOps() map[string]op {
	m := map[string]op{}
	// The instructions without immediates stand in the order of their opcodes.
	const numeric = `
	i32.eqz i32.eq i32.ne i32.lt_s i32.lt_u i32.gt_s i32.gt_u i32.le_s i32.le_u i32.ge_s i32.ge_u
	i64.eqz i64.eq i64.ne i64.lt_s i64.lt_u i64.gt_s i64.gt_u i64.le_s i64.le_u i64.ge_s i64.ge_u
	f32.eq f32.ne f32.lt f32.gt f32.le f32.ge f64.eq f64.ne f64.lt f64.gt f64.le f64.ge
	i32.clz i32.ctz i32.popcnt i32.add i32.sub i32.mul i32.div_s i32.div_u i32.rem_s i32.rem_u
	i32.and i32.or i32.xor i32.shl i32.shr_s i32.shr_u i32.rotl i32.rotr
	i64.clz i64.ctz i64.popcnt i64.add i64.sub i64.mul i64.div_s i64.div_u i64.rem_s i64.rem_u
	i64.and i64.or i64.xor i64.shl i64.shr_s i64.shr_u i64.rotl i64.rotr
	f32.abs f32.neg f32.ceil f32.floor f32.trunc f32.nearest f32.sqrt f32.add f32.sub f32.mul f32.div f32.min f32.max f32.copysign
	f64.abs f64.neg f64.ceil f64.floor f64.trunc f64.nearest f64.sqrt f64.add f64.sub f64.mul f64.div f64.min f64.max f64.copysign
	i32.wrap_i64 i32.trunc_f32_s i32.trunc_f32_u i32.trunc_f64_s i32.trunc_f64_u
	i64.extend_i32_s i64.extend_i32_u i64.trunc_f32_s i64.trunc_f32_u i64.trunc_f64_s i64.trunc_f64_u
	f32.convert_i32_s f32.convert_i32_u f32.convert_i64_s f32.convert_i64_u f32.demote_f64
	f64.convert_i32_s f64.convert_i32_u f64.convert_i64_s f64.convert_i64_u f64.promote_f32
	i32.reinterpret_f32 i64.reinterpret_f64 f32.reinterpret_i32 f64.reinterpret_i64
	i32.extend8_s i32.extend16_s i64.extend8_s i64.extend16_s i64.extend32_s`
	for i, name := range strings.Fields(numeric) {
		m[name] = op{code: []byte{0x45 + byte(i)}}
	}
	const saturating = "i32.trunc_sat_f32_s i32.trunc_sat_f32_u i32.trunc_sat_f64_s i32.trunc_sat_f64_u i64.trunc_sat_f32_s i64.trunc_sat_f32_u i64.trunc_sat_f64_s i64.trunc_sat_f64_u"
	for i, name := range strings.Fields(saturating) {
		m[name] = op{code: []byte{0xfc, byte(i)}}
	}
	const accesses = `
	i32.load:2 i64.load:3 f32.load:2 f64.load:3 i32.load8_s:0 i32.load8_u:0 i32.load16_s:1 i32.load16_u:1
	i64.load8_s:0 i64.load8_u:0 i64.load16_s:1 i64.load16_u:1 i64.load32_s:2 i64.load32_u:2
	i32.store:2 i64.store:3 f32.store:2 f64.store:3 i32.store8:0 i32.store16:1 i64.store8:0 i64.store16:1 i64.store32:2`
	for i, item := range strings.Fields(accesses) {
		name, align, _ := strings.Cut(item, ":")
		m[name] = op{[]byte{0x28 + byte(i)}, memArg, align[0] - '0'}
	}
	for name, o := range map[string]op{
		"unreachable": {code: []byte{0x00}}, "nop": {code: []byte{0x01}}, "return": {code: []byte{0x0f}}, "drop": {code: []byte{0x1a}},
		"br": {[]byte{0x0c}, label, 0}, "br_if": {[]byte{0x0d}, label, 0}, "br_table": {[]byte{0x0e}, labels, 0},
		"call": {[]byte{0x10}, funcRef, 0}, "call_indirect": {[]byte{0x11}, callInd, 0}, "select": {[]byte{0x1b}, choose, 0},
		"return_call": {[]byte{0x12}, funcRef, 0}, "return_call_indirect": {[]byte{0x13}, callInd, 0},
		"throw": {[]byte{0x08}, tag, 0}, "throw_ref": {code: []byte{0x0a}},
		"local.get": {[]byte{0x20}, local, 0}, "local.set": {[]byte{0x21}, local, 0}, "local.tee": {[]byte{0x22}, local, 0},
		"global.get": {[]byte{0x23}, global, 0}, "global.set": {[]byte{0x24}, global, 0},
		"table.get": {[]byte{0x25}, table, 0}, "table.set": {[]byte{0x26}, table, 0},
		"memory.size": {[]byte{0x3f}, memory, 0}, "memory.grow": {[]byte{0x40}, memory, 0},
		"i32.const": {[]byte{0x41}, constI32, 0}, "i64.const": {[]byte{0x42}, constI64, 0},
		"f32.const": {[]byte{0x43}, constF32, 0}, "f64.const": {[]byte{0x44}, constF64, 0},
		"ref.null": {[]byte{0xd0}, refType, 0}, "ref.is_null": {code: []byte{0xd1}}, "ref.func": {[]byte{0xd2}, funcRef, 0},
		"memory.init": {[]byte{0xfc, 8}, dataMem, 0}, "data.drop": {[]byte{0xfc, 9}, data, 0},
		"memory.copy": {[]byte{0xfc, 10}, memory2, 0}, "memory.fill": {[]byte{0xfc, 11}, memory, 0},
		"table.init": {[]byte{0xfc, 12}, elemTab, 0}, "elem.drop": {[]byte{0xfc, 13}, elem, 0},
		"table.copy": {[]byte{0xfc, 14}, table2, 0}, "table.grow": {[]byte{0xfc, 15}, table, 0},
		"table.size": {[]byte{0xfc, 16}, table, 0}, "table.fill": {[]byte{0xfc, 17}, table, 0},
	} {
		m[name] = o
	}
	return m
}
