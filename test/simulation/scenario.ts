import fc from 'fast-check';
import { MAILBOX_LIMITS, type MailboxLimits } from '../../bridges/inbound/host-mailbox';
import type { Recording } from '../../workflows/kit/wire';

export const TOPICS = ['t0', 't1'] as const;
export const PARTITIONS = 2;
/** Nothing goes wrong any more after this many milliseconds. */
export const PEACE_MS = 25_000;

export type Kind = 'started' | 'stepped' | 'noted' | 'closed' | 'shared' | 'refused' | 'malformed';

/** One record that somebody produces. */
export interface Produced {
  readonly topic: number;
  readonly subject: number;
  readonly kind: Kind;
  /** Milliseconds from the beginning. */
  readonly at: number;
  /** The same event once more: of the record this many places before, if there is one. */
  readonly again: number;
}

/** The `nth` request on a link meets this. */
export interface Strike {
  readonly link: 'temporal' | 'store' | 'commit' | 'letters';
  readonly nth: number;
  readonly kind: 'lost-request' | 'lost-answer' | 'late-effect';
}

/** A statement in PostgreSQL, or a commit on one connection, does not take effect after its successor; a call to Temporal may. */
export const strikesOn = (to: Strike['link'], strikes: readonly Strike[]): ReadonlyMap<number, Strike['kind']> =>
  new Map(
    strikes
      .filter(({ link }) => link === to)
      .map(({ nth, kind }) => [nth, kind === 'late-effect' && to !== 'temporal' ? 'lost-answer' : kind]),
  );

/** A server is away from `at` on for `ms`; of the run's beginning, milliseconds. */
export interface Window {
  readonly at: number;
  readonly ms: number;
}

export interface Absence {
  readonly of: 'temporal' | 'store' | 'letters' | 'worker';
  readonly at: number;
  readonly ms: number;
}

/** Something happens to a process; 0 to 2 are bridges, 3 and 4 relays. */
export interface Incident {
  readonly process: number;
  readonly at: number;
  /** `expel`: the coordinator takes it for dead. `cut`: its connections to PostgreSQL, and its locks, are gone. */
  readonly what: 'crash' | 'stop' | 'freeze' | 'expel' | 'cut';
  /** Until it goes on, or its successor starts. */
  readonly ms: number;
}

export interface Scenario {
  /** When each subject's start is produced; null: never. */
  readonly starts: readonly (number | null)[];
  readonly produced: readonly Produced[];
  readonly bridges: number;
  readonly maxBatch: number;
  readonly maxInFlight: number;
  readonly maxBufferedRecords: number;
  readonly callsPerBarrier: number;
  /** Ids that a workflow's inbox remembers, and events until it continues as new. */
  readonly inbox: number;
  /** Closed workflows are forgotten by Temporal this long after their close; null: never. */
  readonly retentionMs: number | null;
  /** A fetch that is on its way during a rebalance is handed over after it, as kafkajs does. */
  readonly staleFetches: boolean;
  readonly strikes: readonly Strike[];
  readonly absences: readonly Absence[];
  readonly incidents: readonly Incident[];
  /** Of delays and coins; 0: every way takes 1 ms. */
  readonly pace: number;
  /** By bridge, where it places new subjects: 0 in workflows of their own, otherwise in so many hosts. Null: nothing is ever placed. */
  readonly hosts: readonly [number, number, number] | null;
  /** Journeys that a host keeps in memory. */
  readonly mostHeld: number;
  /** Machines in hosts throw for a while. */
  readonly jams: boolean;
  /** Somebody terminates the hosts: another chain takes over. */
  readonly terminations: readonly number[];
  /** Temporal refuses most calls, as above its limits. */
  readonly limited: readonly Window[];
  /** How hosts record what signals caused. */
  readonly recording: Recording;
  /** Tasks of hosts get lost, so often after each of their local activities; 0: never. */
  readonly lostTasks: number;
}

/** Of the bridges: small and impatient, so that little is needed to reach them. */
export const limitsOf = ({ maxBatch, maxInFlight, maxBufferedRecords, callsPerBarrier }: Scenario) => ({
  maxBatch,
  maxInFlight,
  maxBufferedRecords,
  callsPerBarrier,
  barrierDeadlineMs: 1_000,
  blockedParkMs: 1_500,
  sweepIntervalMs: 1_000,
  /** Longer than any trouble lasts: only what nobody starts is given up. */
  earlyMaxAgeMs: 120_000,
  commitIntervalMs: 50,
});

export const mailboxOf = ({ maxBatch, callsPerBarrier }: Scenario): MailboxLimits => ({
  ...MAILBOX_LIMITS,
  events: maxBatch,
  callsPerBarrier,
  barrierDeadlineMs: 1_000,
  waitingInHost: 3,
});

const at = fc.integer({ min: 0, max: 6_000 });

const kind = fc.oneof(
  { weight: 10, arbitrary: fc.constant<Kind>('stepped') },
  { weight: 2, arbitrary: fc.constant<Kind>('noted') },
  { weight: 3, arbitrary: fc.constant<Kind>('shared') },
  { weight: 2, arbitrary: fc.constantFrom<Kind>('closed', 'started') },
  { weight: 1, arbitrary: fc.constantFrom<Kind>('refused', 'malformed') },
);

const again = fc.oneof(
  { weight: 5, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 6 }) },
);

const produced: fc.Arbitrary<Produced> = fc.record({
  topic: fc.nat(TOPICS.length - 1),
  subject: fc.nat(2),
  kind,
  at,
  again,
});

const start = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: 0, max: 4_000 }) },
  { weight: 1, arbitrary: fc.constant(null) },
);

const strike: fc.Arbitrary<Strike> = fc.record({
  link: fc.constantFrom('temporal', 'temporal', 'store', 'store', 'commit', 'letters'),
  nth: fc.integer({ min: 1, max: 60 }),
  kind: fc.constantFrom('lost-request', 'lost-answer', 'late-effect'),
});

const absence: fc.Arbitrary<Absence> = fc.record({
  of: fc.constantFrom('temporal', 'store', 'letters', 'worker'),
  at,
  ms: fc.integer({ min: 50, max: 9_000 }),
});

const incident: fc.Arbitrary<Incident> = fc.record({
  process: fc.constantFrom(0, 0, 1, 1, 2, 3, 4),
  at: fc.integer({ min: 0, max: 9_000 }),
  what: fc.constantFrom('crash', 'stop', 'freeze', 'freeze', 'expel', 'cut'),
  ms: fc.integer({ min: 50, max: 14_000 }),
});

const hosting = fc.constantFrom(2, 1, 0);

/** What may come; shrinks to few records, no faults and an even pace. */
export const scenario: fc.Arbitrary<Scenario> = fc.record({
  starts: fc.array(start, { minLength: 1, maxLength: 3 }),
  produced: fc.array(produced, { maxLength: 18, size: 'max' }),
  bridges: fc.integer({ min: 1, max: 3 }),
  maxBatch: fc.constantFrom(1, 3, 100),
  maxInFlight: fc.constantFrom(1, 3, 64),
  maxBufferedRecords: fc.constantFrom(2, 6, 1_000),
  callsPerBarrier: fc.constantFrom(1, 3, 100),
  inbox: fc.constantFrom(1, 3, 100),
  retentionMs: fc.constantFrom(null, 500, 5_000),
  staleFetches: fc.boolean(),
  strikes: fc.array(strike, { maxLength: 6, size: 'max' }),
  absences: fc.array(absence, { maxLength: 2 }),
  incidents: fc.array(incident, { maxLength: 5, size: 'max' }),
  pace: fc.nat(1_000_000),
  hosts: fc.oneof(fc.constant(null), fc.tuple(hosting, hosting, hosting)),
  mostHeld: fc.constantFrom(100, 2, 1, 0),
  jams: fc.boolean(),
  terminations: fc.array(at, { maxLength: 2 }),
  limited: fc.array(fc.record({ at, ms: fc.integer({ min: 50, max: 6_000 }) }), { maxLength: 1 }),
  recording: fc.constantFrom('activity', 'local', 'local', 'local'),
  lostTasks: fc.constantFrom(0, 0.1, 0.4),
});
