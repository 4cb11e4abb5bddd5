import { type CallLimiter, createCallLimiter, limitedCalls, limitedHostCalls } from './call-limiter';
import { placed, ref, target } from './testing/bridge-parts';
import { CallError, type CallFault } from './workflow-calls';

function given(settings: { floor?: number; ceiling?: number } = {}) {
  let time = 1_000;
  const alarms: { at: number; call: () => void }[] = [];
  const cuts: string[] = [];
  const clock = {
    now: () => time,
    after(ms: number, call: () => void) {
      const alarm = { at: time + ms, call };
      alarms.push(alarm);
      return () => void alarms.splice(alarms.indexOf(alarm), 1);
    },
  };
  const limiter = createCallLimiter({
    settings: { floor: 2, ceiling: 4, ...settings },
    clock,
    random: () => 0,
    metrics: { callWaited: () => undefined, callLimitCut: (why) => cuts.push(why) },
  });
  return {
    limiter,
    cuts,
    async pass(ms: number) {
      time += ms;
      for (const alarm of alarms.filter(({ at }) => at <= time)) {
        alarms.splice(alarms.indexOf(alarm), 1);
        alarm.call();
      }
      await settled();
    },
  };
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Calls that end when they are told to. */
function calls(limiter: Pick<CallLimiter, 'run'>, count: number) {
  const begun: number[] = [];
  const ends: ((fault?: CallFault) => void)[] = [];
  const done = Array.from({ length: count }, (_, nth) =>
    limiter
      .run(() => {
        begun.push(nth);
        return new Promise<void>((resolve, reject) => {
          ends[nth] = (fault) => (fault === undefined ? resolve() : reject(new CallError(fault, fault)));
        });
      })
      .then(
        () => 'answered',
        (error: unknown) => (error instanceof CallError ? error.fault : 'other'),
      ),
  );
  return { begun, end: (nth: number, fault?: CallFault) => ends[nth]?.(fault), done };
}

describe('the limiter', () => {
  it('lets no more through than the limit, the rest in the order they came', async () => {
    const { limiter } = given();
    const { begun, end } = calls(limiter, 5);
    await settled();
    expect(begun).toEqual([0, 1]);
    expect(limiter.stats()).toEqual({ limit: 2, inFlight: 2, waiting: 3 });
    end(1);
    await settled();
    expect(begun).toEqual([0, 1, 2]);
  });

  it.each(['exhausted', 'unavailable', 'deadline'] as const)('shrinks by what is %s', async (fault) => {
    const { limiter, cuts, pass } = given({ ceiling: 16 });
    const { end, done } = calls(limiter, 8);
    await pass(300);
    end(0, fault);
    await settled();
    expect(await done[0]).toBe(fault);
    expect(limiter.stats().limit).toBe(4);
    expect(cuts).toEqual(['refused']);
  });

  it.each(['busy', 'invalid', 'run-full'] as const)(
    'takes %s for an answer: it is about one workflow',
    async (fault) => {
      const { limiter, cuts, pass } = given({ ceiling: 16 });
      const { end } = calls(limiter, 8);
      await pass(300);
      end(0, fault);
      await settled();
      expect(limiter.stats().limit).toBeGreaterThanOrEqual(8);
      expect(cuts).toEqual([]);
    },
  );

  it('holds everything, barriers too, while a refused floor pauses, then tries again', async () => {
    const { limiter, pass } = given();
    const { begun, end } = calls(limiter, 4);
    let barriers = 0;
    await pass(300);
    end(0, 'unavailable');
    end(1, 'unavailable');
    await settled();
    void limiter.barrier(async () => {
      barriers += 1;
    });
    await settled();
    expect([begun.length, barriers]).toEqual([2, 0]);
    await pass(49);
    expect([begun.length, barriers]).toEqual([2, 0]);
    await pass(1);
    expect([begun.length, barriers]).toEqual([4, 1]);
  });

  it('gives barriers way at once, and takes their deadlines for what they are: a busy workflow', async () => {
    const { limiter, cuts, pass } = given({ ceiling: 16 });
    calls(limiter, 8);
    const deadline = limiter.barrier(async () => {
      await pass(5_000);
      throw new CallError('deadline', 'no answer');
    });
    await expect(deadline).rejects.toMatchObject({ fault: 'deadline' });
    expect(limiter.stats()).toEqual({ limit: 8, inFlight: 8, waiting: 0 });
    expect(cuts).toEqual([]);
    await pass(300);
    const away = limiter.barrier(() => Promise.reject(new CallError('unavailable', 'away')));
    await expect(away).rejects.toMatchObject({ fault: 'unavailable' });
    expect(cuts).toEqual(['refused']);
  });

  it('sends nothing that waits once it is stopped', async () => {
    const { limiter } = given();
    const { begun, end, done } = calls(limiter, 3);
    limiter.stop();
    expect(await done[2]).toBe('unavailable');
    end(0);
    expect(await done[0]).toBe('answered');
    expect(begun).toEqual([0, 1]);
    await expect(limiter.run(async () => undefined)).rejects.toMatchObject({ fault: 'unavailable' });
  });

  it('stands before calls to workflows and to hosts alike', async () => {
    const made: string[] = [];
    const counting: CallLimiter = {
      ...createCallLimiter(),
      run: (call) => {
        made.push('call');
        return call();
      },
      barrier: (call) => {
        made.push('barrier');
        return call();
      },
    };
    const taken = async () => 'taken' as const;
    const own = limitedCalls({ signal: taken, signalWithStart: taken, barrier: taken }, counting);
    await own.signal(ref, [placed().event]);
    await own.signalWithStart(ref, target, [placed().event]);
    await own.barrier(ref, 100);
    const host = limitedHostCalls({ send: async () => undefined, barrier: async () => 3 }, counting);
    await host.send([]);
    expect(await host.barrier(100)).toBe(3);
    expect(made).toEqual(['call', 'call', 'barrier', 'call', 'barrier']);
  });
});
