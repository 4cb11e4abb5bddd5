import type { LaneBatch } from '../../workflows/kit/wire';
import { createHostMailbox, MAILBOX_LIMITS, type MailboxLimits } from './host-mailbox';
import { placed } from './testing/bridge-parts';
import { CallError } from './workflow-calls';

const { event } = placed();
const batch = (subject: string, events = 1): LaneBatch => ({
  ref: { subject, tenantId: 'acme', key: subject },
  mayStart: true,
  events: Array.from({ length: events }, () => event),
});

/** A host whose calls end when told to; `waiting` is what its barriers answer, one after the other. */
function given(
  limits: Partial<MailboxLimits> = {},
  waiting: number[] = [],
  answer: (call: string[]) => void = () => {},
) {
  const calls: (string[] | 'barrier' | 'pause')[] = [];
  const gates: (() => void)[] = [];
  const mailbox = createHostMailbox(
    {
      async send(batches) {
        const call = batches.map(({ ref }) => ref.subject);
        calls.push(call);
        await new Promise<void>((resolve) => gates.push(resolve));
        answer(call);
      },
      async barrier() {
        calls.push('barrier');
        return waiting.shift() ?? 0;
      },
    },
    { ...MAILBOX_LIMITS, ...limits },
    async () => void calls.push('pause'),
  );
  const answered = async () => {
    await new Promise(setImmediate);
    gates.shift()?.();
    await new Promise(setImmediate);
  };
  return { calls, mailbox, answered };
}

describe('the mailbox of a host', () => {
  it('has one call in flight, and the next takes what came meanwhile', async () => {
    const { calls, mailbox, answered } = given();
    const puts = ['a', 'b', 'c'].map((subject) => mailbox.put(batch(subject)));
    await new Promise(setImmediate);
    expect(calls).toEqual([['a']]);
    await answered();
    expect(calls).toEqual([['a'], ['b', 'c']]);
    await answered();
    await Promise.all(puts);
  });

  it.each([
    ['events', { events: 5 }],
    ['bytes', { bytes: 3 * JSON.stringify(batch('b')).length }],
  ])('bounds a call by %s', async (_, limits) => {
    const { calls, mailbox, answered } = given(limits);
    const puts = [batch('a'), batch('b', 2), batch('c', 2), batch('d', 9), batch('e')].map((each) => mailbox.put(each));
    for (let call = 0; call < 5; call += 1) await answered();
    await Promise.all(puts);
    expect(calls.flat()).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(calls.length).toBeGreaterThanOrEqual(4);
  });

  it('counts bytes and not letters', async () => {
    const { calls, mailbox, answered } = given({ bytes: 1_500 });
    const puts = ['a', 'b', 'c'].map((subject) => {
      const { ref, ...rest } = batch(subject);
      return mailbox.put({ ...rest, ref: { ...ref, key: '診'.repeat(200) } });
    });
    for (let call = 0; call < 3; call += 1) await answered();
    await Promise.all(puts);
    expect(calls).toEqual([['a'], ['b'], ['c']]);
  });

  it('lets the host answer before it is far behind, and waits while it has too much', async () => {
    const { calls, mailbox, answered } = given({ callsPerBarrier: 2, waitingInHost: 10 }, [11, 10]);
    for (const subject of ['a', 'b', 'c']) {
      const put = mailbox.put(batch(subject));
      await new Promise(setImmediate);
      await answered();
      await put;
    }
    expect(calls).toEqual([['a'], ['b'], 'barrier', 'pause', 'barrier', ['c']]);
  });

  it('finds by halves what the server will never take, and sends the rest', async () => {
    const poison = (call: string[]) => {
      if (call.includes('poison')) throw new CallError('invalid', 'too large');
    };
    const { calls, mailbox, answered } = given({}, [], poison);
    const subjects = ['a', 'b', 'poison', 'c', 'd'];
    const puts = Promise.allSettled(subjects.map((subject) => mailbox.put(batch(subject))));
    for (let call = 0; call < 8; call += 1) await answered();
    expect((await puts).map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ]);
    expect(calls.filter((call) => call.includes('poison')).at(-1)).toEqual(['poison']);
  });

  it('bug: the halves of calls with several bad letters passed what the server buffers', async () => {
    const poison = (call: string[]) => {
      if (call.some((subject) => subject.startsWith('poison'))) throw new CallError('invalid', 'too large');
    };
    const { calls, mailbox, answered } = given({ callsPerBarrier: 3 }, [], poison);
    const subjects = [
      'first',
      ...Array.from({ length: 16 }, (_, nth) => `${nth % 4 === 0 ? 'poison' : 'good'}-${nth}`),
    ];
    let settled = false;
    const puts = Promise.allSettled(subjects.map((subject) => mailbox.put(batch(subject))));
    void puts.then(() => {
      settled = true;
    });
    while (!settled) await answered();
    expect((await puts).filter(({ status }) => status === 'rejected')).toHaveLength(4);
    const runs = calls
      .join('|')
      .split('barrier')
      .map((run) => run.split('|').filter(Boolean).length);
    expect(Math.max(...runs)).toBe(3);
  });

  it('fails all lanes of a call whose pace cannot be kept, and goes on', async () => {
    const sent: number[] = [];
    const barriers = [new CallError('deadline', 'no answer')];
    const mailbox = createHostMailbox(
      {
        send: async (batches) => void sent.push(batches.length),
        async barrier() {
          const error = barriers.shift();
          if (error !== undefined) throw error;
          return 0;
        },
      },
      { ...MAILBOX_LIMITS, callsPerBarrier: 1 },
    );
    const puts = ['a', 'b', 'c'].map((subject) => mailbox.put(batch(subject)));
    expect((await Promise.allSettled(puts)).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    await mailbox.put(batch('d'));
    expect(sent).toEqual([1, 1]);
  });

  it('fails all lanes of a call whose answer is lost, and goes on', async () => {
    let failures = 1;
    const { mailbox, answered } = given({}, [], () => {
      failures -= 1;
      if (failures >= 0) throw new CallError('deadline', 'no answer');
    });
    const lost = mailbox.put(batch('a'));
    const next = mailbox.put(batch('b'));
    await answered();
    await expect(lost).rejects.toMatchObject({ fault: 'deadline' });
    await answered();
    await expect(next).resolves.toBeUndefined();
  });
});
