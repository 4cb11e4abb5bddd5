import { isRefusalType, refusal } from '../failures';

export interface ServiceClientOptions {
  /** Milliseconds for one request, answer included. Default 8,000. */
  readonly requestTimeoutMs?: number | undefined;
  /** Cancellation of the running activity. */
  readonly cancelled: () => AbortSignal;
  readonly fetch?: typeof fetch | undefined;
}

/** Under which key and trace a service is called. */
export interface CallContext {
  readonly key: string;
  readonly correlationId: string;
  readonly traceparent?: string | undefined;
}

export interface ServiceClient {
  /** Sends JSON, answers JSON. Throws a refusal, or an error that is to be tried again. */
  post(path: string, body: unknown, context: CallContext): Promise<unknown>;
  /** Takes back what was done under the key, or sees to it that it will not be done. */
  delete(path: string, context: CallContext): Promise<void>;
}

/** Statuses with which a service says that the same request will never do. */
const FINAL = new Set([400, 409, 413, 415, 422]);

export function createServiceClient(service: string, baseUrl: string, options: ServiceClientOptions): ServiceClient {
  const send = async (method: string, path: string, context: CallContext, body?: unknown): Promise<unknown> => {
    const timeout = AbortSignal.timeout(options.requestTimeoutMs ?? 8_000);
    const response = await (options.fetch ?? fetch)(`${baseUrl}${path}`, {
      method,
      headers: headersOf(context, body),
      signal: AbortSignal.any([timeout, options.cancelled()]),
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const answer = await jsonOf(response);
    if (response.ok) return answer;
    throw failureOf(service, `${method} ${path}`, response.status, answer);
  };
  return {
    post: (path, body, context) => send('POST', path, context, body),
    delete: async (path, context) => {
      await send('DELETE', `${path}/${encodeURIComponent(wireKey(context.key))}`, context);
    },
  };
}

/** Header values are ASCII; ids need not be. Ordinary keys stay as they are. */
const wireKey = (key: string): string => encodeURI(key);

const isAscii = (value: string): boolean => /^[\x20-\x7e]+$/.test(value);

function headersOf({ key, correlationId, traceparent }: CallContext, body: unknown): Record<string, string> {
  return {
    'idempotency-key': wireKey(key),
    ...(isAscii(correlationId) && { 'correlation-id': correlationId }),
    ...(traceparent !== undefined && isAscii(traceparent) && { traceparent }),
    ...(body !== undefined && { 'content-type': 'application/json' }),
  };
}

async function jsonOf(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Problem details (RFC 9457) carry a code; a final status without a known one is a request that we built wrong. */
function failureOf(service: string, call: string, status: number, problem: unknown): Error {
  const code = fieldOf(problem, 'code');
  const detail = fieldOf(problem, 'detail') ?? fieldOf(problem, 'title') ?? `status ${status}`;
  if (!FINAL.has(status)) return new Error(`${service} answered ${status} to ${call}: ${detail}`);
  const type = code !== undefined && isRefusalType(code) ? code : 'bad-request';
  return refusal(type, `${service}: ${detail}`, { service, call, status, ...(code !== undefined && { code }) });
}

function fieldOf(problem: unknown, field: string): string | undefined {
  const value = typeof problem === 'object' && problem !== null ? Reflect.get(problem, field) : undefined;
  return typeof value === 'string' ? value : undefined;
}
