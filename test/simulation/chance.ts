import { seeded } from '../support/random';

/** All that is left to chance, by what it is asked for: a scenario with one thing less in it meets the same chances elsewhere. */
export interface Chance {
  /** In [0, 1). */
  share(label: string): number;
  /** Milliseconds that a way through the network takes: mostly a few, sometimes seconds. */
  delay(label: string): number;
}

const hash = (text: string): number => {
  let sum = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) sum = Math.imul(sum ^ text.charCodeAt(at), 0x01000193);
  return sum >>> 0;
};

/** `pace` 0: nothing is left to chance and every way takes 1 ms. */
export function createChance(pace: number): Chance {
  if (pace === 0) return { share: () => 0, delay: () => 1 };
  const streams = new Map<string, () => number>();
  const share = (label: string): number => {
    let stream = streams.get(label);
    if (stream === undefined) {
      stream = seeded(hash(label) ^ Math.imul(pace, 0x9e3779b1));
      streams.set(label, stream);
    }
    return stream();
  };
  return {
    share,
    delay(label) {
      const kind = share(label);
      const length = share(label);
      if (kind < 0.7) return 1 + Math.floor(length * 5);
      if (kind < 0.93) return 5 + Math.floor(length * 60);
      if (kind < 0.985) return 60 + Math.floor(length * 1_000);
      return 1_000 + Math.floor(length * 8_000);
    },
  };
}
