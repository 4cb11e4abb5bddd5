import { transitionId } from '../../store/transition-id';
import { deadLetter, streamRow, transition } from '../testing/samples';
import { type StartedApi, startApi } from '../testing/start-api';

let started: StartedApi;

beforeEach(async () => {
  started = await startApi({ limits: { publishTimeoutMs: 200 } });
});
afterEach(() => started.stop());

describe('POST /v1/workflows/:id/decisions', () => {
  const subject = 'orderSaga/acme/o-1';
  const decide = (body: unknown, id = subject) =>
    started.call('POST', `/v1/workflows/${encodeURIComponent(id)}/decisions`, { body });
  const stuck = () => {
    started.store.rows.push(streamRow('o-1', { stage: 'stuck', version: 4 }));
    started.store.history.set(
      subject,
      [1, 2, 3, 4].map((version) => transition(subject, version)),
    );
  };

  it('publishes the decision, caused by the transition that it answers', async () => {
    stuck();
    const answer = await decide({ decision: 'retry', stuckVersion: 4, note: 'stock repaired' });
    expect(answer).toMatchObject({ status: 202, body: { topic: 'platform.operator.events' } });
    const [sent] = started.publisher.events();
    expect(sent?.event).toMatchObject({
      eventId: answer.body.eventId,
      eventType: 'OperatorDecided',
      tenantId: 'acme',
      aggregateId: expect.any(String),
      correlationId: 'corr-1',
      causationId: transitionId(subject, 4),
      data: {
        target: 'orderSaga',
        key: 'o-1',
        decision: 'retry',
        stuckVersion: 4,
        operator: 'development',
        note: 'stock repaired',
      },
    });
  });

  it('gives a repeated decision the same id, and another decision another one', async () => {
    stuck();
    const ids = [];
    for (const decision of ['retry', 'retry', 'give-up'])
      ids.push((await decide({ decision, stuckVersion: 4 })).body.eventId);
    expect(ids[1]).toBe(ids[0]);
    expect(ids[2]).not.toBe(ids[0]);
  });

  it.each([
    ['an unknown workflow', () => {}, { decision: 'retry', stuckVersion: 4 }, 404, 'not-found'],
    [
      'one that is not stuck',
      () => started.store.rows.push(streamRow('o-1', { version: 4 })),
      { decision: 'retry', stuckVersion: 4 },
      409,
      'not-stuck',
    ],
    [
      'one that has closed',
      () => started.store.rows.push(streamRow('o-1', { stage: 'stuck', status: 'closed', version: 4 })),
      { decision: 'retry', stuckVersion: 4 },
      409,
      'not-stuck',
    ],
    ['a version that has passed', stuck, { decision: 'retry', stuckVersion: 3 }, 409, 'stuck-version-passed'],
    ['a version yet to come', stuck, { decision: 'retry', stuckVersion: 5 }, 409, 'stuck-version-passed'],
    ['a decision that nobody knows', stuck, { decision: 'shrug', stuckVersion: 4 }, 400, 'invalid-request'],
    ['a missing version', stuck, { decision: 'retry' }, 400, 'invalid-request'],
    [
      "an operator of the caller's choice",
      stuck,
      { decision: 'retry', stuckVersion: 4, operator: 'eve' },
      400,
      'invalid-request',
    ],
    ['malformed JSON', stuck, '{"decision":', 400, 'malformed-json'],
  ])('refuses %s', async (_what, given, body, status, code) => {
    given();
    expect(await decide(body)).toMatchObject({ status, body: { code } });
    expect(started.publisher.records).toEqual([]);
  });

  it('answers 503 while Kafka is away', async () => {
    stuck();
    started.publisher.away = 'failing';
    expect(await decide({ decision: 'retry', stuckVersion: 4 })).toMatchObject({
      status: 503,
      body: { code: 'kafka-unavailable' },
    });
  });
});

describe('dead letters', () => {
  const get = (path: string) => started.call('GET', path);
  const redrive = (id: string) => started.call('POST', `/v1/dead-letters/${id}/redrive`);

  it('are listed by tenant, topic and cause', async () => {
    started.store.letters.push(
      deadLetter('d-1'),
      deadLetter('d-2', { tenantId: 'globex', cause: 'late' }),
      deadLetter('d-3', { tenantId: null, originalTopic: 'commerce.payments.events' }),
    );
    const idsOf = async (query: string) =>
      (await get(`/v1/dead-letters${query}`)).body.items.map(({ id }: { id: string }) => id);
    expect(await idsOf('')).toEqual(['d-1', 'd-2', 'd-3']);
    expect(await idsOf('?tenant=globex')).toEqual(['d-2']);
    expect(await idsOf('?cause=late')).toEqual(['d-2']);
    expect(await idsOf('?cause=never-started')).toEqual([]);
    expect(await idsOf('?topic=commerce.payments.events')).toEqual(['d-3']);
  });

  it('are asked for by a cause that the platform or a letter has, or the answer names those of the platform', async () => {
    started.store.letters.push(deadLetter('d-1', { cause: 'card-stolen' }));
    expect((await get('/v1/dead-letters?cause=card-stolen')).body.items).toHaveLength(1);
    expect(await get('/v1/dead-letters?cause=lateness')).toMatchObject({
      status: 400,
      body: {
        code: 'invalid-request',
        errors: [{ parameter: 'cause', detail: expect.stringMatching(/schema-violation.* late, never-started/) }],
      },
    });
  });

  it('show their record, as text or in base64', async () => {
    started.store.letters.push(
      deadLetter('d-1'),
      deadLetter('d-2', { value: Buffer.from([0xff, 0x00]) }),
      deadLetter('d-3', { value: null }),
    );
    expect((await get('/v1/dead-letters/d-1')).body).toMatchObject({
      cause: 'schema-violation',
      original: { topic: 'commerce.orders.events', partition: 3, offset: '42' },
      deadLetter: { topic: 'commerce.orders.events.dlq', partition: 0, offset: '7' },
      headers: { 'event-type': 'OrderPlaced' },
      value: { encoding: 'utf8', content: '{"eventType":"OrderPlaced"}' },
    });
    expect((await get('/v1/dead-letters/d-2')).body.value).toEqual({ encoding: 'base64', content: '/wA=' });
    expect((await get('/v1/dead-letters/d-3')).body.value).toBeNull();
    expect((await get('/v1/dead-letters/d-4')).status).toBe(404);
  });

  it('go back to where they came from, counted, without the headers that say why they died', async () => {
    started.store.letters.push(deadLetter('d-1'));
    const answer = await redrive('d-1');
    expect(answer).toMatchObject({ status: 202, body: { topic: 'commerce.orders.events', redriveCount: 1 } });
    expect(started.publisher.records).toEqual([
      {
        topic: 'commerce.orders.events',
        key: 'o-1',
        value: Buffer.from('{"eventType":"OrderPlaced"}'),
        headers: { 'event-type': 'OrderPlaced', 'x-redrive-id': answer.body.redriveId, 'x-redrive-count': '1' },
      },
    ]);
    expect((await redrive('d-1')).body).toMatchObject({ redriveCount: 2 });
  });

  it('count on when a redriven record died again, and find their partition without a key', async () => {
    started.store.letters.push(deadLetter('d-1', { key: null, headers: { 'x-redrive-count': '2' } }));
    expect((await get('/v1/dead-letters/d-1')).body.redriveCount).toBe(2);
    expect((await redrive('d-1')).body.redriveCount).toBe(3);
    expect((await get('/v1/dead-letters')).body.items).toMatchObject([{ redriveCount: 3 }]);
    expect(started.publisher.records[0]).toMatchObject({ partition: 3, headers: { 'x-redrive-count': '3' } });
  });

  it('keep the id of a redrive until the store has noted it', async () => {
    started.store.letters.push(deadLetter('d-1'));
    const noted = started.store.deadLetters.markRedriven;
    started.store.deadLetters.markRedriven = () => Promise.reject(new Error('gone'));
    expect((await redrive('d-1')).status).toBe(500);
    started.store.deadLetters.markRedriven = noted;
    await redrive('d-1');
    const [first, again] = started.publisher.records;
    expect(again?.headers['x-redrive-id']).toBe(first?.headers['x-redrive-id']);
  });

  it('stay where they are when Kafka is away, or their topic is none of ours', async () => {
    started.store.letters.push(deadLetter('d-1'), deadLetter('d-2', { originalTopic: '__consumer_offsets' }));
    expect(await redrive('d-2')).toMatchObject({ status: 409, body: { code: 'not-redrivable' } });
    started.publisher.away = 'silent';
    expect(await redrive('d-1')).toMatchObject({ status: 503, body: { code: 'kafka-unavailable' } });
    expect(started.publisher.records).toEqual([]);
    expect(started.store.letters[0]?.redriveCount).toBe(0);
  });
});
