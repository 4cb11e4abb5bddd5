import type { IncomingRecord } from '../port';
import { createAlarms } from './alarms';
import { backPressure } from './back-pressure';
import { type Call, createCore, type Output } from './core';
import { createTracker } from './tracker';
import { type ConsumerLimits, DEFAULT_LIMITS } from './types';

const topic = 't';
const at = (offset: number, key = 'a', bytes = 10, partition = 0): IncomingRecord => ({
  topic,
  partition,
  offset: BigInt(offset),
  key,
  value: Buffer.alloc(bytes),
  headers: {},
  timestamp: 0,
});

function setUp(limits: Partial<ConsumerLimits> = {}) {
  let now = 0;
  const core = createCore<number>({
    split: (record) => [
      { lane: record.key ?? '', work: Number(record.offset), shared: record.key?.startsWith('shared') },
    ],
    limits: { ...DEFAULT_LIMITS, ...limits },
    retry: { initialMs: 100, maxMs: 1_000 },
    random: () => 0,
  });
  const step = (input: Parameters<typeof core.step>[0]): readonly Output<number>[] => core.step(input, now);
  step({ type: 'assigned', partitions: [{ topic, partition: 0 }] });
  return {
    core,
    step,
    records: (...records: IncomingRecord[]) => callsOf(step({ type: 'records', records, highWatermark: 1_000n })),
    settled: (call: Call<number> | undefined) => (call === undefined ? [] : step({ type: 'settled', call })),
    failed: (call: Call<number> | undefined) => (call === undefined ? [] : step({ type: 'failed', call })),
    pass(ms: number) {
      now += ms;
      return step({ type: 'timer' });
    },
  };
}

const callsOf = (outputs: readonly Output<number>[]): Call<number>[] =>
  outputs.flatMap((output) => (output.type === 'settle' ? [output.call] : []));
const works = (calls: readonly Call<number>[]): number[][] => calls.map(({ batch }) => batch.map(({ work }) => work));
const only = <T>(list: readonly T[]): T => {
  expect(list).toHaveLength(1);
  return list[0] as T;
};

describe('the consumer core', () => {
  it('doubles the wait from try to try, up to its limit, and starts anew after a success', () => {
    const { core, records, failed, settled, pass } = setUp();
    let [call] = records(at(0));
    const waits: number[] = [];
    let now = 0;
    for (let attempt = 0; attempt < 6; attempt += 1) {
      failed(call);
      const wait = (core.wakeAt() ?? 0) - now;
      waits.push(wait);
      expect(works(callsOf(pass(wait - 1)))).toEqual([]);
      [call] = callsOf(pass(1));
      now += wait;
    }
    expect(waits).toEqual([100, 200, 400, 800, 1_000, 1_000]);
    settled(call);
    failed(records(at(1))[0]);
    expect((core.wakeAt() ?? 0) - now).toBe(100);
  });

  it('keeps a lane behind its failed batch, and the batch as it was', () => {
    const { records, failed, pass } = setUp();
    const [call] = records(at(0), at(1));
    records(at(2));
    expect(callsOf(failed(call))).toEqual([]);
    expect(records(at(3), at(4, 'b')).map(({ lane }) => lane)).toEqual(['b']);
    expect(works(callsOf(pass(100)))).toEqual([[0, 1]]);
  });

  it('limits a batch by items and by bytes, but one item always goes', () => {
    const byItems = setUp({ maxBatch: 2 });
    const first = byItems.records(at(0), at(1), at(2));
    expect(works(first)).toEqual([[0, 1]]);
    expect(works(callsOf(byItems.settled(first[0])))).toEqual([[2]]);
    const byBytes = setUp({ maxBatchBytes: 100 });
    let calls = byBytes.records(at(0, 'a', 60), at(1, 'a', 60), at(2, 'a', 500), at(3, 'a', 40));
    const seen: number[][] = [];
    while (calls.length > 0) {
      seen.push(...works(calls));
      calls = callsOf(byBytes.settled(calls[0]));
    }
    expect(seen).toEqual([[0], [1], [2], [3]]);
  });

  it('has no more calls in flight than allowed, longest waiting lane first', () => {
    const { records, settled } = setUp({ maxInFlight: 2 });
    const [one] = records(at(0, 'a'), at(1, 'b'), at(2, 'c'), at(3, 'a'));
    expect(works(callsOf(settled(one)))).toEqual([[2]]);
  });

  it('starts lanes that share their calls beside the others, with room of their own', () => {
    const { records, settled } = setUp({ maxInFlight: 1, maxShared: 2 });
    const calls = records(...['a', 'shared-a', 'b', 'shared-b', 'shared-c'].map((key, offset) => at(offset, key)));
    expect(works(calls)).toEqual([[0], [1], [3]]);
    expect(works(callsOf(settled(calls[1])))).toEqual([[4]]);
    expect(works(callsOf(settled(calls[0])))).toEqual([[2]]);
  });

  it('commits after the interval, contiguously, and only when something is finished', () => {
    const { core, records, settled, step, pass } = setUp();
    expect(core.wakeAt()).toBeUndefined();
    const [a, b] = records(at(0, 'a'), at(1, 'b'), at(2, 'a'));
    settled(b);
    expect(core.wakeAt()).toBeUndefined();
    settled(a);
    expect(core.wakeAt()).toBe(100);
    const note = only(pass(100).filter(({ type }) => type === 'note'));
    expect(note).toMatchObject({ records: [{ offset: 0n }, { offset: 1n }, { offset: 2n }] });
    const commit = only(step({ type: 'noted', id: 1 }));
    expect(commit).toEqual({ type: 'commit', id: 1, offsets: [{ topic, partition: 0, offset: 3n }], records: 3 });
    step({ type: 'committed', id: 1 });
    expect(core.wakeAt()).toBeUndefined();
    expect(step({ type: 'noted', id: 1 })).toEqual([]);
    expect(step({ type: 'committed', id: 1 })).toEqual([]);
    expect(step({ type: 'commit-failed', id: 1 })).toEqual([]);
  });

  it('waits longer after each commit that fails', () => {
    const { core, records, settled, step, pass } = setUp();
    settled(records(at(0))[0]);
    const waits: number[] = [];
    let now = 0;
    for (let id = 1; id <= 8; id += 1) {
      const wait = (core.wakeAt() ?? 0) - now;
      waits.push(wait);
      now += wait;
      only(pass(wait));
      step({ type: id % 2 === 0 ? 'note-failed' : 'commit-failed', id });
    }
    expect(waits).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
  });

  it('commits what was finished meanwhile with the next commit', () => {
    const { core, records, settled, step, pass } = setUp();
    settled(records(at(0))[0]);
    pass(100);
    settled(records(at(1))[0]);
    step({ type: 'noted', id: 1 });
    step({ type: 'committed', id: 1 });
    expect(core.wakeAt()).toBe(200);
    expect(only(pass(100))).toMatchObject({ type: 'note', records: [{ offset: 1n }] });
  });

  it('begins anew where a log does, and does not commit below what it committed before', () => {
    const { core, records, settled, step, pass } = setUp();
    settled(records(at(10), at(11))[0]);
    pass(100);
    step({ type: 'noted', id: 1 });
    step({ type: 'committed', id: 1 });
    records(at(12));
    // The log was cut off and written again: what is queued of the old one is dropped, what is in flight finishes.
    const calls = records(at(3, 'b'), at(4, 'c'));
    expect(works(calls)).toEqual([[3], [4]]);
    for (const call of calls) settled(call);
    pass(100);
    expect(step({ type: 'noted', id: 2 })).toEqual([]);
    expect(core.stats().bufferedRecords).toBe(0);
    expect(core.lag()).toEqual([{ topic, partition: 0, lag: 995 }]);
    const next = records(at(12, 'd'));
    settled(next[0]);
    pass(100);
    expect(only(step({ type: 'noted', id: 3 }))).toMatchObject({ offsets: [{ offset: 13n }] });
  });

  it('bug: a partition whose log began anew stayed paused when nothing of it was above what had been committed', () => {
    const { core, records, settled, step, pass } = setUp({ maxBufferedRecords: 2 });
    settled(records(at(100))[0]);
    pass(100);
    step({ type: 'noted', id: 1 });
    step({ type: 'committed', id: 1 });
    const [anew] = records(at(0), at(1), at(2));
    expect(core.stats().paused).toBe(1);
    settled(anew);
    expect(step({ type: 'noted', id: 2 })).toEqual([{ type: 'resume', partitions: [{ topic, partition: 0 }] }]);
    expect(core.stats()).toMatchObject({ paused: 0, bufferedRecords: 0 });
  });

  it('drops of a lane only what belongs to the partition whose log began anew', () => {
    const { core, step, records, settled } = setUp();
    step({
      type: 'assigned',
      partitions: [
        { topic, partition: 0 },
        { topic, partition: 1 },
      ],
    });
    const [first] = records(at(10), at(11));
    records(at(12));
    records(at(7, 'a', 10, 1));
    expect(records(at(3))).toEqual([]);
    expect(works(callsOf(settled(first)))).toEqual([[7, 3]]);
    expect(core.stats().partitions).toBe(2);
  });

  it('does not try again what a former assignment brought', () => {
    const { core, records, failed, step } = setUp();
    const [call] = records(at(0), at(1));
    records(at(2));
    step({ type: 'assigned', partitions: [] });
    expect(failed(call)).toEqual([]);
    expect(core.stats()).toMatchObject({ lanes: 0, inFlight: 0, partitions: 0 });
    expect(records(at(3))).toEqual([]);
  });

  it('drops a batch that waits for its next try when the assignment changes', () => {
    const { core, records, failed, step, pass } = setUp();
    failed(records(at(0))[0]);
    expect(core.stats().retrying).toBe(1);
    step({ type: 'assigned', partitions: [{ topic, partition: 0 }] });
    expect(core.stats()).toMatchObject({ retrying: 0, lanes: 0 });
    const [call] = records(at(0));
    failed(call);
    expect(works(callsOf(pass(99)))).toEqual([]);
    expect(works(callsOf(pass(1)))).toEqual([[0]]);
  });

  it('throws at a call that it did not start: a bug of the shell', () => {
    const { records, settled } = setUp();
    const [call] = records(at(0));
    settled(call);
    expect(() => settled(call)).toThrow('no call in flight for lane a');
  });

  it('commits at once when a quarter of what it may hold is held', () => {
    const { records, settled } = setUp({ maxBufferedRecords: 8 });
    const calls = records(at(0), at(1, 'b'), at(2, 'c'));
    expect(settled(calls[0]).map(({ type }) => type)).toContain('note');
  });

  it('moves tens of thousands of records a second through many lanes, one by one', () => {
    const { core, step } = setUp();
    const total = 200_000;
    const began = process.hrtime.bigint();
    let offset = 0;
    let id = 0;
    let calls: Call<number>[] = [];
    let now = 0;
    while (offset < total || calls.length > 0) {
      if (offset < total) {
        const batch = Array.from({ length: 500 }, (_, index) => at(offset + index, `lane-${(offset + index) % 600}`));
        offset += 500;
        calls.push(...callsOf(step({ type: 'records', records: batch, highWatermark: BigInt(total) })));
      }
      const settling = calls;
      calls = [];
      now += 1;
      for (const call of settling) {
        for (const output of core.step({ type: 'settled', call }, now)) {
          if (output.type === 'settle') calls.push(output.call);
          if (output.type !== 'note') continue;
          id = output.id;
          core.step({ type: 'noted', id }, now);
          calls.push(...callsOf(core.step({ type: 'committed', id }, now)));
        }
      }
    }
    const seconds = Number(process.hrtime.bigint() - began) / 1e9;
    expect(core.stats()).toMatchObject({ lanes: 0, inFlight: 0 });
    expect(total / seconds).toBeGreaterThan(10_000);
  });
});

describe('back-pressure', () => {
  const marks = { maxBufferedRecords: 90, maxBufferedBytes: 90_000 };
  const holding = (records: number, bytes = 1) => {
    const tracker = createTracker({ topic, partition: records });
    for (let offset = 0; offset < records; offset += 1) tracker.add(at(offset, 'a', bytes), 1);
    return tracker;
  };

  it('pauses nothing below the mark, and above it those above their share', () => {
    const [full, half, empty] = [holding(80), holding(5), holding(0)];
    expect(backPressure([full, half, empty], new Set(), marks).pause).toEqual([]);
    const fuller = holding(95);
    expect(backPressure([fuller, half, empty], new Set(), marks).pause).toEqual([fuller]);
    expect(backPressure([fuller, half, empty], new Set([fuller]), marks)).toMatchObject({ pause: [], resume: [] });
  });

  it('counts bytes as well', () => {
    const heavy = holding(2, 60_000);
    expect(backPressure([heavy, holding(1)], new Set(), marks).pause).toEqual([heavy]);
  });

  it('resumes what has come down to half its share, or everything when all is low', () => {
    const [full, drained, middling] = [holding(80), holding(14), holding(16)];
    const all = [full, drained, middling];
    expect(backPressure(all, new Set([full, drained, middling]), marks).resume).toEqual([drained]);
    const low = holding(40);
    expect(backPressure([low], new Set([low]), marks).resume).toEqual([low]);
  });
});

describe('alarms', () => {
  it('ring in the order of their times, whatever the order they were set in', () => {
    const alarms = createAlarms<number>();
    const times = Array.from({ length: 500 }, (_, n) => (n * 7_919) % 503);
    for (const time of times) alarms.set(time, time);
    const sorted = [...times].sort((a, b) => a - b);
    expect(alarms.next()).toBe(sorted[0]);
    const early = alarms.due(200);
    expect(early).toEqual(sorted.filter((time) => time <= 200));
    expect([...early, ...alarms.due(10_000)]).toEqual(sorted);
    expect(alarms.next()).toBeUndefined();
  });
});
