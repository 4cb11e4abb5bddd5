import { streamRow } from '../testing/samples';
import { type StartedApi, startApi } from '../testing/start-api';

let started: StartedApi;
const get = (path: string) => started.call('GET', path);
const idsOf = (items: readonly { id: string }[]) => items.map(({ id }) => id);

beforeEach(async () => {
  started = await startApi();
});
afterEach(() => started.stop());

describe('GET /v1/workflows', () => {
  beforeEach(() => {
    started.store.rows.push(
      streamRow('o-1'),
      streamRow('o-2', { stage: 'stuck' }),
      streamRow('o-3', { tenantId: 'globex', status: 'closed', stage: 'completed' }),
      streamRow('a-1', { target: 'appointmentJourney', stage: 'scheduled' }),
    );
  });

  it.each([
    ['', ['orderSaga/acme/o-1', 'orderSaga/acme/o-2', 'orderSaga/globex/o-3', 'appointmentJourney/acme/a-1']],
    ['?target=appointmentJourney', ['appointmentJourney/acme/a-1']],
    ['?type=orderSaga&tenant=acme', ['orderSaga/acme/o-1', 'orderSaga/acme/o-2']],
    ['?stage=stuck', ['orderSaga/acme/o-2']],
    ['?state=stuck', ['orderSaga/acme/o-2']],
    ['?status=closed', ['orderSaga/globex/o-3']],
    ['?tenant=nobody', []],
  ])('filters by %s', async (query, expected) => {
    const answer = await get(`/v1/workflows${query}`);
    expect(answer.status).toBe(200);
    expect(idsOf(answer.body.items)).toEqual(expected);
  });

  it('goes through all pages', async () => {
    const seen: string[] = [];
    for (let next: string | null = '0'; next !== null; ) {
      const { body } = await get(`/v1/workflows?limit=3&cursor=${next}`);
      seen.push(...idsOf(body.items));
      next = body.next;
    }
    expect(seen).toHaveLength(4);
  });

  it.each([
    ['?limit=0', 'limit'],
    ['?limit=201', 'limit'],
    ['?limit=many', 'limit'],
    ['?status=half-open', 'status'],
    ['?stag=stuck', 'stag'],
    ['?stage=%00', 'stage'],
    ['?tenant=a&tenant=b', 'tenant'],
    ['?stage=stucj', 'stage'],
    ['?state=stucj', 'state'],
    ['?target=appointmentJourney&state=stuck', 'state'],
    ['?target=orderSage', 'target'],
    ['?type=orderSage&stage=stuck', 'type'],
  ])('refuses %s and names the parameter', async (query, parameter) => {
    const answer = await get(`/v1/workflows${query}`);
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid-request', errors: [{ parameter }] } });
  });
});

describe('a filter of GET /v1/workflows', () => {
  it.each([
    ['?state=stucj', /orderSaga: placed, .*stuck.*; appointmentJourney: scheduled, .*missed$/],
    ['?type=appointmentJourney&state=stuck', /there are appointmentJourney: scheduled, [^:]*$/],
    ['?type=orderSage', /there are orderSaga, appointmentJourney$/],
  ])('%s is refused with what there is', async (query, detail) => {
    const { body } = await get(`/v1/workflows${query}`);
    expect(body.errors).toEqual([expect.objectContaining({ detail: expect.stringMatching(detail) })]);
  });

  it('has the stages there are in the OpenAPI document', async () => {
    const { paths } = (await get('/openapi.json')).body;
    expect(paths['/v1/workflows'].get.parameters).toContainEqual(
      expect.objectContaining({ name: 'stage', description: expect.stringContaining('orderSaga: placed, ') }),
    );
  });

  it('by a stage in which nothing stands finds nothing', async () => {
    expect(await get('/v1/workflows?state=stuck')).toMatchObject({ status: 200, body: { items: [], next: null } });
  });

  it('finds what an older version left, though no contract has it any more', async () => {
    started.store.rows.push(streamRow('o-1', { stage: 'stage-of-old' }), streamRow('k-1', { target: 'kindOfOld' }));
    expect(idsOf((await get('/v1/workflows?stage=stage-of-old')).body.items)).toEqual(['orderSaga/acme/o-1']);
    expect(idsOf((await get('/v1/workflows?target=kindOfOld')).body.items)).toEqual(['kindOfOld/acme/k-1']);
  });
});
