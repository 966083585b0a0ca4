"""Answers questions about lifting and lowering by the specification's own
executable model.

    python3 oracle.py definitions.py

reads one question in JSON from each line of the standard input, and answers on
the standard output, as internal/abi/abitest describes.
"""

import importlib.util
import json
import sys

spec = importlib.util.spec_from_file_location('definitions', sys.argv[1])
d = importlib.util.module_from_spec(spec)
sys.modules['definitions'] = d
spec.loader.exec_module(d)
d.DETERMINISTIC_PROFILE = True  # or NaNs would be random

BASE = 16
OUTSIDE = 1 << 20
PROPER, MISALIGNED, FAR = range(3)
ENCODINGS = ['utf8', 'utf16', 'latin1+utf16']
MOST_LOADS = 20000  # for one question

# Sizes and the like depend on the type alone; without a memory of them the
# model spends most of its time there. A type is kept as long as its results.
for name in ['despecialize', 'alignment', 'elem_size', 'flatten_type']:
    def remembering(f):
        known = {}
        def wrapper(t, *rest):
            if id(t) not in known:
                known[id(t)] = (t, f(t, *rest))
            return known[id(t)][1]
        wrapper.known = known
        return wrapper
    setattr(d, name, remembering(getattr(d, name)))


class TooLong(BaseException):
    pass


loads = 0


def counting(f):
    def wrapper(*args):
        global loads
        loads += 1
        if loads > MOST_LOADS:
            raise TooLong()
        return f(*args)
    return wrapper


d.load = counting(d.load)


class Context(d.LiftLowerContext):
    """A context whose guest allocates in one direction and in place. The last
    block may change its size, so what the model guesses and corrects ends as
    one block of the right size, and what it gives back is cleared."""

    def __init__(self, encoding, heap=b'', mode=PROPER):
        memory = d.MemInst(bytearray(BASE) + heap, 'i32')
        super().__init__(d.LiftLowerOptions(ENCODINGS[encoding], memory), None)
        self.top = len(memory)
        self.mode = mode

    def reallocate(self, old, old_size, align, size):
        memory = self.opts.memory.bytes
        if self.mode == FAR:
            return -(-self.top // align) * align + OUTSIDE
        if old_size == 0 and old == 0:
            old = -(-self.top // align) * align + (self.mode == MISALIGNED)
        else:
            assert old + old_size == self.top
        self.top = old + size
        memory.extend(bytes(max(0, self.top - len(memory))))
        memory[self.top:] = bytes(len(memory) - self.top)
        return old

    def heap(self):
        return self.opts.memory.bytes[BASE:self.top]


PRIMITIVES = {
    'bool': d.BoolType, 's8': d.S8Type, 'u8': d.U8Type, 's16': d.S16Type, 'u16': d.U16Type, 's32': d.S32Type,
    'u32': d.U32Type, 's64': d.S64Type, 'u64': d.U64Type, 'f32': d.F32Type, 'f64': d.F64Type, 'char': d.CharType,
    'string': d.StringType,
}


def type_of(t, resources=None):
    """Makes a type. Without resources, handles are numbers."""
    if t is None:
        return None
    if isinstance(t, str):
        return PRIMITIVES[t]()
    head, *rest = t
    if head not in ['enum', 'flags', 'own', 'borrow', 'array']:
        rest = [type_of(u, resources) for u in rest]
    match head:
        case 'own': return d.OwnType(resources[rest[0]]) if resources else d.U32Type()
        case 'borrow': return d.BorrowType(resources[rest[0]]) if resources else d.U32Type()
        case 'list': return d.ListType(*rest)
        case 'array': return d.ListType(type_of(rest[1], resources), rest[0])
        case 'map': return d.MapType(*rest)
        case 'record': return d.RecordType([d.FieldType(f'f{i}', u) for i, u in enumerate(rest)])
        case 'tuple': return d.TupleType(rest)
        case 'variant': return d.VariantType([d.CaseType(f'c{i}', u) for i, u in enumerate(rest)])
        case 'enum': return d.EnumType([f'c{i}' for i in range(rest[0])])
        case 'flags': return d.FlagsType([f'l{i}' for i in range(rest[0])])
        case 'option': return d.OptionType(*rest)
        case 'result': return d.ResultType(*rest)


def float_of(s, bits):
    if s == 'nan':
        return float('nan')
    n = int(s, 16)
    return d.core_f32_reinterpret_i32(n) if bits == 32 else d.core_f64_reinterpret_i64(n)


def value_of(t, v):
    t = d.despecialize(t)
    match t:
        case d.F32Type(): return float_of(v, 32)
        case d.F64Type(): return float_of(v, 64)
        case d.CharType(): return chr(v)
        case d.StringType():
            s = bytes.fromhex(v)
            return (s.decode(), 'utf8', len(s))
        case d.ListType(u): return [value_of(u, e) for e in v]
        case d.RecordType(fields): return {f.label: value_of(f.t, e) for f, e in zip(fields, v)}
        case d.VariantType(cases):
            c = cases[v[0]]
            return {c.label: None if c.t is None else value_of(c.t, v[1])}
        case d.FlagsType(labels): return {l: bool(v >> i & 1) for i, l in enumerate(labels)}
    return v


def text_of(t, v):
    t = d.despecialize(t)
    match t:
        case d.F32Type(): return 'nan' if v != v else '%08x' % d.core_i32_reinterpret_f32(v)
        case d.F64Type(): return 'nan' if v != v else '%016x' % d.core_i64_reinterpret_f64(v)
        case d.CharType(): return ord(v)
        case d.StringType(): return v[0].encode().hex()
        case d.ListType(u): return [text_of(u, e) for e in v]
        case d.RecordType(fields): return [text_of(f.t, v[f.label]) for f in fields]
        case d.VariantType(cases):
            i, payload = d.match_case(v, cases)
            return [i] if cases[i].t is None else [i, text_of(cases[i].t, payload)]
        case d.FlagsType(): return d.pack_flags_into_int(v, t.labels)
    return v


def to_bits(core, v):
    match core:
        case 'f32': return d.core_i32_reinterpret_f32(v)
        case 'f64': return d.core_i64_reinterpret_f64(v)
    return v


def from_bits(core, v):
    match core:
        case 'i32': return v & 0xffffffff
        case 'f32': return d.core_f32_reinterpret_i32(v & 0xffffffff)
        case 'f64': return d.core_f64_reinterpret_i64(v)
    return v


def lower(cx, most, t, v, core, room=False):
    """Lowers a value, with room for it beforehand or not."""
    out = None
    if room and len(d.flatten_type(t, cx.opts)) > most:
        mode, cx.mode = cx.mode, PROPER
        ptr = cx.allocate(d.alignment(t, 'i32'), d.elem_size(t, 'i32'))
        cx.mode = mode
        out = d.CoreValueIter([ptr])
    flat = d.lower_flat_values(cx, most, [v], [t], out)
    if out is not None:
        flat = [ptr]
    return {'flat': [to_bits(c, x) for c, x in zip(core, flat)], 'heap': cx.heap().hex()}


def passed(q, most, t, v, source, to, room):
    """Passes a value from one component to another. The room for a result is
    that of the component that receives it."""
    cx = Context(source)
    core = d.flatten_type(t, cx.opts)
    if len(core) > most:
        core = ['i32']
    answer = {'low': lower(cx, most, t, v, core)}

    heap, flat = cx.heap(), list(answer['low']['flat'])
    for damage in q.get('d') or []:
        size, at, x = damage.get('n', 0), damage['i'], damage['x']
        if size == 0:
            at %= len(flat)
            flat[at] = (x + (flat[at] if damage.get('p') else 0)) % 2**64
        elif len(heap) >= size:
            at = at % (len(heap) // size) * size
            if damage.get('p'):
                x += int.from_bytes(heap[at:at + size], 'little')
            heap[at:at + size] = (x % 2**(8 * size)).to_bytes(size, 'little')
    cx = Context(source, heap)
    try:
        [v] = d.lift_flat_values(cx, most, d.CoreValueIter([from_bits(c, x) for c, x in zip(core, flat)]), [t])
        answer['lift'] = text_of(t, v)
        answer['move'] = lower(Context(to, mode=q.get('m', PROPER)), most, t, v, core, room)
    except d.Trap:
        pass
    except TooLong:
        answer['lift'] = True
    return answer


class Scope(d.Task):
    def __init__(self):
        self.num_borrows = 0


def fill(inst, ops, resources):
    for op in ops or []:
        rt = resources[op['res']]
        match op['op']:
            case 'own':
                inst.handles.add(d.ResourceHandle(rt, op['n'], own=True))
            case 'borrow':
                cx = Context(0)
                cx.inst, cx.borrow_scope = inst, Scope()
                d.lower_borrow(cx, op['n'], d.BorrowType(rt))
            case 'drop':
                inst.handles.remove(op['n'])


def table(inst, resources, wanted=lambda h: True):
    return [[i, resources.index(h.rt), h.rep, int(h.own), h.num_lends]
            for i, h in enumerate(inst.handles.array) if h is not None and wanted(h)]


def handles(q):
    """Passes a value with handles from one component to another."""
    for name in ['despecialize', 'alignment', 'elem_size', 'flatten_type']:
        getattr(d, name).known.clear()
    source, to, other = [d.ComponentInstance(None) for _ in range(3)]
    resources = [d.ResourceType(inst) for inst in (source, to, other)]
    fill(source, q['from'], resources)
    fill(to, q['to'], resources)
    t, numbers = type_of(q['t'], resources), type_of(q['t'])
    most = d.MAX_FLAT_RESULTS if q['r'] else d.MAX_FLAT_PARAMS
    cx, cy = Context(0), Context(0)
    core = d.flatten_type(t, cx.opts)
    if len(core) > most:
        core = ['i32']
    flat = lower(cx, most, numbers, value_of(numbers, q['v']), core)['flat']
    cx.inst, cx.borrow_scope = source, d.Subtask()
    cy.inst, cy.borrow_scope = to, Scope()
    try:
        [v] = d.lift_flat_values(cx, most, d.CoreValueIter([from_bits(c, x) for c, x in zip(core, flat)]), [t])
        answer = {'move': lower(cy, most, t, v, core, q['r'])}
    except d.Trap:
        return {}
    answer['from'], answer['to'] = table(source, resources), table(to, resources)

    borrowed = table(to, resources, lambda h: h.borrow_scope is cy.borrow_scope)
    answer['drop'] = borrowed[:max(0, len(borrowed) - q['keep'])]
    for h in answer['drop']:
        to.handles.remove(h[0]).borrow_scope.num_borrows -= 1
    if cy.borrow_scope.num_borrows == 0:
        cx.borrow_scope.resolve(d.Subtask.State.RETURNED, [])
        cx.borrow_scope.deliver_resolve()
        answer['after'] = table(source, resources)
    return answer


def limit(q):
    """Tells whether a string or list in a memory of zeros can be lifted."""
    cx = Context(q['a'], bytes(q['size'] - BASE))
    try:
        d.lift_flat_values(cx, d.MAX_FLAT_PARAMS, d.CoreValueIter(q['flat']), [type_of(q['t'])])
    except d.Trap:
        return False
    return True


def main():
    global loads
    last, t = None, None
    cx = Context(0)
    letters = {'i32': 'i', 'i64': 'I', 'f32': 'f', 'f64': 'F'}
    for line in sys.stdin:
        q = json.loads(line)
        loads = 0
        special = handles if 'from' in q else limit if 'size' in q else None
        if special:
            print(json.dumps(special(q), separators=(',', ':')), flush=True)
            continue
        if q['t'] != last:
            last, t = q['t'], type_of(q['t'])
            core = ''.join(letters[c] for c in d.flatten_type(t, cx.opts)[:17])
        v = value_of(t, q['v'])
        answer = {
            'size': d.elem_size(t, 'i32'),
            'align': d.alignment(t, 'i32'),
            'core': core,
            'p': passed(q, d.MAX_FLAT_PARAMS, t, v, q['a'], q['b'], False),
            'r': passed(q, d.MAX_FLAT_RESULTS, t, v, q['b'], q['a'], True),
        }
        print(json.dumps(answer, separators=(',', ':')))


main()
