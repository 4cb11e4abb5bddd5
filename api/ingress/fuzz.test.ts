import fc from 'fast-check';
import { orderPlaced } from '../testing/samples';
import { type StartedApi, startApi } from '../testing/start-api';

jest.setTimeout(60_000); // hundreds of requests, on a machine with much else to do

let started: StartedApi;

beforeAll(async () => {
  started = await startApi();
});
afterAll(() => started.stop());

const post = (body: unknown, headers: Record<string, string> = {}) =>
  started.call('POST', '/v1/events', { body, headers });

const types = ['application/json', 'application/cloudevents+json', 'application/cloudevents-batch+json'];
const nasty = fc.constantFrom(
  '\u0000',
  '\ud800',
  '__proto__',
  'constructor',
  '9007199254740993',
  'é'.repeat(300),
  '../x',
);
const anything = fc.oneof(fc.jsonValue(), nasty);

/** A good event of which one field holds something else. */
const damaged = fc.tuple(fc.constantFrom(...Object.keys(orderPlaced('o-1')), 'eventId', 'metadata'), anything);

describe('POST /v1/events, whatever comes', () => {
  it('answers every JSON value with 202 or a 4xx', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), fc.constantFrom(...types), async (body, type) => {
        const { status } = await post(JSON.stringify(body), { 'content-type': type });
        expect(status).toBeGreaterThanOrEqual(400);
        expect(status).toBeLessThan(500);
      }),
      { numRuns: 150 },
    );
  });

  it('answers bytes that are no JSON with a 4xx', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (bytes) => {
        const { status } = await post(bytes);
        expect(status).toBeGreaterThanOrEqual(400);
        expect(status).toBeLessThan(500);
      }),
      { numRuns: 100 },
    );
  });

  it('publishes nothing that could not be read again', async () => {
    await fc.assert(
      fc.asyncProperty(damaged, async ([field, value]) => {
        started.publisher.records.length = 0;
        const { status } = await post(JSON.stringify({ ...orderPlaced('o-1'), [field]: value }));
        expect([202, 400, 403, 413, 422]).toContain(status);
        expect(started.publisher.events()).toHaveLength(status === 202 ? 1 : 0);
      }),
      { numRuns: 200 },
    );
  });
});
