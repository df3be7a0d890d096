// Compares bytes sixteen at a time. It reads whole vectors, so there must be padding after both ends.

/** Whether `size` bytes at two addresses are equal. */
// @ts-ignore: decorator
@inline
export function same(one: usize, other: usize, size: usize): bool {
  let done: usize = 0;
  for (; done + 16 <= size; done += 16)
    if (!v128.all_true<u8>(i8x16.eq(v128.load(one + done), v128.load(other + done)))) return false;
  if (done == size) return true;
  const differs = ~i8x16.bitmask(i8x16.eq(v128.load(one + done), v128.load(other + done)));
  return (differs & ((1 << ((size - done) as i32)) - 1)) == 0;
}
