import { causesThatStay } from '../../../store/parking/lane-cause';
import type { HeldLane, Store } from '../../../store/store';
import type { DeliveredEvent, ParkCause, ParkedLane, StreamRow, SubjectRef, Verdict } from '../../../store/types';
import { CallError, type CallFault, type WorkflowCalls } from '../workflow-calls';

interface Workflow {
  running: boolean;
  taken: DeliveredEvent[];
}
interface Stream {
  readonly ref: SubjectRef;
  status: 'open' | 'closed';
  readonly consumed: Set<string>;
  readonly late: DeliveredEvent[];
}
interface Lane {
  readonly ref: SubjectRef;
  cause: ParkCause;
  parkedAt: number;
  readonly events: DeliveredEvent[];
}

/** Called before and after each effect, where another process may come in between; may throw to lose the answer. */
export type Hop = (label: string) => Promise<void>;

/** The store (by `hop`) and Temporal (by `toTemporal`), as far as the bridge sees them, in memory: a reference to test order against. */
export function createMemoryWorld(hop: Hop = async () => {}, now: () => number = Date.now, toTemporal: Hop = hop) {
  const workflows = new Map<string, Workflow>();
  const streams = new Map<string, Stream>();
  const lanes = new Map<string, Lane>();
  const held = new Set<string>();
  const faults: (CallFault | undefined)[] = [];
  const calls: string[] = [];

  /** One hop there and one back; a planned fault strikes before the effect, `deadline` after it. */
  async function reach<T>(label: string, effect: () => T): Promise<T> {
    await toTemporal(label);
    const fault = faults.shift();
    if (fault !== undefined && fault !== 'deadline') throw new CallError(fault, `${fault} by plan`);
    calls.push(label);
    const answer = effect();
    await toTemporal(`${label} answers`);
    if (fault === 'deadline') throw new CallError(fault, 'answer lost by plan');
    return answer;
  }
  /** What the server will never take. */
  const refusal: { refuse: (event: DeliveredEvent) => boolean } = { refuse: () => false };
  const accept = (events: readonly DeliveredEvent[]): void => {
    if (events.some(refusal.refuse)) throw new CallError('invalid', 'refused by plan');
  };
  const ids = (events: readonly DeliveredEvent[]) => events.map(({ eventId }) => eventId).join(',');

  const temporal: WorkflowCalls = {
    signal: (ref, events) =>
      reach(`signal ${ids(events)}`, () => {
        accept(events);
        const workflow = workflows.get(ref.subject);
        if (!workflow?.running) return 'not-found';
        workflow.taken.push(...events);
        return 'taken';
      }),
    signalWithStart: (ref, _target, events) =>
      reach(`start ${ids(events)}`, () => {
        accept(events);
        const workflow = workflows.get(ref.subject) ?? { running: true, taken: [] };
        if (!workflow.running) return 'already-started';
        workflows.set(ref.subject, workflow);
        workflow.taken.push(...events);
        return 'taken';
      }),
    barrier: (ref) => reach('barrier', () => (workflows.get(ref.subject)?.running ? 'taken' : 'not-found')),
  };

  const rowOf = (subject: string): StreamRow | undefined => {
    const stream = streams.get(subject);
    if (stream === undefined) return undefined;
    const at = new Date(now()).toISOString();
    return {
      ...stream.ref,
      chain: 'chain',
      version: 1,
      status: stream.status,
      stage: 'placed',
      state: null,
      machineVersion: 1,
      correlationId: 'c',
      deadline: null,
      createdAt: at,
      updatedAt: at,
    };
  };

  const heldLane = (subject: string): HeldLane => ({
    async events(limit) {
      await hop('lane read');
      return (lanes.get(subject)?.events ?? []).slice(0, limit);
    },
    async stream() {
      await hop('stream read');
      return rowOf(subject);
    },
    async cause() {
      await hop('cause read');
      return lanes.get(subject)?.cause;
    },
    async park(ref, events, cause) {
      await hop('park');
      const lane = lanes.get(subject) ?? { ref, cause, parkedAt: now(), events: [] };
      if (!causesThatStay(cause).includes(lane.cause)) lane.cause = cause;
      lanes.set(subject, lane);
      for (const event of events) {
        if (!lane.events.some(({ eventId }) => eventId === event.eventId)) lane.events.push(event);
      }
      await hop('parked');
    },
    async unblock() {
      await hop('unblock');
      const lane = lanes.get(subject);
      if (lane !== undefined && causesThatStay('start-missing').includes(lane.cause)) lane.cause = 'early';
    },
    async remove(eventIds) {
      await hop('remove');
      const lane = lanes.get(subject);
      if (lane === undefined) return 0;
      const left = lane.events.filter(({ eventId }) => !eventIds.includes(eventId));
      lane.events.splice(0, lane.events.length, ...left);
      if (left.length === 0) lanes.delete(subject);
      return left.length;
    },
  });

  const verdictOf = (subject: string, eventId: string): Verdict => {
    const stream = streams.get(subject);
    if (stream === undefined) return 'no-stream';
    if (stream.consumed.has(eventId)) return 'duplicate';
    return stream.status;
  };

  const parkedLanes = (): ParkedLane[] =>
    [...lanes.values()].map(({ ref, cause, parkedAt, events }) => ({
      ...ref,
      cause,
      parkedAt: new Date(parkedAt).toISOString(),
      events: events.length,
    }));

  const parking: Pick<Store['parking'], 'parked' | 'tryHold' | 'due' | 'unstarted'> = {
    async parked(subjects) {
      await hop('parked?');
      return new Set(subjects.filter((subject) => lanes.has(subject)));
    },
    async tryHold(subject, work) {
      await hop('hold');
      if (held.has(subject)) return undefined;
      held.add(subject);
      try {
        const value = await work(heldLane(subject));
        await hop('let go');
        return { value };
      } finally {
        held.delete(subject);
      }
    },
    async due({ earlyMaxAgeMs, limit }) {
      await hop('due');
      return parkedLanes()
        .filter(({ subject, parkedAt }) => streams.has(subject) || Date.parse(parkedAt) <= now() - earlyMaxAgeMs)
        .slice(0, limit);
    },
    async unstarted({ limit }) {
      await hop('unstarted');
      return parkedLanes()
        .filter(({ subject, cause }) => !streams.has(subject) && cause !== 'early' && cause !== 'start-missing')
        .slice(0, limit);
    },
  };

  const store = {
    parking,
    streams: {
      async verdicts(subject: string, eventIds: readonly string[]) {
        await hop('verdicts');
        return eventIds.map((eventId) => verdictOf(subject, eventId));
      },
    },
    async recordLate(ref: SubjectRef, events: readonly DeliveredEvent[], ignore: boolean) {
      await hop('record late');
      const stream = streams.get(ref.subject);
      if (stream?.status !== 'closed') throw new Error('recordLate on a stream that is not closed');
      return events.map((event) => {
        if (stream.consumed.has(event.eventId)) return 'duplicate' as const;
        stream.consumed.add(event.eventId);
        if (!ignore) stream.late.push(event);
        return 'late' as const;
      });
    },
  };

  return Object.assign(refusal, {
    temporal,
    store,
    /** Faults of the next calls to Temporal, in order. */
    plan: (...next: (CallFault | undefined)[]) => faults.push(...next),
    /** What reached Temporal. */
    calls,
    workflows,
    streams,
    lanes,
    /** The worker's side: records what the workflow has taken so far; the first time, that is its stream. */
    record(ref: SubjectRef, status: 'open' | 'closed' = 'open'): void {
      const stream = streams.get(ref.subject) ?? { ref, status, consumed: new Set<string>(), late: [] };
      stream.status = status;
      for (const { eventId } of workflows.get(ref.subject)?.taken ?? []) stream.consumed.add(eventId);
      streams.set(ref.subject, stream);
    },
    /** The workflow's last task is done, or somebody has terminated it. */
    end(subject: string): void {
      const workflow = workflows.get(subject);
      if (workflow) workflow.running = false;
    },
    /** Temporal's retention has forgotten it. */
    forget: (subject: string) => workflows.delete(subject),
  });
}

export type MemoryWorld = ReturnType<typeof createMemoryWorld>;
