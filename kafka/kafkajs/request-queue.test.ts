import { quietRequestQueue } from './request-queue';

interface Queue {
  pending: unknown[];
  throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  scheduleCheckPendingRequests(): void;
  checkPendingRequests(): void;
}
type QueueClass = new (options: object) => Queue;

const logger = { debug: () => {}, warn: () => {} };
const options = {
  maxInFlightRequests: 1,
  requestTimeout: 1_000,
  enforceRequestTimeout: false,
  clientId: 'c',
  broker: 'b',
  logger,
};

/** The library's class, not shared with other tests. */
function freshClass(): QueueClass {
  let fresh: QueueClass | undefined;
  jest.isolateModules(() => {
    fresh = jest.requireActual<QueueClass>('kafkajs/src/network/requestQueue');
  });
  if (fresh === undefined) throw new Error('no RequestQueue');
  return fresh;
}

function wakeUpsOf(
  Class: QueueClass,
  prepare: (queue: Queue) => void,
  ms: number,
): { count: number; delays: (number | undefined)[] } {
  jest.useFakeTimers({ now: 1_000_000 });
  try {
    const delays: (number | undefined)[] = [];
    const original = globalThis.setTimeout;
    const spy = jest.spyOn(globalThis, 'setTimeout').mockImplementation(((run: () => void, delay?: number) => {
      delays.push(delay);
      return original(run, delay);
    }) as typeof setTimeout);
    const queue = new Class(options);
    let count = 0;
    const check = queue.checkPendingRequests.bind(queue);
    queue.checkPendingRequests = () => {
      count += 1;
      if (count < 10_000) check();
    };
    prepare(queue);
    queue.scheduleCheckPendingRequests();
    jest.advanceTimersByTime(ms);
    spy.mockRestore();
    return { count, delays };
  } finally {
    jest.useRealTimers();
  }
}

describe("kafkajs's RequestQueue (tulios/kafkajs#1751)", () => {
  it('wakes up every millisecond for ever, with negative timeouts, as it is: the defect is still there', () => {
    const { count, delays } = wakeUpsOf(freshClass(), () => {}, 1_000);
    expect(count).toBeGreaterThan(500);
    expect(delays[0]).toBeLessThan(0);
  });

  it('sleeps while nothing waits, once patched', () => {
    const Class = freshClass();
    quietRequestQueue(Class as never);
    expect(wakeUpsOf(Class, () => {}, 10_000)).toEqual({ count: 0, delays: [] });
  });

  it('looks again when throttling ends, and every 10 ms while requests wait for room, never after a negative time', () => {
    const Class = freshClass();
    quietRequestQueue(Class as never);
    const throttled = wakeUpsOf(
      Class,
      (queue) => {
        queue.pending = [{}];
        queue.throttledUntil = Date.now() + 300;
        queue.checkPendingRequests = jest.fn(() => queue.pending.splice(0));
      },
      1_000,
    );
    expect(throttled.delays).toEqual([300]);
    const full = wakeUpsOf(
      Class,
      (queue) => {
        queue.pending = [{}];
        Object.assign(queue, { canSendSocketRequestImmediately: () => false });
      },
      100,
    );
    expect(full.count).toBe(10);
    expect(Math.min(...full.delays.map((delay) => delay ?? 0))).toBe(10);
  });
});
