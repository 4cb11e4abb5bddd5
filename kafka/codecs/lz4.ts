import { createOutput, type Output } from './output';

const MAGIC = 0x184d2204;
const VERSION = 0b0100_0000;
const BLOCK_CHECKSUM = 0b0001_0000;
const CONTENT_SIZE = 0b0000_1000;
const DICTIONARY = 0b0000_0001;
const UNCOMPRESSED = 0x8000_0000;

/**
 * LZ4 frames as Kafka's producers write them (github.com/lz4/lz4, doc/lz4_Frame_format.md). Checksums are not looked at: the
 * record batch has one of its own, over the compressed bytes.
 * @throws RangeError on damaged input
 */
export function decompressLz4(input: Buffer): Buffer {
  const output = createOutput(input.length * 4);
  for (let at = 0; at < input.length; ) at = readFrame(input, at, output);
  return output.bytes();
}

function readFrame(input: Buffer, begin: number, output: Output): number {
  if (input.readUInt32LE(begin) !== MAGIC) throw new RangeError('not an LZ4 frame');
  const flags = input.readUInt8(begin + 4);
  if ((flags & 0b1100_0000) !== VERSION) throw new RangeError('another version of LZ4 frames');
  // Magic, flags, block size, optional parts, header checksum.
  let at = begin + 6 + (flags & CONTENT_SIZE ? 8 : 0) + (flags & DICTIONARY ? 4 : 0) + 1;
  for (;;) {
    const size = input.readUInt32LE(at);
    at += 4;
    // The content checksum, if any, is the last thing that a Kafka batch holds.
    if (size === 0) return flags & 0b0000_0100 ? at + 4 : at;
    const end = at + (size & ~UNCOMPRESSED);
    if (end > input.length) throw new RangeError('the input ends too early');
    if ((size & UNCOMPRESSED) !== 0) output.append(input, at, end);
    else readBlock(input, at, end, output);
    at = end + (flags & BLOCK_CHECKSUM ? 4 : 0);
  }
}

/** Sequences of literals and a copy; the last one has literals only. */
function readBlock(input: Buffer, begin: number, end: number, output: Output): void {
  let at = begin;
  while (at < end) {
    const token = input.readUInt8(at);
    const literals = readLength(input, at + 1, token >> 4);
    at = literals.next + literals.value;
    if (at > end) throw new RangeError('the input ends too early');
    output.append(input, literals.next, at);
    if (at === end) return;
    const distance = input.readUInt16LE(at);
    const copied = readLength(input, at + 2, token & 0x0f);
    output.repeat(distance, copied.value + 4);
    at = copied.next;
  }
}

/** Fifteen means that more bytes follow, the last of them below 255. */
function readLength(input: Buffer, begin: number, short: number): { value: number; next: number } {
  let value = short;
  let at = begin;
  if (short === 15) {
    let byte: number;
    do {
      byte = input.readUInt8(at);
      value += byte;
      at += 1;
    } while (byte === 255);
  }
  return { value, next: at };
}
