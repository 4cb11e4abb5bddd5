import { createOutput, type Output } from './output';

/** How the Java client frames snappy: a magic, two version numbers, then blocks with their length before them. librdkafka sends one bare block. */
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEADER = 16;

/** Snappy as Kafka's producers write it (github.com/google/snappy, format_description.txt). @throws RangeError on damaged input */
export function decompressSnappy(input: Buffer): Buffer {
  const output = createOutput(input.length * 4);
  if (!input.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) {
    readBlock(input, output);
    return output.bytes();
  }
  for (let at = XERIAL_HEADER; at < input.length; ) {
    const size = input.readUInt32BE(at);
    if (at + 4 + size > input.length) throw new RangeError('the input ends too early');
    readBlock(input.subarray(at + 4, at + 4 + size), output);
    at += 4 + size;
  }
  return output.bytes();
}

function readBlock(input: Buffer, output: Output): void {
  const began = output.length;
  const { value: expected, next } = readVarint(input);
  let at = next;
  while (at < input.length)
    at = (byteAt(input, at) & 3) === 0 ? readLiteral(input, at, output) : readCopy(input, at, output);
  if (output.length - began !== expected) throw new RangeError('a block has another length than it says');
}

function readVarint(input: Buffer): { value: number; next: number } {
  let value = 0;
  for (let at = 0; at < 5; at += 1) {
    const byte = byteAt(input, at);
    value += (byte & 0x7f) * 2 ** (7 * at);
    if (byte < 0x80) return { value, next: at + 1 };
  }
  throw new RangeError('a length does not end');
}

/** Lengths up to 60 stand in the tag, longer ones in one to four bytes after it. */
function readLiteral(input: Buffer, at: number, output: Output): number {
  const short = byteAt(input, at) >> 2;
  const extra = short < 60 ? 0 : short - 59;
  const length = (extra === 0 ? short : input.readUIntLE(at + 1, extra)) + 1;
  const from = at + 1 + extra;
  output.append(input, from, from + length);
  return from + length;
}

function readCopy(input: Buffer, at: number, output: Output): number {
  const tag = byteAt(input, at);
  switch (tag & 3) {
    case 1:
      output.repeat(((tag & 0xe0) << 3) | byteAt(input, at + 1), ((tag >> 2) & 7) + 4);
      return at + 2;
    case 2:
      output.repeat(input.readUInt16LE(at + 1), (tag >> 2) + 1);
      return at + 3;
    default:
      output.repeat(input.readUInt32LE(at + 1), (tag >> 2) + 1);
      return at + 5;
  }
}

function byteAt(input: Buffer, at: number): number {
  const byte = input[at];
  if (byte === undefined) throw new RangeError('the input ends too early');
  return byte;
}
