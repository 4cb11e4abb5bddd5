import zlib from 'node:zlib';
import { CompressionCodecs, CompressionTypes } from 'kafkajs';
import { decompressLz4 } from '../codecs/lz4';
import { decompressSnappy } from '../codecs/snappy';
import { KafkaError } from '../errors';

const readOnly = (name: string, decompress: (buffer: Buffer) => Buffer) => () => ({
  compress: async (): Promise<Buffer> => {
    throw new Error(`${name} is read, not written`);
  },
  decompress: async (buffer: Buffer): Promise<Buffer> => {
    try {
      return decompress(buffer);
    } catch (cause) {
      throw new KafkaError('unreadable-batch', `a batch in ${name} is damaged`, { cause });
    }
  },
});

/**
 * kafkajs reads gzip only, and a batch in any other codec ends its consumer for good. Snappy and LZ4 are read here; zstd needs
 * Node 22.15 or later, on older ones such a batch ends the member with `unreadable-batch`.
 */
export function registerCodecs(runtime: object = zlib): void {
  CompressionCodecs[CompressionTypes.Snappy] = readOnly('snappy', decompressSnappy);
  CompressionCodecs[CompressionTypes.LZ4] = readOnly('lz4', decompressLz4);
  // Not in the types of Node 20.
  const decompress: unknown = Reflect.get(runtime, 'zstdDecompressSync');
  if (typeof decompress === 'function')
    CompressionCodecs[CompressionTypes.ZSTD] = readOnly('zstd', (buffer) => decompress(buffer));
}
