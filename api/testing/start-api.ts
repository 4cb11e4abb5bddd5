import { registry } from '@millrace/events';
import type { Logger } from '@millrace/kafka';
import { appointmentJourneyContract } from '../../workflows/appointments/appointment-journey.contract';
import { orderSagaContract } from '../../workflows/orders/order-saga.contract';
import { type Api, createApi } from '../create-api';
import type { ApiDeps } from '../deps';
import { problemSchema } from '../http/problem';
import type { Route } from '../http/route';
import { type MemoryPublisher, memoryPublisher } from './memory-publisher';
import { type MemoryStore, memoryStore } from './memory-store';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape, after checking them by their schema
  readonly body: any;
  readonly text: string;
}

export interface CallOptions {
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A string or bytes go as they are; everything else as JSON. */
  readonly body?: unknown;
}

export interface StartedApi {
  readonly api: Api;
  readonly url: string;
  readonly store: MemoryStore;
  readonly publisher: MemoryPublisher;
  readonly logged: { readonly level: string; readonly facts: object; readonly message: string }[];
  /** Also checks the answer against the schema that the document promises for it. */
  call(method: 'GET' | 'POST' | 'PUT', path: string, options?: CallOptions): Promise<Answer>;
  stop(): Promise<void>;
}

/** The API on a free port of the loopback, in front of a store and a publisher in memory. */
export async function startApi(overrides: Partial<ApiDeps> = {}): Promise<StartedApi> {
  const store = memoryStore();
  const publisher = memoryPublisher();
  const logged: StartedApi['logged'] = [];
  const api = createApi({
    store,
    publisher,
    registry,
    workflows: [orderSagaContract, appointmentJourneyContract],
    auth: { mode: 'off' },
    environment: 'development',
    readiness: [],
    metricsText: () => Promise.resolve('# HELP up Whether it is.\nup 1\n'),
    webUiUrl: 'http://127.0.0.1:8233/',
    namespace: 'default',
    logger: loggerTo(logged),
    ...overrides,
  });
  const { port } = await api.start(0);
  const url = `http://127.0.0.1:${port}`;
  return { ...{ api, url, store, publisher, logged }, call: callTo(url, api.routes), stop: () => api.stop() };
}

function loggerTo(logged: StartedApi['logged']): Logger {
  const at = (level: string) => (facts: object, message: string) => void logged.push({ level, facts, message });
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

const callTo =
  (url: string, routes: readonly Route[]): StartedApi['call'] =>
  async (method, path, { token, headers = {}, body } = {}) => {
    const sent =
      body === undefined || typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(sent === undefined ? {} : { body: sent }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    const parsed: unknown = isJson && text !== '' ? JSON.parse(text) : undefined;
    if (isJson) assertPromised(routes, method, new URL(url + path).pathname, response, parsed);
    return { status: response.status, headers: response.headers, body: parsed, text };
  };

function assertPromised(
  routes: readonly Route[],
  method: string,
  path: string,
  response: Response,
  body: unknown,
): void {
  if (response.headers.get('content-type')?.startsWith('application/problem+json') === true) {
    problemSchema.strict().parse(body);
    return;
  }
  const route = routes.find((one) => one.method === method.toLowerCase() && patternOf(one.path).test(path));
  const schema = route?.replies[response.status]?.schema;
  if (schema === undefined) throw new Error(`${method} ${path} answers ${response.status}, which no route promises`);
  schema.parse(body);
}

const patternOf = (path: string) => new RegExp(`^${path.replace(/:\w+/g, '[^/]+')}$`);
