import type { RecordingActivities } from '../../activities/recording/recording.activities';
import { decideAppend, requireSound } from '../../store/append/decide-append';
import { decideAfterClose } from '../../store/append/decide-late';
import type { Stored, StoredTransition, Writes } from '../../store/append/stored';
import type { AppendRequest, AppendResult, DeliveredEvent, Json, SubjectRef } from '../../store/types';
import { Watched } from './watched';

export interface MemoryTransition {
  readonly version: number;
  readonly from: string | null;
  readonly to: string;
  readonly causes: readonly string[];
  readonly reason: string | null;
  readonly data: Json;
}

export interface MemoryStream {
  readonly subject: string;
  readonly tenantId: string;
  readonly key: string;
  readonly machineVersion: number;
  readonly chain: string;
  readonly version: number;
  readonly status: 'open' | 'closed';
  readonly stage: string;
  readonly state: Json;
  readonly deadline: string | null;
  readonly correlationId: string;
  readonly traceparents: readonly (string | null)[];
  readonly transitions: readonly MemoryTransition[];
  /** The version that each event met. */
  readonly consumed: ReadonlyMap<string, number>;
  readonly late: readonly DeliveredEvent[];
}

/** The store's own decisions over maps, as recording activities: for tests of workflows. */
export class MemoryStore extends Watched implements RecordingActivities {
  private readonly streams = new Map<string, MemoryStream>();
  readonly parked = new Map<string, DeliveredEvent[]>();
  readonly requests: AppendRequest[] = [];
  /** Called before each append is decided; may throw or wait. */
  beforeAppend: (request: AppendRequest) => Promise<void> | void = () => undefined;
  /** Called after each append is stored, before it is answered; may throw or wait. */
  afterAppend: (request: AppendRequest) => Promise<void> | void = () => undefined;

  /** Answers in place of the store, if it answers. */
  override: (request: AppendRequest) => AppendResult | undefined = () => undefined;

  recordTransitions = async (request: AppendRequest) => {
    await this.beforeAppend(request);
    const overridden = this.override(request);
    if (overridden) return overridden;
    requireSound(request);
    const { result, writes } = decideAppend(this.stored(request.subject), request, new Date().toISOString());
    this.requests.push(request);
    if (writes) this.write(request.subject, writes);
    await this.afterAppend(request);
    return result;
  };

  settleForeign = async (ref: SubjectRef, events: readonly DeliveredEvent[]) => {
    const stored = this.stored(ref.subject);
    const { result, writes } = decideAfterClose(stored, ref.subject, events, false);
    if (writes) this.write(ref.subject, writes);
    if (result !== 'open') return;
    const lane = this.parked.get(ref.subject) ?? [];
    const known = new Set([...stored.consumed.keys(), ...lane.map(({ eventId }) => eventId)]);
    this.parked.set(ref.subject, [...lane, ...events.filter(({ eventId }) => !known.has(eventId))]);
    this.changed();
  };

  /** A stream that another run chain of the subject began, having taken one event. */
  async beginElsewhere(ref: SubjectRef, eventId: string, closed: boolean): Promise<void> {
    await this.recordTransitions({
      ...ref,
      chain: 'another chain',
      correlationId: 'another',
      expectedVersion: 0,
      transitions: [{ from: null, to: 'begun', causes: [eventId] }],
      consumed: [{ eventId, version: 0 }],
      late: [],
      after: { stage: 'begun', state: {}, machineVersion: 1, closed },
    });
  }

  /** Takes the hooks away; keeps the streams. */
  reset(): void {
    this.beforeAppend = () => undefined;
    this.afterAppend = () => undefined;
    this.override = () => undefined;
  }

  /** @throws if the subject has no stream */
  stream(subject: string): MemoryStream {
    const stream = this.streams.get(subject);
    if (stream === undefined) throw new Error(`${subject} has no stream`);
    return stream;
  }

  find(subject: string): MemoryStream | undefined {
    return this.streams.get(subject);
  }

  all(): MemoryStream[] {
    return [...this.streams.values()];
  }

  stages(subject: string): string[] {
    return this.stream(subject).transitions.map(({ to }) => to);
  }

  reasons(subject: string): (string | null)[] {
    return this.stream(subject).transitions.map(({ reason }) => reason);
  }

  /** Resolves when the subject's stream is in this stage; time-skipping servers do not skip meanwhile. */
  untilStage(subject: string, stage: string, version = 0): Promise<void> {
    return this.until(`${subject} in ${stage}`, () => {
      const stream = this.streams.get(subject);
      return stream !== undefined && stream.stage === stage && stream.version >= version;
    });
  }

  untilConsumed(subject: string, eventId: string): Promise<void> {
    return this.until(`${subject} takes ${eventId}`, () => this.streams.get(subject)?.consumed.has(eventId) === true);
  }

  private stored(subject: string): Stored {
    const stream = this.streams.get(subject);
    const transitions = (stream?.transitions ?? []).map((transition): [number, StoredTransition] => [
      transition.version,
      { ...transition, recordedAt: '2026-01-01T00:00:00.000Z' },
    ]);
    return { stream, consumed: stream?.consumed ?? new Map(), transitions: new Map(transitions) };
  }

  private write(subject: string, { stream: row, consumed, transitions, late }: Writes): void {
    const before = this.streams.get(subject) ?? row;
    if (before === undefined) throw new Error(`${subject} is written without a row`);
    const known: Partial<MemoryStream> = this.streams.get(subject) ?? {};
    this.streams.set(subject, {
      ...before,
      ...row,
      traceparents: [...(known.traceparents ?? []), ...transitions.map(({ traceparent }) => traceparent)],
      transitions: [
        ...(known.transitions ?? []),
        ...transitions.map(({ version, from, to, causes, reason = null, data = null }) => ({
          version,
          from,
          to,
          causes,
          reason,
          data,
        })),
      ],
      consumed: new Map([
        ...(known.consumed ?? []),
        ...consumed.map(({ eventId, version }): [string, number] => [eventId, version]),
      ]),
      late: [...(known.late ?? []), ...late.map(({ event }) => event)],
    });
    this.changed();
  }
}
