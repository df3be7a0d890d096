/** FarmHash Fingerprint64 (the "na" variant), for stellar-etl's asset ids. Arithmetic is modulo 2^64. */

const K0 = 0xc3a5c85c97cb3127n;
const K1 = 0xb492b66fbe98f273n;
const K2 = 0x9ae16a3b2f90404fn;

const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);
const rotate = (value: bigint, by: bigint): bigint => u64((value >> by) | (value << (64n - by)));
const shiftMix = (value: bigint): bigint => value ^ (value >> 47n);

/** The 64-bit fingerprint of bytes, unsigned. */
export function fingerprint64(bytes: Buffer): bigint {
  if (bytes.length <= 16) return upTo16(bytes);
  if (bytes.length <= 32) return upTo32(bytes);
  return bytes.length <= 64 ? upTo64(bytes) : longer(bytes);
}

/** The eight bytes at `at`; a negative `at` counts from the end. */
function word(bytes: Buffer, at: number): bigint {
  return bytes.readBigUInt64LE(at < 0 ? bytes.length + at : at);
}

function mix(u: bigint, v: bigint, mul: bigint): bigint {
  let a = u64((u ^ v) * mul);
  a ^= a >> 47n;
  let b = u64((v ^ a) * mul);
  b ^= b >> 47n;
  return u64(b * mul);
}

function upTo16(bytes: Buffer): bigint {
  const { length } = bytes;
  const mul = u64(K2 + BigInt(length * 2));
  if (length >= 8) {
    const a = u64(word(bytes, 0) + K2);
    const b = word(bytes, -8);
    return mix(u64(rotate(b, 37n) * mul + a), u64((rotate(a, 25n) + b) * mul), mul);
  }
  if (length >= 4) {
    const first = BigInt(bytes.readUInt32LE(0));
    return mix(BigInt(length) + (first << 3n), BigInt(bytes.readUInt32LE(length - 4)), mul);
  }
  if (length === 0) return K2;
  const [a, b, c] = [bytes[0], bytes[length >> 1], bytes[length - 1]] as [number, number, number];
  return u64(shiftMix(u64(BigInt(a + (b << 8)) * K2) ^ u64(BigInt(length + (c << 2)) * K0)) * K2);
}

function upTo32(bytes: Buffer): bigint {
  const mul = u64(K2 + BigInt(bytes.length * 2));
  const a = u64(word(bytes, 0) * K1);
  const b = word(bytes, 8);
  const c = u64(word(bytes, -8) * mul);
  const d = u64(word(bytes, -16) * K2);
  return mix(u64(rotate(u64(a + b), 43n) + rotate(c, 30n) + d), u64(a + rotate(u64(b + K2), 18n) + c), mul);
}

function upTo64(bytes: Buffer): bigint {
  const mul = u64(K2 + BigInt(bytes.length * 2));
  const a = u64(word(bytes, 0) * K2);
  const b = word(bytes, 8);
  const c = u64(word(bytes, -8) * mul);
  const d = u64(word(bytes, -16) * K2);
  const y = u64(rotate(u64(a + b), 43n) + rotate(c, 30n) + d);
  const z = mix(y, u64(a + rotate(u64(b + K2), 18n) + c), mul);
  const e = u64(word(bytes, 16) * mul);
  const f = word(bytes, 24);
  const g = u64((y + word(bytes, -32)) * mul);
  const h = u64((z + word(bytes, -24)) * mul);
  return mix(u64(rotate(u64(e + f), 43n) + rotate(g, 30n) + h), u64(e + rotate(u64(f + a), 18n) + g), mul);
}

type Pair = readonly [bigint, bigint];

function weak(bytes: Buffer, at: number, first: bigint, second: bigint): Pair {
  const [w, x, y, z] = [0, 8, 16, 24].map((offset) => word(bytes, at + offset)) as [
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  const a = u64(first + w);
  const b = rotate(u64(second + a + z), 21n);
  const sum = u64(a + x + y);
  return [u64(sum + z), u64(b + rotate(sum, 44n) + a)];
}

function longer(bytes: Buffer): bigint {
  const seed = 81n;
  const { length } = bytes;
  const state: State = {
    v: [0n, 0n],
    w: [0n, 0n],
    x: u64(seed * K2 + word(bytes, 0)),
    y: u64(seed * K1 + 113n),
    z: 0n,
  };
  state.z = u64(shiftMix(u64(state.y * K2 + 113n)) * K2);
  const end = Math.floor((length - 1) / 64) * 64;
  for (let at = 0; at < end; at += 64) round(state, bytes, at, K1, 1n);
  const mul = u64(K1 + ((state.z & 0xffn) << 1n));
  const w0 = u64(state.w[0] + BigInt((length - 1) & 63));
  const v0 = u64(state.v[0] + w0);
  state.v = [v0, state.v[1]];
  state.w = [u64(w0 + v0), state.w[1]];
  round(state, bytes, length - 64, mul, 9n);
  const { v, w, x, y, z } = state;
  return mix(u64(mix(v[0], w[0], mul) + u64(shiftMix(y) * K0) + z), u64(mix(v[1], w[1], mul) + x), mul);
}

interface State {
  v: Pair;
  w: Pair;
  x: bigint;
  y: bigint;
  z: bigint;
}

/** Mixes one block of 64 bytes. The last block uses another multiplier and multiplies the state by nine. */
function round(state: State, bytes: Buffer, at: number, mul: bigint, weight: bigint): void {
  const { v, w } = state;
  let x = u64(rotate(u64(state.x + state.y + v[0] + word(bytes, at + 8)), 37n) * mul);
  const turned = u64(rotate(u64(state.y + v[1] + word(bytes, at + 48)), 42n) * mul);
  x ^= u64(w[1] * weight);
  const y = u64(turned + v[0] * weight + word(bytes, at + 40));
  const z = u64(rotate(u64(state.z + w[0]), 33n) * mul);
  state.v = weak(bytes, at, u64(v[1] * mul), u64(x + w[0]));
  state.w = weak(bytes, at + 32, u64(z + w[1]), u64(y + word(bytes, at + 16)));
  state.x = z;
  state.y = y;
  state.z = x;
}
