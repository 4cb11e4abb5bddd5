import { createHash } from 'node:crypto';

/** Namespace of every id that the services derive. Never changes: ids must come out the same tomorrow. */
const namespace = Buffer.from('8f0d5c1e6a3b4c52b7f19d2e4a6c8b30', 'hex');

/** UUIDv5 (RFC 9562, 5.5). The parts are written as JSON, so that ('a/b', 'c') and ('a', 'b/c') differ. */
export function stableId(...parts: readonly string[]): string {
  const bytes = createHash('sha1').update(namespace).update(JSON.stringify(parts)).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
