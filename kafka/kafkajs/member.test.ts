import type { ConsumerConfig, ConsumerRunConfig, EachBatchPayload, Kafka } from 'kafkajs';
import { KafkaError } from '../errors';
import { silent } from '../logger';
import type { GroupMember } from '../port';
import { notebook } from '../test/driver-contract';
import { fakeClock, later } from '../test/fake-clock';
import { joinGroup } from './member';

const EVENTS = {
  FETCH: 'fetch',
  HEARTBEAT: 'heartbeat',
  CRASH: 'crash',
  REQUEST: 'request',
  GROUP_JOIN: 'join',
} as const;

/** kafkajs's consumer, as far as a member uses it; a test plays the library's part. */
function fakeKafka() {
  const handlers = new Map<string, (event: { payload: unknown }) => void>();
  const calls = {
    disconnected: 0,
    retriedCommits: 0,
    paused: [] as unknown[],
    resumed: [] as unknown[],
    committed: [] as unknown[],
  };
  const state: {
    config?: ConsumerConfig;
    run?: ConsumerRunConfig;
    pausedNow: unknown[];
    runFails?: Error;
    commitFails?: Error;
  } = { pausedNow: [] };
  const consumer = {
    events: EVENTS,
    on: (name: string, handler: (event: { payload: unknown }) => void) => handlers.set(name, handler),
    connect: async () => {},
    disconnect: async () => {
      calls.disconnected += 1;
    },
    subscribe: async () => {},
    run: async (run: ConsumerRunConfig) => {
      state.run = run;
      if (state.runFails !== undefined) throw state.runFails;
    },
    paused: () => state.pausedNow,
    pause: (topics: unknown) => calls.paused.push(topics),
    resume: (topics: unknown) => calls.resumed.push(topics),
    commitOffsets: async () => {
      calls.retriedCommits += 1;
    },
  };
  const kafka = {
    consumer(config: ConsumerConfig) {
      state.config = config;
      return consumer;
    },
  } as unknown as Kafka;
  const emit = (name: string, payload: unknown): void => handlers.get(name)?.({ payload });
  return {
    kafka,
    calls,
    state,
    emit,
    joined: (memberAssignment: Record<string, number[]>, memberId = 'member-1') =>
      emit(EVENTS.GROUP_JOIN, { memberId, memberAssignment }),
    async batch(
      partition: number,
      offsets: readonly number[],
      fetchedOffset = String(offsets[0]),
      log: { last?: number; end?: number } = {},
    ) {
      const resolved: string[] = [];
      await state.run?.eachBatch?.({
        batch: {
          topic: 't',
          partition,
          fetchedOffset,
          highWatermark: String(log.end ?? 1_000),
          messages: offsets.map((offset) => ({
            offset: String(offset),
            key: null,
            value: Buffer.from('x'),
            timestamp: '5',
            headers: {},
            attributes: 0,
          })),
          firstOffset: () => String(offsets[0]),
          lastOffset: () => String(log.last ?? offsets.at(-1)),
        },
        resolveOffset: (offset: string) => resolved.push(offset),
        commitOffsetsIfNecessary: async (offsets: unknown) => {
          if (state.commitFails !== undefined) throw state.commitFails;
          calls.committed.push(offsets);
        },
      } as unknown as EachBatchPayload);
      return resolved;
    },
  };
}

async function join(fake = fakeKafka()) {
  const clock = fakeClock();
  const notes = notebook();
  const member = await joinGroup(
    fake.kafka,
    { groupId: 'g', topics: ['t'], fromBeginning: true, sessionTimeoutMs: 6_000 },
    notes,
    { clock, logger: silent },
  );
  return { ...fake, clock, notes, member };
}

const codeOf = async (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'none',
    (error: unknown) => (error instanceof KafkaError ? error.code : String(error)),
  );
const commit = (member: GroupMember, partition: number, offset: bigint): Promise<string> =>
  codeOf(member.commit([{ topic: 't', partition, offset }]));

describe('a kafkajs group member', () => {
  it('commits nothing by itself, creates no topics, and waits 250 ms at most', async () => {
    const { state } = await join();
    expect(state.run).toMatchObject({ autoCommit: false, eachBatchAutoResolve: false });
    expect(state.config).toMatchObject({
      allowAutoTopicCreation: false,
      maxWaitTimeInMs: 250,
      sessionTimeout: 6_000,
      heartbeatInterval: 1_000,
    });
  });

  it('hands records over at once and counts them as read', async () => {
    const { joined, batch, notes } = await join();
    joined({ t: [0] });
    expect(await batch(0, [5, 6, 7])).toEqual(['7']);
    expect(notes.read.map(({ offset }) => offset)).toEqual([5n, 6n, 7n]);
    expect(notes.marks).toEqual([1_000n]);
  });

  it('bug: what ends a transaction, behind the last record, was lag that never went away', async () => {
    const { joined, batch, notes } = await join();
    joined({ t: [0] });
    await batch(0, [5, 6], '5', { last: 7, end: 8 });
    expect(notes.marks).toEqual([7n]);
    await batch(0, [8, 9], '8', { last: 10, end: 12 }); // there is more
    expect(notes.marks).toEqual([7n, 12n]);
  });

  it('defect: no revoke hook. A commit is refused from the moment the group is put together again', async () => {
    const { joined, batch, emit, member, calls } = await join();
    joined({ t: [0, 1] });
    await batch(0, [5]);
    expect(await commit(member, 0, 6n)).toBe('none');
    emit(EVENTS.REQUEST, { apiName: 'Fetch' });
    expect(await commit(member, 0, 7n)).toBe('none');
    emit(EVENTS.REQUEST, { apiName: 'JoinGroup' });
    expect(await commit(member, 0, 8n)).toBe('not-assigned');
    joined({ t: [1] });
    await batch(1, [1]);
    expect(await commit(member, 0, 8n)).toBe('not-assigned');
    expect(await commit(member, 1, 2n)).toBe('none');
    expect(calls.committed).toHaveLength(3);
  });

  it('defect: a commit that fails is repeated under the next generation and rewinds the new owner. It is sent once', async () => {
    const { joined, batch, member, calls, state } = await join();
    joined({ t: [0] });
    await batch(0, [5]);
    state.commitFails = Object.assign(new Error('rebalancing'), {
      name: 'KafkaJSProtocolError',
      type: 'REBALANCE_IN_PROGRESS',
      retriable: false,
    });
    expect(await commit(member, 0, 6n)).toBe('not-assigned');
    expect(calls).toMatchObject({ retriedCommits: 0, committed: [] });
  });

  it('defect: commits go backwards. They are refused', async () => {
    const { joined, batch, member } = await join();
    joined({ t: [0] });
    await batch(0, [5]);
    await commit(member, 0, 6n);
    expect(await commit(member, 0, 5n)).toBe('backwards');
  });

  it('defect: a batch of the former assignment comes after the rebalance. It is dropped, and read again from the commit', async () => {
    const { joined, batch, notes } = await join();
    joined({ t: [0] });
    await batch(0, [5, 6]);
    joined({ t: [0] });
    expect(await batch(0, [7, 8])).toEqual([]);
    expect(await batch(0, [5, 6, 7, 8])).toEqual(['8']);
    expect(notes.read.map(({ offset }) => Number(offset))).toEqual([5, 6, 5, 6, 7, 8]);
  });

  it('bug: what it had fetched before the group took it for dead was read again below the commit of another member', async () => {
    const { joined, batch } = await join();
    joined({ t: [0] }, 'member-1');
    await batch(0, [5, 6]);
    joined({ t: [0] }, 'member-2');
    expect(await batch(0, [5, 6])).toEqual([]);
    expect(await batch(0, [6, 7])).toEqual(['7']);
    joined({ t: [0] }, 'member-2');
    expect(await batch(0, [6, 7])).toEqual(['7']);
  });

  it('refuses to commit before anything was read', async () => {
    const { joined, member } = await join();
    joined({ t: [0] });
    expect(await commit(member, 0, 1n)).toBe('not-assigned');
  });

  it('defect: partitions stay paused across rebalances. A new assignment starts with none', async () => {
    const { joined, member, calls, state } = await join();
    joined({ t: [0, 1], u: [3] });
    member.pause([
      { topic: 't', partition: 0 },
      { topic: 't', partition: 1 },
      { topic: 'u', partition: 3 },
    ]);
    member.resume([{ topic: 't', partition: 1 }]);
    expect(calls.paused).toEqual([
      [
        { topic: 't', partitions: [0, 1] },
        { topic: 'u', partitions: [3] },
      ],
    ]);
    state.pausedNow = [{ topic: 't', partitions: [0] }];
    joined({ t: [0] });
    expect(calls.resumed).toEqual([[{ topic: 't', partitions: [1] }], [{ topic: 't', partitions: [0] }]]);
  });

  it('defect: CRASH restarts by itself, also after stop (tulios/kafkajs#1593). It is told once, and the client is closed', async () => {
    const { emit, notes, state, calls, member, joined } = await join();
    expect(await state.config?.retry?.restartOnFailure?.(new Error('x'))).toBe(false);
    joined({ t: [0] });
    const cause = Object.assign(new Error('gone'), { name: 'KafkaJSConnectionClosedError' });
    emit(EVENTS.CRASH, {
      error: Object.assign(new Error('retries exceeded'), { name: 'KafkaJSNumberOfRetriesExceeded', cause }),
    });
    emit(EVENTS.CRASH, { error: new Error('again') });
    expect(notes.crashes).toHaveLength(1);
    expect(notes.crashes[0]).toMatchObject({ code: 'connection', retriable: true });
    expect(calls.disconnected).toBe(1);
    expect(await commit(member, 0, 1n)).toBe('closed');
    joined({ t: [0] });
    expect(notes.assignments).toHaveLength(1);
    expect(calls.disconnected).toBe(2);
    await member.stop();
    member.pause([{ topic: 't', partition: 0 }]);
    member.resume([{ topic: 't', partition: 0 }]);
    expect(calls).toMatchObject({ disconnected: 2, paused: [], resumed: [] });
  });

  it('defect: it stops silently (tulios/kafkajs#659). Without fetch and heartbeat for three session timeouts it is crashed', async () => {
    const { emit, notes, clock, calls } = await join();
    for (let n = 0; n < 4; n += 1) {
      await clock.advance(17_000);
      emit(n % 2 === 0 ? EVENTS.FETCH : EVENTS.HEARTBEAT, {});
    }
    expect(notes.crashes).toEqual([]);
    await clock.advance(18_000);
    expect(notes.crashes[0]).toMatchObject({ code: 'stalled', retriable: true });
    expect(calls.disconnected).toBe(1);
  });

  it('defect: a codec it does not know ends it for good. That is told as unreadable-batch, not to be tried again', async () => {
    const { emit, notes } = await join();
    emit(EVENTS.CRASH, {
      error: Object.assign(new Error('Snappy compression not implemented'), {
        name: 'KafkaJSNotImplemented',
        retriable: false,
      }),
    });
    expect(notes.crashes[0]).toMatchObject({ code: 'unreadable-batch', retriable: false });
  });

  it('takes no batch after stop', async () => {
    const { joined, batch, member, notes, calls, clock } = await join();
    joined({ t: [0] });
    await member.stop();
    expect(await batch(0, [1])).toEqual([]);
    await clock.advance(100_000);
    expect([notes.read, notes.crashes, calls.disconnected]).toEqual([[], [], 1]);
  });

  it('leaves nothing behind when it cannot start', async () => {
    const fake = fakeKafka();
    fake.state.runFails = Object.assign(new Error('no coordinator'), { name: 'KafkaJSGroupCoordinatorNotFound' });
    const gate = later<void>();
    gate.resolve();
    expect(await codeOf(join(fake))).toBe('connection');
    expect(fake.calls.disconnected).toBe(1);
  });
});
