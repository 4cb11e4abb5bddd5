import { createRegistry, defineEvent, type Envelope, fields } from '@millrace/events';
import type { OutgoingRecord } from '@millrace/kafka';
import { z } from 'zod';
import { on, type Route } from '../../bridges/inbound/route';
import { type WorkflowContract, workflowContract } from '../../workflows/kit/contract';
import type { Asked } from './machine';
import { type Kind, PARTITIONS, type Scenario, TOPICS } from './scenario';
import { BEGINNING } from './timeline';

const event = <const Type extends string>(type: Type) =>
  defineEvent({
    type,
    version: '1.0',
    topic: null,
    aggregateType: 'Thing',
    data: fields({
      refused: z.boolean().optional(),
      until: z.string().optional(),
      jammedUntil: z.string().optional(),
    }),
    description: `Something has ${type.toLowerCase()}.`,
  });
const [Started, Stepped, Noted, Closed, Shared] = [
  event('Started'),
  event('Stepped'),
  event('Noted'),
  event('Closed'),
  event('Shared'),
];
export const registry = createRegistry([Started, Stepped, Noted, Closed, Shared]);

/** Understands any event: what becomes of it is the machine's business. */
const contract = (target: string, startsOn: string): WorkflowContract<Envelope, Envelope> =>
  workflowContract<Envelope, Envelope, string>({
    target,
    taskQueue: 'simulation',
    transitionsTopic: `${target}.transitions`,
    late: 'dead-letter',
    startsOn: [startsOn],
    acceptsOn: [],
    stages: [],
  });
/** `main` is started by Started; `side` by any Shared, which both hear of. */
export const contracts = { main: contract('main', 'Started'), side: contract('side', 'Shared') };

export const contractOf = (target: string) => (target === 'main' ? contracts.main : contracts.side);

const key = ({ aggregateId }: { aggregateId: string }) => aggregateId;
const main = { target: contracts.main, key };
export const routes: readonly Route[] = [
  on(Started).start(main),
  on(Stepped).signal({ ...main, whenMissing: 'park' }),
  on(Noted).signal({ ...main, whenMissing: 'ignore' }),
  on(Closed).signal({ ...main, whenMissing: 'park' }),
  on(Shared).signal({ ...main, whenMissing: 'park' }),
  on(Shared).startOrSignal({ target: contracts.side, key }),
];

const TENANT = 'acme';
const keyOf = (subject: number) => `k${subject}`;
export const subjectOf = (target: 'main' | 'side', subject: number) => `${target}/${TENANT}/${keyOf(subject)}`;

const types: Readonly<Record<Exclude<Kind, 'malformed'>, string>> = {
  started: 'Started',
  stepped: 'Stepped',
  noted: 'Noted',
  closed: 'Closed',
  shared: 'Shared',
  refused: 'Stepped',
};

/** A record of the scenario and what is known of it beforehand. */
export interface Fact {
  readonly at: number;
  readonly kind: Kind;
  readonly eventId: string;
  /** Where it has to go. */
  readonly subjects: readonly string[];
  readonly record: OutgoingRecord;
}

/** An event as it was produced for the first time. */
interface Original {
  readonly kind: Kind;
  readonly subject: number;
  readonly nth: number;
  readonly at: number;
}

/** The scenario's records in the order in which they are produced; those of one topic and subject share a partition. */
export function factsOf({ starts, produced, jams }: Scenario): readonly Fact[] {
  const all = [
    ...starts.flatMap((at, subject) =>
      at === null ? [] : [{ topic: 0, subject, kind: 'started' as const, at, again: 0 }],
    ),
    ...produced.map((one) => ({ ...one, subject: one.subject % starts.length })),
  ].sort((a, b) => a.at - b.at);
  const facts: Fact[] = [];
  const of: Original[] = [];
  for (const [nth, { topic, at, again, ...fresh }] of all.entries()) {
    const one = (again > 0 ? of[nth - again] : undefined) ?? { ...fresh, nth, at };
    of.push(one);
    facts.push(factOf(one, topic, at, asked(one, jams)));
  }
  return facts;
}

const instant = (ms: number): string => new Date(BEGINNING + ms).toISOString();

/** What a hosted machine makes of it: some set a deadline, soon enough to race the next events or late, some jam it for a while. */
const asked = ({ kind, nth, at }: Original, jams: boolean): Asked => ({
  ...(kind === 'stepped' &&
    nth % 3 !== 1 && { until: instant(nth % 2 === 0 ? at + ((nth * 577) % 1_500) : 3_000 + ((nth * 1_777) % 12_000)) }),
  ...(kind === 'stepped' && jams && nth % 4 === 1 && { jammedUntil: instant(4_000 + ((nth * 977) % 8_000)) }),
});

function factOf(one: Original, topic: number, at: number, data: Asked): Fact {
  const { kind, subject, nth } = one;
  const eventId = `00000000-0000-7000-8000-${String(nth + 1).padStart(12, '0')}`;
  const aggregateId = keyOf(subject);
  const envelope = {
    eventId,
    eventType: kind === 'malformed' ? 'unreadable' : types[kind],
    eventVersion: '1.0',
    eventTime: '2026-01-01T00:00:00.000Z',
    aggregateId,
    aggregateType: 'Thing',
    tenantId: TENANT,
    correlationId: 'simulation',
    data: kind === 'refused' ? { refused: true } : data,
  };
  const targets = kind === 'malformed' ? [] : kind === 'shared' ? (['main', 'side'] as const) : (['main'] as const);
  return {
    at,
    kind,
    eventId,
    subjects: targets.map((target) => subjectOf(target, subject)),
    record: {
      topic: TOPICS[topic] ?? TOPICS[0],
      partition: (subject + topic) % PARTITIONS,
      key: aggregateId,
      value: Buffer.from(JSON.stringify(envelope)),
      headers: {},
    },
  };
}
