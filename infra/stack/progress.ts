export type OnProgress = (line: string) => void;

const tellEveryMs = 5_000;

/** Says what is being done, every five seconds how long so far, and how long it took in all. */
export async function timed<T>(onProgress: OnProgress, what: string, work: () => Promise<T>): Promise<T> {
  const began = Date.now();
  const seconds = () => Math.round((Date.now() - began) / 1000);
  onProgress(what);
  const telling = setInterval(() => onProgress(`${what}: ${seconds()} s so far`), tellEveryMs);
  try {
    const result = await work();
    onProgress(`${what}: done in ${((Date.now() - began) / 1000).toFixed(1)} s`);
    return result;
  } finally {
    clearInterval(telling);
  }
}
