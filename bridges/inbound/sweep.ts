import type { Clock, Logger } from '@millrace/kafka';
import type { Store } from '../../store/store';
import type { ParkedLane, SubjectRef } from '../../store/types';
import type { BridgeMetrics } from '../metrics';
import type { Gate } from './gate';
import type { DrainResult, HeldLanes } from './held-lane';
import type { RouteTarget } from './route';

export interface SweepOptions {
  /** Milliseconds between two looks at all lanes that are due. */
  readonly intervalMs: number;
  /** Milliseconds after which an event whose subject nobody started is given up. */
  readonly earlyMaxAgeMs: number;
  /** Lanes looked at in one round. */
  readonly lanesPerRound: number;
  /** A lane that could not be drained is left alone for this long at first, twice as long each time, up to the maximum. */
  readonly retryMs: number;
  readonly maxRetryMs: number;
}

export interface Sweep {
  start(): void;
  /** A subject was started by this bridge: what waits for it is delivered without waiting for the next round. */
  started(ref: SubjectRef): void;
  /** One look now, and all that it leads to; rejects if the store is away. */
  round(): Promise<void>;
  stop(): Promise<void>;
}

interface Delay {
  readonly until: number;
  readonly ms: number;
}

/** Rounds between two looks at lanes that are not due by the store's account, and may bring their own start. */
const ROUNDS_PER_FULL_LOOK = 10;

/**
 * Every bridge sweeps: whoever comes first holds the lane, the others pass on. No wake-up can be missed, because whatever
 * made a lane deliverable is still so at the next round.
 */
export function createSweep(deps: {
  store: { readonly parking: Pick<Store['parking'], 'due' | 'unstarted' | 'parked' | 'tryHold'> };
  held: Pick<HeldLanes, 'drain'>;
  targetOf: (name: string) => RouteTarget | undefined;
  /** Whether early events that have waited long enough may be given up now. Default: they may. */
  mayGiveUp?: () => boolean;
  options: SweepOptions;
  /** How many lanes are held at a time; those that failed before, and may hang, do not keep the fresh ones waiting. */
  gates: { readonly fresh: Gate; readonly tried: Gate };
  clock: Clock;
  logger: Logger;
  metrics: BridgeMetrics;
}): Sweep {
  const { store, held, targetOf, mayGiveUp = () => true, options, gates, clock, logger, metrics } = deps;
  const { now } = clock;
  const delays = new Map<string, Delay>();
  const draining = new Map<string, Promise<void>>();
  let startedRefs = new Map<string, SubjectRef>();
  let cancelNext = (): void => {};
  let cancelStarted: (() => void) | undefined;
  let looking: Promise<void> = Promise.resolve();
  let stopped = false;
  let rounds = 0;

  /** Begins to drain what is due. It does not wait for that: a lane that hangs must not hold up the next look. */
  async function look(): Promise<void> {
    const began = now();
    // What was tried a moment ago, and is listed again, takes nobody's turn.
    const limit = options.lanesPerRound + delays.size + draining.size;
    const due = await store.parking.due({ earlyMaxAgeMs: options.earlyMaxAgeMs, limit });
    const isFull = rounds % ROUNDS_PER_FULL_LOOK === 0;
    const others = isFull ? await store.parking.unstarted({ limit }) : [];
    rounds += 1;
    if (isFull) forgetDelays([...due, ...others]);
    const giveUp = mayGiveUp();
    for (const lane of due) begin(lane, giveUp);
    for (const lane of others) begin(lane, false);
    metrics.sweepEnded(due.length + others.length, now() - began);
  }

  function begin(ref: SubjectRef, giveUp: boolean): void {
    const { subject } = ref;
    const target = targetOf(ref.target);
    const delay = delays.get(subject);
    if (stopped || target === undefined || draining.has(subject) || now() < (delay?.until ?? 0)) return;
    const gate = delay === undefined ? gates.fresh : gates.tried;
    draining.set(
      subject,
      gate(() => drain(ref, target, giveUp)).finally(() => draining.delete(subject)),
    );
  }

  async function drain({ subject, target: name, tenantId, key }: SubjectRef, target: RouteTarget, giveUp: boolean) {
    if (stopped) return; // it waited for its turn meanwhile
    const ref = { subject, target: name, tenantId, key };
    try {
      const drained = await store.parking.tryHold(subject, (lane) => held.drain(lane, ref, target, giveUp));
      settled(subject, drained?.value);
    } catch (error) {
      delay(subject);
      logger.warn({ subject, error: String(error) }, 'parked lane could not be drained');
    }
  }

  /** A lane that somebody else holds is neither drained nor delayed here. */
  function settled(subject: string, result: DrainResult | undefined): void {
    if (result === 'empty') delays.delete(subject);
    else if (result !== undefined) delay(subject);
  }

  function delay(subject: string): void {
    const ms = Math.min((delays.get(subject)?.ms ?? options.retryMs / 2) * 2, options.maxRetryMs);
    delays.set(subject, { until: now() + ms, ms });
  }

  /** Delays of lanes that nobody lists any more and that have run out. `listed`: by a full look, or the others' would go. */
  function forgetDelays(listed: readonly ParkedLane[]): void {
    const still = new Set(listed.map(({ subject }) => subject));
    for (const [subject, { until }] of delays) if (!still.has(subject) && until < now()) delays.delete(subject);
  }

  async function drainStarted(): Promise<void> {
    const refs = startedRefs;
    startedRefs = new Map();
    const parked = await store.parking.parked([...refs.keys()]);
    for (const ref of refs.values()) if (parked.has(ref.subject)) begin(ref, false);
  }

  const guarded = (work: () => Promise<void>): Promise<void> =>
    work().catch((error) => logger.warn({ error: String(error) }, 'sweep failed; the next round tries again'));

  function next(): void {
    cancelNext = clock.after(options.intervalMs, () => {
      looking = guarded(look).then(() => {
        if (!stopped) next();
      });
    });
  }

  return {
    start: next,
    async round() {
      await look();
      await Promise.all(draining.values());
    },
    started(ref) {
      if (stopped) return;
      startedRefs.set(ref.subject, ref);
      cancelStarted ??= clock.after(STARTED_WAIT_MS, () => {
        cancelStarted = undefined;
        void guarded(drainStarted);
      });
    },
    async stop() {
      stopped = true;
      cancelNext();
      cancelStarted?.();
      await looking;
      await Promise.all(draining.values());
    },
  };
}

/** Starts are gathered for this long before the store is asked whether something waits for them. */
const STARTED_WAIT_MS = 20;
