import type { Envelope } from '@millrace/events';
import type { EventPublisher } from '../kit/publisher';
import { until } from './until';

export interface Published {
  readonly event: Envelope;
  readonly traceparent: string | undefined;
}

export interface PublisherSpy extends EventPublisher {
  readonly published: readonly Published[];
  /** Called before each event is taken; a rejection is a Kafka that does not acknowledge. */
  before: (event: Envelope) => Promise<void>;
  of(orderId: string): readonly Published[];
  /** Resolves with the order's events as soon as there are so many. */
  waitFor(orderId: string, count: number): Promise<readonly Published[]>;
}

const orderOf = ({ data }: Envelope): unknown =>
  typeof data === 'object' && data !== null ? Reflect.get(data, 'orderId') : undefined;

/** Takes the place of Kafka where a test is about the service's own side. */
export function createPublisherSpy(): PublisherSpy {
  const published: Published[] = [];
  const of = (orderId: string) => published.filter(({ event }) => orderOf(event) === orderId);
  const spy: PublisherSpy = {
    published,
    before: async () => undefined,
    of,
    waitFor: (orderId, count) =>
      until(`${orderId} has ${count} events`, () => (of(orderId).length >= count ? of(orderId) : undefined)),
    async publishEvent(event, options) {
      await spy.before(event);
      published.push({ event, traceparent: options?.traceparent });
      return { topic: 'spied', partition: 0, offset: BigInt(published.length - 1) };
    },
  };
  return spy;
}
