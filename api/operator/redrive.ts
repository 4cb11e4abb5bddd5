import { DEAD_LETTER_HEADERS, type OutgoingRecord, redriveCountOf } from '@millrace/kafka';
import { v5 } from 'uuid';
import { z } from 'zod';
import type { DeadLetter } from '../../store/types';
import type { ApiDeps, Limits } from '../deps';
import { Problem } from '../http/problem';
import { type Route, route } from '../http/route';
import { acknowledged } from '../ingress/send';
import { deadLetterOf, deadLetterParameter } from './dead-letter-view';

export interface OperatorDeps extends Pick<ApiDeps, 'store' | 'publisher' | 'registry' | 'logger'> {
  readonly limits: Limits;
  readonly now: () => Date;
}

const REDRIVE_NAMESPACE = 'b3c7ff57-8b52-5d4a-8f0c-0c3f1f2f8a64';

/** Say why a record died; it goes back without them. */
const causeHeaders: readonly string[] = Object.values(DEAD_LETTER_HEADERS);

export const redriveDeadLetter = ({ store, publisher, registry, limits, logger }: OperatorDeps): Route =>
  route({
    operationId: 'redriveDeadLetter',
    method: 'post',
    path: '/v1/dead-letters/:id/redrive',
    tag: 'operator',
    summary: 'Publish the original record to its original topic again',
    description:
      'The record keeps its event id: a subject that has taken or written off the event before takes no second notice of it.',
    params: deadLetterParameter,
    replies: {
      202: {
        description: 'Kafka has acknowledged it',
        schema: z.object({
          redriveId: z.string(),
          redriveCount: z.int(),
          topic: z.string(),
          partition: z.int(),
          offset: z.string(),
        }),
      },
    },
    problems: ['invalid-request', 'not-found', 'not-redrivable', 'kafka-unavailable', 'store-unavailable'],
    handle: async ({ id, principal, params }) => {
      const letter = await deadLetterOf(store, params.id, principal);
      if (!registry.definitions.some(({ topic }) => topic === letter.originalTopic)) {
        throw new Problem('not-redrivable', 'Its original topic is not one that events are read from.');
      }
      const redrive = redriveOf(letter);
      const { topic, partition, offset } = await acknowledged(
        publisher.publishRecord(recordOf(letter, redrive)),
        limits,
      );
      await store.deadLetters.markRedriven(letter.id);
      const facts = { requestId: id, operator: principal.subject, deadLetter: letter.id, eventId: letter.eventId };
      logger.info({ ...facts, ...redrive }, 'dead letter redriven');
      return { status: 202, body: { ...redrive, topic, partition, offset: offset.toString() } };
    },
  });

interface Redrive {
  readonly redriveId: string;
  readonly redriveCount: number;
}

/** A record that died again brings its count along. Until the store has noted a redrive, its repeat has the same id. */
export function redriveOf(letter: DeadLetter): Redrive {
  const redriveCount = redriveCountOf(letter.headers) + letter.redriveCount + 1;
  return { redriveCount, redriveId: v5(`${letter.id}#${redriveCount}`, REDRIVE_NAMESPACE) };
}

/** Kafka's own partitioner finds the partition by the key; without one the record goes back to where it was. */
export function recordOf(letter: DeadLetter, { redriveId, redriveCount }: Redrive): OutgoingRecord {
  const headers = Object.entries(letter.headers).filter(([name]) => !causeHeaders.includes(name));
  return {
    topic: letter.originalTopic,
    key: letter.key,
    value: letter.value,
    headers: {
      ...Object.fromEntries(headers),
      [DEAD_LETTER_HEADERS.redriveId]: redriveId,
      [DEAD_LETTER_HEADERS.redriveCount]: String(redriveCount),
    },
    ...(letter.key === null && letter.originalPartition !== null ? { partition: letter.originalPartition } : {}),
  };
}
