import { deadLetter, orderPlaced, streamRow, transition } from '../testing/samples';
import { type Answer, type StartedApi, startApi } from '../testing/start-api';
import { rsaSigner } from '../testing/tokens';
import type { OperationId } from './policy';
import { type Role, roles } from './principal';

const signer = rsaSigner();
let started: StartedApi;

const stuckOf = (tenant: string) => `orderSaga/${tenant}/o-1`;

beforeAll(async () => {
  started = await startApi({ auth: signer.auth, environment: 'production' });
});
afterAll(() => started.stop());

/** Two tenants with the same keys and ids, as far as ids can be the same. */
beforeEach(() => {
  const { rows, history, letters, lanes, read } = started.store;
  for (const list of [rows, letters, lanes, read, started.publisher.records]) list.length = 0;
  for (const tenantId of ['acme', 'globex']) {
    const subject = stuckOf(tenantId);
    const at = '2026-03-01T09:00:00.000Z';
    rows.push(streamRow('o-1', { tenantId, stage: 'stuck', version: 1 }));
    history.set(subject, [transition(subject, 1)]);
    letters.push(deadLetter(`d-${tenantId}`, { tenantId }));
    lanes.push({ subject, target: 'orderSaga', tenantId, key: 'o-1', cause: 'early', parkedAt: at, events: 1 });
    read.push({
      ...{ topic: 'commerce.orders.events', partition: 0, offset: '1', eventType: 'OrderPlaced', readAt: at, tenantId },
      eventId: `e-${tenantId}`,
      verdicts: [{ subject, verdict: 'delivered' }],
    });
  }
  letters.push(deadLetter('d-none', { tenantId: null }));
});

interface Asking {
  readonly method: 'GET' | 'POST';
  readonly path: (tenant: string) => string;
  readonly body?: (tenant: string) => unknown;
  /** Said again, and not read from the policy: a role let in there by mistake shows here. */
  readonly may: 'public' | readonly Role[];
  readonly ok: number;
  /** For a tenant that the token does not speak for. */
  readonly foreign: number;
}

const of = (tenant: string) => encodeURIComponent(stuckOf(tenant));
const reading = (path: (tenant: string) => string): Asking => ({
  method: 'GET',
  path,
  may: ['reader', 'operator'],
  ok: 200,
  foreign: 404,
});
const open = (path: string): Asking => ({ ...reading(() => path), may: 'public' });

/** One line per operation: an operation without one does not compile. */
const asking: Record<OperationId, Asking> = {
  postEvents: {
    method: 'POST',
    path: () => '/v1/events',
    may: ['emitter'],
    body: (tenant) => orderPlaced('o-1', tenant),
    ok: 202,
    foreign: 403,
  },
  listWorkflows: reading((tenant) => `/v1/workflows?tenant=${tenant}`),
  getWorkflow: reading((tenant) => `/v1/workflows/${of(tenant)}`),
  listStreamEvents: reading((tenant) => `/v1/streams/${of(tenant)}/events`),
  explainEvent: reading((tenant) => `/v1/events/e-${tenant}?tenant=${tenant}`),
  listParked: reading((tenant) => `/v1/parked?tenant=${tenant}`),
  listDeadLetters: reading((tenant) => `/v1/dead-letters?tenant=${tenant}`),
  getDeadLetter: reading((tenant) => `/v1/dead-letters/d-${tenant}`),
  redriveDeadLetter: {
    method: 'POST',
    path: (tenant) => `/v1/dead-letters/d-${tenant}/redrive`,
    may: ['operator'],
    ok: 202,
    foreign: 404,
  },
  decide: {
    method: 'POST',
    path: (tenant) => `/v1/workflows/${of(tenant)}/decisions`,
    may: ['operator'],
    body: () => ({ decision: 'retry', stuckVersion: 1 }),
    ok: 202,
    foreign: 404,
  },
  getHealth: open('/healthz'),
  getReadiness: open('/readyz'),
  getMetrics: open('/metrics'),
  getOpenApi: open('/openapi.json'),
};

const operations = Object.entries(asking);
const ask = async ({ method, path, body }: Asking, tenant: string, token?: string): Promise<Answer> =>
  started.call(method, path(tenant), {
    ...(body === undefined ? {} : { body: body(tenant) }),
    ...(token === undefined ? {} : { token }),
  });

/** What a caller may make of the answer: the same for another tenant's thing and for one that is nowhere. */
const seen = ({ status, body }: Answer) => ({ status, code: body?.code, title: body?.title, detail: body?.detail });

describe.each(operations)('%s', (_operation, how) => {
  const allowed: 'public' | readonly string[] = how.may;

  it.each(['none', ...roles])('own tenant, role %s', async (role) => {
    const token = await signer.token({ roles: [role], tenants: ['acme'] });
    const answer = await ask(how, 'acme', token);
    const may = allowed === 'public' || allowed.includes(role);
    expect(seen(answer)).toMatchObject(may ? { status: how.ok } : { status: 403, code: 'role-missing' });
    if (!may) expect(started.publisher.records).toEqual([]);
  });

  if (allowed === 'public') return;

  it.each(roles)('other tenant, role %s', async (role) => {
    const token = await signer.token({ roles: [role], tenants: ['acme'] });
    const foreign = await ask(how, 'globex', token);
    const nowhere = await ask(how, 'nowhere', token);
    expect(seen(foreign)).toEqual(seen(nowhere));
    expect(foreign.status).toBe(allowed.includes(role) ? how.foreign : 403);
    expect(started.publisher.records).toEqual([]);
  });

  it('all tenants', async () => {
    const token = await signer.token({ roles, tenants: '*' });
    for (const tenant of ['acme', 'globex']) expect((await ask(how, tenant, token)).status).toBe(how.ok);
  });

  it('no tenant', async () => {
    const token = await signer.token({ roles, tenants: [] });
    expect((await ask(how, 'acme', token)).status).toBe(how.foreign);
  });

  it('no token', async () => {
    const answer = await ask(how, 'acme');
    expect(seen(answer)).toMatchObject({ status: 401, code: 'unauthenticated' });
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
    expect(started.publisher.records).toEqual([]);
  });
});

describe('lists', () => {
  const list = async (path: string, tenants: unknown) => {
    const token = await signer.token({ roles: ['operator'], tenants });
    return started.call('GET', path, { token });
  };

  it.each(['/v1/workflows', '/v1/parked', '/v1/dead-letters'])(
    '%s shows the only tenant of a token, or asks which',
    async (path) => {
      const own = await list(path, ['acme']);
      expect(own.body.items.map(({ tenantId }: { tenantId: string }) => tenantId)).toEqual(['acme']);
      expect(await list(path, ['acme', 'globex'])).toMatchObject({
        status: 400,
        body: { errors: [{ parameter: 'tenant' }] },
      });
      expect((await list(path, '*')).body.items.length).toBeGreaterThan(1);
    },
  );

  it('show dead letters of no known tenant to those who speak for all only', async () => {
    const idsOf = (answer: Answer) => answer.body.items.map(({ id }: { id: string }) => id);
    expect(idsOf(await list('/v1/dead-letters', '*'))).toContain('d-none');
    expect(idsOf(await list('/v1/dead-letters', ['acme']))).toEqual(['d-acme']);
    expect((await list('/v1/dead-letters/d-none', ['acme'])).status).toBe(404);
    expect((await list('/v1/dead-letters/d-none', '*')).status).toBe(200);
  });
});

describe('a batch with one event of another tenant', () => {
  it('is refused whole', async () => {
    const token = await signer.token({ roles: ['emitter'], tenants: ['acme'] });
    const body = [orderPlaced('o-1'), orderPlaced('o-2', 'globex')];
    const answer = await started.call('POST', '/v1/events', { token, body });
    expect(answer).toMatchObject({
      status: 403,
      body: { code: 'tenant-not-allowed', errors: [{ index: 1, pointer: '/tenantId' }] },
    });
    expect(started.publisher.records).toEqual([]);
  });

  it('cannot hide the tenant in a CloudEvent', async () => {
    const token = await signer.token({ roles: ['emitter'], tenants: ['acme'] });
    const { data } = orderPlaced('o-1');
    const body = {
      specversion: '1.0',
      id: 'A',
      source: '/shop',
      type: 'OrderPlaced',
      eventversion: '1.1',
      subject: 'o-1',
      tenantid: 'globex',
      tenantId: 'acme',
      data,
    };
    const headers = { 'content-type': 'application/cloudevents+json' };
    expect(await started.call('POST', '/v1/events', { token, body, headers })).toMatchObject({ status: 403 });
    expect(started.publisher.records).toEqual([]);
  });
});

it('decisions carry the name in the token', async () => {
  const token = await signer.token({ sub: 'grace', roles: ['operator'], tenants: ['acme'] });
  await ask(asking.decide, 'acme', token);
  expect(started.publisher.events()[0]?.event.data).toMatchObject({ operator: 'grace' });
});

it('strangers are turned away before their body is read', async () => {
  const answer = await started.call('POST', '/v1/events', { body: '{"broken' });
  expect(answer.status).toBe(401);
});
