/** A two's complement number as Parquet stores long decimals. */
export function signedBigEndian(bytes: Uint8Array): bigint {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${hex === '' ? '0' : hex}`));
}
