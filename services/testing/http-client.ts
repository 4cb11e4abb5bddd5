export interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly body: Record<string, unknown>;
}

export type Headers = Readonly<Record<string, string>>;

export interface HttpClient {
  get(path: string): Promise<Answer>;
  /** A string is sent as it is. */
  post(path: string, body: unknown, headers?: Headers): Promise<Answer>;
  delete(path: string, headers?: Headers): Promise<Answer>;
}

export function createHttpClient(baseUrl: string): HttpClient {
  async function call(path: string, init: RequestInit): Promise<Answer> {
    const response = await fetch(`${baseUrl}${path}`, init);
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      body: (await response.json()) as Record<string, unknown>,
    };
  }
  return {
    get: (path) => call(path, {}),
    post: (path, body, headers = {}) =>
      call(path, {
        method: 'POST',
        body: typeof body === 'string' ? body : JSON.stringify(body),
        headers: { 'content-type': 'application/json', ...headers },
      }),
    delete: (path, headers = {}) => call(path, { method: 'DELETE', headers }),
  };
}
