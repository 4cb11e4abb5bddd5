import { registry } from '@millrace/events';
import { z } from 'zod';
import { type StartedApi, startApi } from '../testing/start-api';
import { templateOf } from './openapi';
import { policy } from './policy';
import { problemCodes } from './problem';

let started: StartedApi;

beforeAll(async () => {
  started = await startApi();
});
afterAll(() => started.stop());

/** What Express really serves: read from its router, not from our list. */
function mounted(): string[] {
  const layerSchema = z.object({
    route: z.object({ path: z.string(), methods: z.record(z.string(), z.boolean()) }).optional(),
  });
  const layers = z.array(layerSchema).parse(started.api.app.router.stack.map(({ route }) => ({ route })));
  return layers.flatMap(({ route }) =>
    Object.keys(route?.methods ?? {}).map((method) => `${method} ${templateOf(route?.path ?? '')}`),
  );
}

const operationSchema = z.object({
  operationId: z.string(),
  parameters: z.array(z.object({ name: z.string(), in: z.string(), required: z.boolean() })).optional(),
  requestBody: z.object({ content: z.record(z.string(), z.unknown()) }).optional(),
  responses: z.record(z.string(), z.object({ description: z.string().min(1) })),
  security: z.array(z.record(z.string(), z.array(z.string()))),
});
const documentSchema = z.object({
  openapi: z.literal('3.1.0'),
  paths: z.record(z.string(), z.record(z.string(), operationSchema)),
  components: z.object({ schemas: z.record(z.string(), z.record(z.string(), z.unknown())) }),
});
const document = async () => documentSchema.parse((await started.call('GET', '/openapi.json')).body);
const operations = async () => Object.values((await document()).paths).flatMap((path) => Object.values(path));

describe('the OpenAPI document', () => {
  it('lists exactly the routes that are mounted', async () => {
    const { paths } = await document();
    const listed = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    expect(listed.sort()).toEqual(mounted().sort());
  });

  it('has one operation per line of the policy', async () => {
    expect((await operations()).map(({ operationId }) => operationId).sort()).toEqual(Object.keys(policy).sort());
  });

  it('asks for a token exactly where the policy does', async () => {
    for (const { operationId, security } of await operations()) {
      expect([operationId, security.length]).toEqual([
        operationId,
        Reflect.get(policy, operationId) === 'public' ? 0 : 1,
      ]);
    }
  });

  it('declares every parameter of every path', async () => {
    for (const [path, methods] of Object.entries((await document()).paths)) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      for (const { parameters = [] } of Object.values(methods)) {
        const declared = parameters.filter((parameter) => parameter.in === 'path');
        expect(declared.map(({ name }) => name)).toEqual(named);
        expect(declared.every(({ required }) => required)).toBe(true);
      }
    }
  });

  it('describes the data of every event, older versions included', async () => {
    const { schemas } = (await document()).components;
    for (const { type, version, older } of registry.definitions) {
      for (const one of [version, ...older.map((before) => before.version)]) {
        expect(schemas[`${type}.${one}`]).toMatchObject({ type: 'object' });
      }
    }
  });

  it('points nowhere that is not in it', async () => {
    const { body, text } = await started.call('GET', '/openapi.json');
    for (const [, name] of text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)) {
      expect(Object.keys(body.components.schemas)).toContain(name);
    }
    expect(text).not.toMatch(/"\$ref":"(?!#\/)/);
  });

  it('names every problem that routes declare, with its status', async () => {
    for (const { operationId, responses } of await operations()) {
      const route = started.api.routes.find((one) => one.operationId === operationId);
      for (const code of route?.problems ?? []) {
        expect(responses[String(problemCodes[code].status)]?.description).toContain(code);
      }
    }
  });

  it('takes events in all their forms', async () => {
    const post = (await operations()).find(({ operationId }) => operationId === 'postEvents');
    expect(Object.keys(post?.requestBody?.content ?? {})).toEqual([
      'application/json',
      'application/cloudevents+json',
      'application/cloudevents-batch+json',
    ]);
  });
});

describe('/docs', () => {
  it('shows the document, under a content policy of its own', async () => {
    const page = await started.call('GET', '/docs/');
    expect(page.status).toBe(200);
    expect(page.text).toContain('swagger-ui');
    expect(page.headers.get('content-security-policy')).toContain("style-src 'self' 'unsafe-inline'");
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    const script = await started.call('GET', '/docs/swagger-ui-init.js');
    expect(script.text).toContain('/openapi.json');
    expect((await started.call('GET', '/docs/swagger-ui-bundle.js')).status).toBe(200);
  });
});
