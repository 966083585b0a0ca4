// Passes values through a component that jco has transpiled.
//
//     node passing.mjs DIR
//
// reads {types, values} from DIR/values.json, in the notation of
// internal/abi/abitest, calls xN of the component in DIR/passing.js with each
// value of type N, and writes for each what the host saw and what came back.

import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';

const dir = process.argv[2];

// Long numbers are read as strings, which BigInt takes too.
const input = await readFile(`${dir}/values.json`, 'utf8');
const { types, values } = JSON.parse(input.replace(/(?<=[[,])-?\d{16,}(?=[\],])/g, '"$&"'));
const { instantiate } = await import(pathToFileURL(`${dir}/passing.js`));

const view = new DataView(new ArrayBuffer(8));

const fromHex = (s) => Buffer.from(s, 'hex').toString('utf8');
const toHex = (s) => Buffer.from(s, 'utf8').toString('hex');

function floatOf(s, bits) {
  if (s === 'nan') return NaN;
  view.setBigUint64(0, BigInt('0x' + s.padStart(16, '0')));
  return bits === 32 ? view.getFloat32(4) : view.getFloat64(0);
}

function floatText(v, bits) {
  if (Number.isNaN(v)) return 'nan';
  if (bits === 32) {
    view.setFloat32(0, v);
    return view.getUint32(0).toString(16).padStart(8, '0');
  }
  view.setFloat64(0, v);
  return view.getBigUint64(0).toString(16).padStart(16, '0');
}

// An option is undefined or its payload, but an object where that may be
// undefined itself.
const nested = (t) => t[1][0] === 'option' && !nested(t[1]);

const despecialized = (t) => (t[0] === 'map' ? ['list', ['tuple', t[1], t[2]]] : t);

// The JavaScript value of a text.
function valueOf(t, v) {
  switch (t) {
    case 's64': case 'u64': return BigInt(v);
    case 'f32': return floatOf(v, 32);
    case 'f64': return floatOf(v, 64);
    case 'char': return String.fromCodePoint(v);
    case 'string': return fromHex(v);
  }
  if (typeof t === 'string') return v;
  t = despecialized(t);
  switch (t[0]) {
    case 'list': return v.map((e) => valueOf(t[1], e));
    case 'array': return v.map((e) => valueOf(t[2], e));
    case 'tuple': return v.map((e, i) => valueOf(t[i + 1], e));
    case 'record': return Object.fromEntries(v.map((e, i) => [`f${i}`, valueOf(t[i + 1], e)]));
    case 'flags': return Object.fromEntries(Array.from({ length: t[1] }, (_, i) => [`l${i}`, !!((v >>> i) & 1)]));
    case 'enum': return `c${v[0]}`;
    case 'variant': {
      const payload = t[v[0] + 1];
      return payload === null ? { tag: `c${v[0]}` } : { tag: `c${v[0]}`, val: valueOf(payload, v[1]) };
    }
    case 'result': {
      const payload = t[v[0] + 1];
      return { tag: ['ok', 'err'][v[0]], val: payload === null ? undefined : valueOf(payload, v[1]) };
    }
    case 'option':
      if (!nested(t)) return v[0] ? valueOf(t[1], v[1]) : undefined;
      return v[0] ? { tag: 'some', val: valueOf(t[1], v[1]) } : { tag: 'none' };
  }
  throw new Error(`unknown type ${t}`);
}

const cased = (i, payload, v) => (payload === null ? [i] : [i, textOf(payload, v)]);

// The text of a JavaScript value, as what JSON writes.
function textOf(t, v) {
  switch (t) {
    case 'bool': return v;
    case 's64': case 'u64': return { big: v.toString() };
    case 'f32': return floatText(v, 32);
    case 'f64': return floatText(v, 64);
    case 'char': return v.codePointAt(0);
    case 'string': return toHex(v);
  }
  if (typeof t === 'string') return v;
  t = despecialized(t);
  switch (t[0]) {
    case 'list': return Array.from(v, (e) => textOf(t[1], e));
    case 'array': return Array.from(v, (e) => textOf(t[2], e));
    case 'tuple': return v.map((e, i) => textOf(t[i + 1], e));
    case 'record': return t.slice(1).map((u, i) => textOf(u, v[`f${i}`]));
    case 'flags': return Array.from({ length: t[1] }, (_, i) => (v[`l${i}`] ? 2 ** i : 0)).reduce((a, b) => a + b, 0);
    case 'enum': return [Number(v.slice(1))];
    case 'variant': {
      const i = Number(v.tag.slice(1));
      return cased(i, t[i + 1], v.val);
    }
    case 'result': {
      const i = v.tag === 'ok' ? 0 : 1;
      return cased(i, t[i + 1], v.val);
    }
    case 'option':
      if (nested(t)) return v.tag === 'some' ? cased(1, t[1], v.val) : [0];
      return v === undefined || v === null ? [0] : cased(1, t[1], v);
  }
  throw new Error(`unknown type ${t}`);
}

// Integers of 64 bits are written as the numbers that they are.
const json = (v) => JSON.stringify(v).replace(/\{"big":"(-?\d+)"\}/g, '$1');

// A result by itself is what a function throws or gives.
const isResult = (t) => t[0] === 'result';

let seen;
const imports = Object.fromEntries(types.map((t, i) => [`x${i}`, (v) => {
  seen = v;
  if (!isResult(t)) return v;
  if (v.tag === 'ok') return v.val;
  throw Object.assign(new Error('an error result'), { payload: v.val });
}]));

let exported;
async function start() {
  const instance = await instantiate(async (name) => WebAssembly.compile(await readFile(`${dir}/${name}`)),
    { 'test:abi/pass': imports });
  exported = instance['test:abi/pass'];
}
await start();

function call(i, v) {
  if (!isResult(types[i])) return exported[`x${i}`](v);
  try {
    return { tag: 'ok', val: exported[`x${i}`](v) };
  } catch (e) {
    if (!Object.hasOwn(e, 'payload')) throw e;
    return { tag: 'err', val: e.payload };
  }
}

for (let i = 0; i < types.length; i++) {
  for (const text of values[i]) {
    const line = {};
    seen = undefined;
    try {
      const got = call(i, valueOf(types[i], text));
      line.seen = json(textOf(types[i], seen));
      line.got = json(textOf(types[i], got));
    } catch (e) {
      line.error = String(e);
      await start();
    }
    process.stdout.write(JSON.stringify(line) + '\n');
  }
}
