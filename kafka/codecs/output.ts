/** Decompressed bytes as they grow. Copies may reach back into what is there, overlapping included: that is how both formats repeat. */
export interface Output {
  readonly length: number;
  append(source: Buffer, from: number, to: number): void;
  /** @throws RangeError when it reaches before the beginning */
  repeat(distance: number, count: number): void;
  bytes(): Buffer;
}

/** More than any broker takes in one batch, decompressed; a bomb ends here. */
const MAX_BYTES = 128 * 1024 * 1024;

export function createOutput(expected: number): Output {
  let buffer = Buffer.allocUnsafe(Math.min(Math.max(expected, 1_024), MAX_BYTES));
  let length = 0;
  const room = (count: number): void => {
    if (length + count > MAX_BYTES) throw new RangeError(`decompresses to more than ${MAX_BYTES} bytes`);
    if (length + count <= buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.min(MAX_BYTES, Math.max(buffer.length * 2, length + count)));
    buffer.copy(larger, 0, 0, length);
    buffer = larger;
  };
  return {
    get length() {
      return length;
    },
    append(source, from, to) {
      if (to > source.length) throw new RangeError('the input ends too early');
      room(to - from);
      length += source.copy(buffer, length, from, to);
    },
    repeat(distance, count) {
      if (distance === 0 || distance > length) throw new RangeError('a copy reaches before the beginning');
      room(count);
      for (let left = count; left > 0; left -= 1) {
        buffer[length] = buffer[length - distance] as number;
        length += 1;
      }
    },
    bytes: () => buffer.subarray(0, length),
  };
}
