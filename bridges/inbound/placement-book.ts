import { createHash } from 'node:crypto';
import type { Store } from '../../store/store';
import type { Placement } from '../../store/types';
import type { Hosting } from '../../workflows/kit/contract';

/** Where subjects live, asked once and remembered: a placement never changes. */
export interface PlacementBook {
  /** Undefined: it has no place, because nothing that may start it has come. */
  find(subject: string): Promise<Placement | undefined>;
  /** Its place, which it gets if it has none. */
  place(subject: string, wanted: Placement): Promise<Placement>;
}

interface Question {
  readonly subject: string;
  /** Undefined: only asked for. */
  readonly wanted: Placement | undefined;
  readonly resolve: (placement: Placement | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/** Of one statement. */
const MOST_SUBJECTS = 500;

/** Questions asked within one turn of the event loop, and while a statement is under way, become one statement. */
export function createPlacementBook(
  placement: Store['placement'],
  remembered = 200_000,
  /** Runs it after what is under way now. */
  soon: (run: () => void) => void = setImmediate,
): PlacementBook {
  const known = new Map<string, Placement>();
  let waiting: Question[] = [];
  let asking = false;

  function remember(subject: string, found: Placement): void {
    known.set(subject, found);
    if (known.size <= remembered) return;
    const [oldest] = known.keys();
    if (oldest !== undefined) known.delete(oldest);
  }

  async function ask(questions: readonly Question[]): Promise<void> {
    const wanted = new Map(
      questions.flatMap(({ subject, wanted }) => (wanted === undefined ? [] : [[subject, wanted]])),
    );
    const asked = [...new Set(questions.map(({ subject }) => subject))].filter((subject) => !wanted.has(subject));
    try {
      const [placed, found] = await Promise.all([
        wanted.size > 0 ? placement.place(wanted) : new Map<string, Placement>(),
        asked.length > 0 ? placement.find(asked) : new Map<string, Placement>(),
      ]);
      for (const [subject, where] of [...placed, ...found]) remember(subject, where);
      for (const { subject, resolve } of questions) resolve(placed.get(subject) ?? found.get(subject));
    } catch (error) {
      for (const { reject } of questions) reject(error);
    }
  }

  async function askAll(): Promise<void> {
    asking = true;
    while (waiting.length > 0) {
      const questions = waiting.slice(0, MOST_SUBJECTS);
      waiting = waiting.slice(questions.length);
      await ask(questions);
    }
    asking = false;
  }

  function question(subject: string, wanted: Placement | undefined): Promise<Placement | undefined> {
    const placed = known.get(subject);
    if (placed !== undefined) {
      known.delete(subject);
      known.set(subject, placed);
      return Promise.resolve(placed);
    }
    return new Promise((resolve, reject) => {
      waiting.push({ subject, wanted, resolve, reject });
      if (waiting.length === 1 && !asking) soon(() => void askAll());
    });
  }

  return {
    find: (subject) => question(subject, undefined),
    async place(subject, wanted) {
      const placed = await question(subject, wanted);
      if (placed === undefined) throw new Error(`${subject} was placed and has no place`);
      return placed;
    },
  };
}

/** Where a new subject goes: the hash only spreads, the store remembers. */
export function placementFor(subject: string, target: string, hosting: Hosting): Placement {
  if (hosting.kind === 'own') return { host: null };
  const hash = createHash('sha1').update(subject).digest().readUInt32BE(0);
  return { host: `${target}/host-${hash % hosting.hosts}` };
}
