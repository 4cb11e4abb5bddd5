import { z } from 'zod';
import { defineEvent, type EventOf, fields } from '../define-event';
import { id } from '../fields';

/** Published by the relay only: eventId is the transition's id, aggregateType the target, aggregateId the key. */
export const TransitionRecorded = defineEvent({
  type: 'TransitionRecorded',
  version: '1.0',
  topic: null,
  aggregateType: null,
  description: 'A saga or journey has moved.',
  data: fields({
    subject: z.string().min(1).max(500),
    target: id,
    key: id,
    version: z.int().min(1),
    from: z.string().nullable(),
    to: z.string(),
    causes: z.array(z.string()),
    reason: z.string().optional(),
    data: z.unknown().optional(),
  }),
});
export type TransitionRecorded = EventOf<typeof TransitionRecorded>;
