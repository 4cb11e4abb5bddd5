import fc from 'fast-check';
import { lz4Framed, snappyBare, snappyFramed, text } from '../test/codec-vectors';
import { decompressLz4 } from './lz4';
import { createOutput } from './output';
import { decompressSnappy } from './snappy';

describe('what other clients compress', () => {
  it('is read: snappy framed and bare, LZ4', () => {
    expect(decompressSnappy(snappyFramed).toString()).toBe(text);
    expect(decompressSnappy(snappyBare).toString()).toBe(text);
    expect(decompressLz4(lz4Framed).toString()).toBe(text);
  });

  it('is read in all its forms', () => {
    // Literal lengths in one and two extra bytes; copies with one, two and four bytes of distance.
    const literal = Buffer.alloc(300, 'ab');
    const block = Buffer.concat([
      Buffer.from([0xb8, 0x02, 61 << 2, 0x2b, 0x01]),
      literal,
      Buffer.from([0b0000_0001, 2, 0b0000_0110, 2, 0, 0b0000_0111, 2, 0, 0, 0, 60 << 2, 0]),
      Buffer.from('c'),
    ]);
    const expected = Buffer.concat([literal, Buffer.alloc(8, 'ab'), Buffer.from('c')]);
    block.writeUInt16LE(0x02b5, 0);
    expect(decompressSnappy(block).toString()).toBe(expected.toString());
    // An LZ4 frame with a size, block checksums, a block that is not compressed, and a checksum of its content.
    const plain = Buffer.from('plain');
    const frame = Buffer.concat([
      Buffer.from([0x04, 0x22, 0x4d, 0x18, 0b0101_1100, 0x40, 5, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0x80]),
      plain,
      Buffer.alloc(4),
      Buffer.alloc(4),
      Buffer.alloc(4),
    ]);
    expect(decompressLz4(Buffer.concat([frame, frame])).toString()).toBe('plainplain');
    // A run: one literal and a copy of itself, with a length of two more bytes.
    const run = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0, 6, 0, 0, 0, 0x1f, 0x61, 1, 0, 255, 10, 0, 0, 0, 0]);
    expect(decompressLz4(run).toString()).toBe('a'.repeat(1 + 15 + 255 + 10 + 4));
  });

  it('ends with a RangeError when it is damaged, whatever the damage', () => {
    const damaged = (good: Buffer, decompress: (bytes: Buffer) => Buffer) =>
      fc.assert(
        fc.property(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length), (at, byte, cut) => {
          const bad = Buffer.from(good.subarray(0, cut));
          if (at < bad.length) bad[at] = byte;
          try {
            decompress(bad);
          } catch (error) {
            expect(error).toMatchObject({ name: 'RangeError' });
          }
        }),
        { numRuns: 3_000 },
      );
    damaged(snappyFramed, decompressSnappy);
    damaged(snappyBare, decompressSnappy);
    damaged(lz4Framed, decompressLz4);
    expect(() => decompressLz4(Buffer.from('not a frame'))).toThrow('not an LZ4 frame');
    expect(() => decompressSnappy(Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]))).toThrow('a length does not end');
  });

  it('does not become a bomb', () => {
    const output = createOutput(10);
    output.append(Buffer.from('a'), 0, 1);
    expect(() => output.repeat(1, 200 * 1024 * 1024)).toThrow('decompresses to more than');
    expect(() => output.repeat(5, 1)).toThrow('before the beginning');
  });
});
