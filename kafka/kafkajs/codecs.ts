import zlib from 'node:zlib';
import { CompressionCodecs, CompressionTypes } from 'kafkajs';

/** kafkajs reads gzip only. zstd comes with Node 22.15 and later; records in any other codec end the member with `unreadable-batch`. */
export function registerCodecs(runtime: object = zlib): void {
  // Not in the types of Node 20.
  const compress: unknown = Reflect.get(runtime, 'zstdCompressSync');
  const decompress: unknown = Reflect.get(runtime, 'zstdDecompressSync');
  if (typeof compress !== 'function' || typeof decompress !== 'function') return;
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: async (encoder: { buffer: Buffer }) => compress(encoder.buffer),
    decompress: async (buffer: Buffer) => decompress(buffer),
  });
}
