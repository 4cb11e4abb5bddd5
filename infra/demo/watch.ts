import { registry, TransitionRecorded } from '@millrace/events';
import type { GroupMember, IncomingRecord, KafkaDriver } from '@millrace/kafka';

/** Shows each transition as any listener on Kafka sees it, from now on. */
export function watchTransitions(
  driver: KafkaDriver,
  topics: readonly string[],
  groupId: string,
  show: (line: string) => void,
): Promise<GroupMember> {
  const take = (record: IncomingRecord) => {
    const decoded = registry.decode(record);
    if (!decoded.ok || decoded.event.eventType !== TransitionRecorded.type) return;
    const data = TransitionRecorded.data.parse(decoded.event.data);
    show(
      `${decoded.event.eventTime.slice(11, 19)}  ${data.subject.padEnd(46)} ${(data.from ?? '-').padStart(14)} -> ${data.to}${data.reason ? `  (${data.reason})` : ''}`,
    );
  };
  return driver.join(
    { groupId, topics, fromBeginning: true },
    {
      assigned: () => undefined,
      records: (records) => records.forEach(take),
      crashed: (error) => show(`The watcher stopped: ${error.message}`),
    },
  );
}
