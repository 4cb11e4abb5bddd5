import { CompressionCodecs, CompressionTypes } from 'kafkajs';
import { lz4Framed, snappyFramed, text } from '../test/codec-vectors';
import { registerCodecs } from './codecs';
import { translateError } from './translate-error';

const reversed = (data: Buffer): Buffer => Buffer.from([...data].reverse());

describe("kafkajs's codecs", () => {
  const original = { ...CompressionCodecs };
  afterEach(() => {
    Object.assign(CompressionCodecs, original);
  });

  const read = (type: Exclude<CompressionTypes, CompressionTypes.None>, bytes: Buffer): Promise<Buffer> =>
    CompressionCodecs[type]().decompress(bytes);

  it('read snappy and LZ4', async () => {
    registerCodecs({});
    expect((await read(CompressionTypes.Snappy, snappyFramed)).toString()).toBe(text);
    expect((await read(CompressionTypes.LZ4, lz4Framed)).toString()).toBe(text);
    await expect(CompressionCodecs[CompressionTypes.LZ4]().compress({ buffer: lz4Framed })).rejects.toThrow(
      'read, not written',
    );
  });

  it('read zstd where Node can, and leave it alone where it cannot', async () => {
    registerCodecs({});
    expect(CompressionCodecs[CompressionTypes.ZSTD]).toBe(original[CompressionTypes.ZSTD]);
    registerCodecs({ zstdDecompressSync: reversed });
    expect(await read(CompressionTypes.ZSTD, Buffer.from('abc'))).toEqual(Buffer.from('cba'));
  });

  it('tell a damaged batch as unreadable, also from inside the client', async () => {
    registerCodecs({});
    const error = await read(CompressionTypes.Snappy, Buffer.from([9, 9])).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'unreadable-batch', retriable: false });
    expect(translateError(Object.assign(new Error('wrapped'), { cause: error }))).toMatchObject({
      code: 'unreadable-batch',
      retriable: false,
    });
  });
});
