import { defineSearchAttributeKey } from '@temporalio/common';
import {
  defineQuery,
  defineSignal,
  defineUpdate,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { AppendRequest, SubjectRef } from '../../activities/recording/recording.activities';
import type { Inbox } from './inbox';
import { piecesOf } from './late';
import { followed, type Tracing } from './recorded';
import { type CausedBy, createRecorder } from './recorder';
import { DOMAIN_EVENTS, INBOX_BARRIER, STATUS, type SubjectStatus, type WireEvent, type WorkflowInput } from './wire';

const domainEvents = defineSignal<[readonly WireEvent[]]>(DOMAIN_EVENTS);
const inboxBarrier = defineUpdate<number>(INBOX_BARRIER);
const status = defineQuery<SubjectStatus>(STATUS);
const STAGE = defineSearchAttributeKey('Stage', 'KEYWORD');

/** The stream belongs to another run chain: this one may act on nothing (docs/architecture.md, "Who decides what"). */
export class ForeignChain extends Error {
  override readonly name = 'ForeignChain';
}

export type Append = Pick<AppendRequest, 'transitions' | 'consumed' | 'late' | 'after'>;

/** Ids that the subject had taken before; if there are any, nothing was appended. */
export interface Appended {
  readonly duplicates: readonly string[];
}

/** The Temporal side of one subject: its handlers, its stream's version and its one way to record. */
export class Subject {
  readonly ref: SubjectRef;
  version: number;
  tracing: Tracing = { correlationId: '' };
  private stage: string | null = null;
  private deadline: string | null = null;
  private readonly recorder;

  /** Sets the handlers: call it before the first await, so that no signal waits without one. */
  constructor(
    input: WorkflowInput,
    private readonly inbox: Inbox,
    at: { readonly version: number; readonly stage: string | null } = { version: 0, stage: null },
  ) {
    const { subject, target, tenantId, key } = input;
    this.ref = { subject, target, tenantId, key };
    this.version = at.version;
    this.stage = at.stage;
    this.recorder = createRecorder(input.recording ?? 'activity');
    setHandler(domainEvents, (events) => inbox.receive(events));
    setHandler(inboxBarrier, () => inbox.size);
    setHandler(status, () => this.status());
  }

  /** What follows runs under the trace of the newest of these events. */
  follow(events: readonly WireEvent[]): void {
    this.tracing = followed(this.tracing, events);
  }

  /**
   * Compare-and-append at the version that this chain knows. Answers ids that the subject took before; nothing was
   * appended then.
   * @throws ForeignChain if the stream is another chain's; a plain error on a conflict: the task fails and waits
   */
  async append(append: Append, causedBy: CausedBy): Promise<Appended> {
    const request = { ...this.ref, ...this.tracing, chain: chain(), expectedVersion: this.version, ...append };
    const result = await this.recorder.record(request, causedBy);
    switch (result.status) {
      case 'recorded':
        this.version += append.transitions.length;
        this.deadline = append.after.deadline ?? null;
        this.showStage(append.after.stage);
        return { duplicates: [] };
      case 'duplicates':
        return { duplicates: result.eventIds };
      case 'foreign-chain':
        throw new ForeignChain(`${this.ref.subject} belongs to chain ${result.chain}`);
      case 'superseded':
      case 'known':
        throw new Error(`${this.ref.subject} has a workflow of its own and was answered as if it had a host`);
      case 'conflict':
        throw new Error(`${this.ref.subject} is recorded otherwise: ${result.detail}`);
      default:
        return result satisfies never;
    }
  }

  /**
   * The closing append, with `left` and what waits recorded as late, and further ones until nothing waits. The caller
   * returns with no await after this: what came in between would be lost.
   */
  async close(append: Omit<Append, 'late'>, causedBy: CausedBy, left: readonly WireEvent[]): Promise<Appended> {
    const [late = [], ...more] = piecesOf(left);
    const appended = await this.append({ ...append, late }, causedBy);
    if (appended.duplicates.length === 0) await this.drain(append.after, more.flat());
    return appended;
  }

  /** Records `left` and what waits as late, until nothing waits. */
  async drain(after: AppendRequest['after'], left: readonly WireEvent[] = []): Promise<void> {
    for (let late = [...left, ...this.inbox.take()]; late.length > 0; late = this.inbox.take()) {
      for (const piece of piecesOf(late)) {
        await this.append({ transitions: [], consumed: [], late: piece, after }, 'clock-or-effect');
      }
    }
  }

  /** Writes off what was taken and what comes, until nothing waits. The caller returns with no await after this. */
  async settleForeign(taken: readonly WireEvent[]): Promise<void> {
    for (let events = [...taken, ...this.inbox.take()]; events.length > 0; events = this.inbox.take()) {
      for (const piece of piecesOf(events)) await this.recorder.settleForeign(this.ref, piece);
    }
  }

  private showStage(stage: string): void {
    if (stage === this.stage) return;
    this.stage = stage;
    upsertSearchAttributes([{ key: STAGE, value: stage }]);
  }

  private status(): SubjectStatus {
    const { ref, stage, version, deadline, inbox } = this;
    return { subject: ref.subject, stage, version, deadline, waiting: inbox.size };
  }
}

const chain = (): string => workflowInfo().firstExecutionRunId;
