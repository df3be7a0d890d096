/** A zstd frame with a window of 2 MiB around blocks; its header may declare a content size. */
export function frame(blocks: readonly Buffer[], declared?: bigint): Buffer {
  const content = Buffer.alloc(declared === undefined ? 0 : 8);
  if (declared !== undefined) content.writeBigUInt64LE(declared);
  const descriptor = declared === undefined ? 0 : 0xc0;
  return Buffer.concat([Buffer.of(0x28, 0xb5, 0x2f, 0xfd, descriptor, 0x58), content, ...blocks]);
}

/** A block of type 0 (raw), 1 (run-length), 2 (compressed) or 3 (reserved), with `size` in its header. */
export function block(type: number, size: number, last = false): Buffer {
  const header = Buffer.alloc(3);
  header.writeUIntLE((size << 3) | (type << 1) | (last ? 1 : 0), 0, 3);
  return Buffer.concat([header, Buffer.alloc(type === 1 ? 1 : size, 65)]);
}
