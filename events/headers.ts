/** Headers that repeat the envelope, so that routing and searching need no parse. The value alone is believed. */
export const HEADERS = {
  eventId: 'event-id',
  eventType: 'event-type',
  eventVersion: 'event-version',
  tenantId: 'tenant-id',
  correlationId: 'correlation-id',
  traceparent: 'traceparent',
  contentType: 'content-type',
} as const;

export type Headers = Readonly<Record<string, string>>;

const TRACEPARENT = /^[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** W3C trace context, or nothing: a broken one is dropped, it never fails an event. */
export const validTraceparent = (text: string | undefined): string | undefined =>
  text !== undefined && TRACEPARENT.test(text) ? text : undefined;

/** Kafka's header names have cases; `Content-Type` is written in all of them. */
export function contentType(headers: Headers): string {
  for (const [name, value] of Object.entries(headers))
    if (name.toLowerCase() === HEADERS.contentType) return value.toLowerCase();
  return '';
}
