/** See lock.cjs. */
export interface Holder {
  host: string;
  pid: number;
}
export function holderOf(file: string): Holder | undefined;
export function tryLock(file: string): (() => void) | undefined;
export function withLock<T>(file: string, work: () => Promise<T>, onWait?: (holder: Holder) => void): Promise<T>;
export function markHeldBy(file: string, pid: number): void;
