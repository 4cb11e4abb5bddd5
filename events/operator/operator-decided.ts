import { z } from 'zod';
import { defineEvent, type EventOf, fields } from '../define-event';
import { id } from '../fields';

export const OperatorDecided = defineEvent({
  type: 'OperatorDecided',
  version: '1.0',
  topic: 'platform.operator.events',
  aggregateType: 'Subject',
  description: 'An operator has decided how a stuck saga goes on.',
  data: fields({
    target: id,
    key: id,
    decision: z.enum(['retry', 'give-up']),
    /** The version of the `stuck` transition that is answered; for another one the decision is ignored. */
    stuckVersion: z.int().min(1),
    operator: id,
    note: z.string().max(2_000).optional(),
  }),
});
export type OperatorDecided = EventOf<typeof OperatorDecided>;
