import { cpuPerEvent, cpuTimes } from '../cpu';
import type { Sample } from '../report/rows';
import type { Stage } from '../stage';

/** An event store in this process, with streams of its own that nobody else appends to. */
export interface Appender {
  readonly name: 'ours' | 'emmett';
  /** Appends to the writer's stream, expecting the version that its last append answered. Resolves once it is committed. */
  append(writer: number, moves: readonly Move[]): Promise<void>;
  /** How many of its events are in PostgreSQL. */
  countStored(): Promise<number>;
  close(): Promise<void>;
}

/** The same fact for every store. */
export interface Move {
  readonly from: string;
  readonly to: string;
  /** The id of the event that caused it. */
  readonly cause: string;
  readonly data: { readonly startsAtLocal: string; readonly timeZone: string };
}

export interface Appends {
  readonly id: string;
  readonly perAppend: number;
  readonly seconds: number;
}

const WRITERS = 8;
const WARM_UP_SECONDS = 2;

/** Events per second that eight writers append in a closed loop, a stream each; void unless all that was acknowledged is there. */
export async function measureAppends(
  { stack }: Stage,
  appender: Appender,
  { id, perAppend, seconds }: Appends,
): Promise<Sample[]> {
  const warmedUp = await appendFor(appender, WARM_UP_SECONDS, perAppend);
  const pids = { ...stack.pids, bench: process.pid };
  const before = cpuTimes(pids);
  const began = performance.now();
  const appended = await appendFor(appender, seconds, perAppend);
  const elapsedMs = performance.now() - began;
  const after = cpuTimes(pids);
  const [acknowledged, stored] = [warmedUp + appended, await appender.countStored()];
  if (stored !== acknowledged)
    throw new Error(`${id}: ${acknowledged} events were acknowledged and ${stored} are stored`);
  return [
    {
      id: `${id}.${appender.name}`,
      value: (appended * 1_000) / elapsedMs,
      ...cpuPerEvent(before, after, appended),
    },
  ];
}

async function appendFor(appender: Appender, seconds: number, perAppend: number): Promise<number> {
  const end = performance.now() + seconds * 1_000;
  let appended = 0;
  const write = async (writer: number) => {
    while (performance.now() < end) {
      await appender.append(writer, Array.from({ length: perAppend }, nextMove));
      appended += perAppend;
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
  return appended;
}

let moves = 0;

function nextMove(): Move {
  moves += 1;
  const data = { startsAtLocal: '2026-05-04T09:30:00', timeZone: 'Europe/Berlin' };
  return {
    from: 'scheduled',
    to: 'confirmed',
    cause: `0199a0de-7c3e-7000-8000-${String(moves).padStart(12, '0')}`,
    data,
  };
}
