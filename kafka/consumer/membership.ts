import { type Backoff, backoffMs } from '../backoff';
import type { Clock } from '../clock';
import { KafkaError } from '../errors';
import type { Logger } from '../logger';
import type { GroupListener, GroupMember, KafkaDriver } from '../port';

export interface MembershipOptions {
  readonly driver: KafkaDriver;
  readonly group: Parameters<KafkaDriver['join']>[0];
  readonly listener: Pick<GroupListener, 'assigned' | 'records'>;
  /** Lost for a reason that will not pass. */
  readonly crashed: (error: Error) => void;
  readonly rejoined?: ((code: string) => void) | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

/** Being in a group, over the lives of several members: what may pass is answered by joining again. */
export interface Membership {
  /** @throws KafkaError when it cannot join */
  join(): Promise<void>;
  /** Undefined while on its way back. */
  member(): GroupMember | undefined;
  leave(): Promise<void>;
}

const REJOIN: Backoff = { initialMs: 500, maxMs: 30_000 };

export function createMembership({
  driver,
  group,
  listener,
  crashed,
  rejoined,
  clock,
  random,
  logger,
}: MembershipOptions): Membership {
  let member: GroupMember | undefined;
  let left = false;
  const { groupId } = group;

  /** Hears one member; no longer once that one is gone. One that is gone before it has joined has not joined: `goneEarly` rejects. */
  const listen = () => {
    let gone = false;
    let hasJoined = false;
    let rejectEarly = (_: Error): void => {};
    const goneEarly = new Promise<never>((_, reject) => {
      rejectEarly = reject;
    });
    goneEarly.catch(() => {});
    const hears: GroupListener = {
      assigned: (partitions) => {
        if (!gone) listener.assigned(partitions);
      },
      records: (records, highWatermark) => {
        if (!gone) listener.records(records, highWatermark);
      },
      crashed(error) {
        if (gone) return;
        gone = true;
        if (!hasJoined) return rejectEarly(error);
        member = undefined;
        if (!left) lost(error);
      },
    };
    const joined = (): boolean => {
      hasJoined = !gone;
      return hasJoined;
    };
    return { hears, goneEarly, joined };
  };

  const join = async (): Promise<void> => {
    const { hears, goneEarly, joined } = listen();
    const joining = driver.join(group, hears);
    try {
      const one = await Promise.race([joining, goneEarly]);
      if (left) return await one.stop();
      if (!joined()) await goneEarly;
      member = one;
    } catch (error) {
      void joining.then((one) => one.stop()).catch(() => {}); // should it come after all, nobody wants it
      throw error;
    }
  };

  const lost = (error: unknown): void => {
    if (!(error instanceof KafkaError) || !error.retriable) {
      logger.error({ error, groupId }, 'the consumer cannot go on');
      crashed(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    logger.error({ error, groupId }, 'the consumer was lost and joins its group again');
    rejoined?.(error.code);
    void joinAgain(1);
  };

  const joinAgain = async (attempt: number): Promise<void> => {
    await new Promise<void>((resolve) => clock.after(backoffMs(REJOIN, attempt, random), resolve));
    if (left) return;
    try {
      await join();
    } catch (error) {
      if (!(error instanceof KafkaError) || !error.retriable) return lost(error);
      logger.error({ error, groupId, attempt }, 'the group cannot be joined yet');
      await joinAgain(attempt + 1);
    }
  };

  return {
    join,
    member: () => member,
    async leave() {
      left = true;
      const leaving = member;
      member = undefined;
      await leaving?.stop();
    },
  };
}
