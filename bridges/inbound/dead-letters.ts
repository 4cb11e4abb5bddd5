import { DEAD_LETTER_HEADERS, type IncomingRecord, type Publisher, toDeadLetter } from '@millrace/kafka';
import type { DeadLetterCode } from '../../store/dead-letter-codes';
import type { DeliveredEvent } from '../../store/types';
import { deadLetterOf } from '../dead-letter';
import type { BridgeMetrics } from '../metrics';

/** Why an event was given up. `message` is for people. */
export interface Cause {
  readonly code: DeadLetterCode;
  readonly message: string;
  /** True for what could not even be read. */
  readonly poison?: boolean | undefined;
}

/** Where events go that are given up. Both resolve once Kafka has acknowledged and reject if it has not. */
export interface DeadLetters {
  /** Records as they were read. */
  buryRecords(letters: readonly { readonly record: IncomingRecord; readonly cause: Cause }[]): Promise<void>;
  /** Events out of a parked lane, whose records are long past. */
  buryEvents(events: readonly DeliveredEvent[], cause: Cause): Promise<void>;
}

export function createDeadLetters(deps: {
  publisher: Pick<Publisher, 'publishRecord'>;
  groupId: string;
  metrics: BridgeMetrics;
}): DeadLetters {
  const { publisher, groupId, metrics } = deps;
  const described = ({ code, message, poison }: Cause) => ({
    code,
    message,
    class: poison === true ? ('poison' as const) : ('permanent' as const),
    group: groupId,
  });
  return {
    async buryRecords(letters) {
      await Promise.all(
        letters.map(async ({ record, cause }) => {
          await publisher.publishRecord(toDeadLetter(record, described(cause)));
          metrics.deadLettered(record.topic, cause.code);
        }),
      );
    },
    async buryEvents(events, cause) {
      await Promise.all(
        events.map(async (event) => {
          const letter = deadLetterOf(event, described(cause));
          await publisher.publishRecord(letter);
          metrics.deadLettered(letter.headers[DEAD_LETTER_HEADERS.topic] ?? letter.topic, cause.code);
        }),
      );
    },
  };
}
