import { encode, registry, TransitionRecorded } from '@millrace/events';
import type { IncomingRecord } from '@millrace/kafka';
import { createClosing } from '../infra/processes/closing';
import { RELAY_SUBSCRIPTION } from '../infra/processes/relay';
import { freePort } from '../infra/stack/ports';
import { createStore } from '../store';
import { appointmentJourneyContract } from '../workflows/appointments/appointment-journey.contract';
import type { Arrivals, Contender } from './contender';
import { now } from './now';
import type { Stage } from './stage';
import { until } from './until';

const paths = {
  worker: require.resolve('../infra/processes/worker-main'),
  bridge: require.resolve('../infra/processes/bridge-main'),
  relay: require.resolve('../infra/processes/relay-main'),
};

let started = 0;

/** The platform as it runs in production: worker, bridge and relay, a process each; with its defaults, or set otherwise. */
export async function startOurs(
  stage: Stage,
  name: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Contender> {
  const { pool, stack } = stage;
  const closing = createClosing();
  started += 1;
  const metricsPorts = { worker: await freePort(), bridge: await freePort(), relay: await freePort() };
  const start = async (process: keyof typeof paths) => {
    const program = await stage.start({
      name: `${process}-${started}`,
      path: paths[process],
      environment: { METRICS_PORT: String(metricsPorts[process]), METRICS_HOST: '127.0.0.1', ...environment },
    });
    closing.add(process, () => program.stop());
    return program;
  };
  const starting = await Promise.allSettled([start('worker'), start('bridge'), start('relay')]);
  const [worker, bridge, relay] = starting.map((one) => (one.status === 'fulfilled' ? one.value : undefined));
  if (worker === undefined || bridge === undefined || relay === undefined) {
    await closing.close().catch(() => undefined);
    throw starting.find((one) => one.status === 'rejected')?.reason;
  }
  const store = createStore({ pool });
  closing.add('store', () => store.close());
  return {
    name,
    keepsOrder: true,
    pids: { ...stack.pids, worker: worker.pid, bridge: bridge.pid, relay: relay.pid },
    metricsPorts,
    toRecord: (event) => encode(event),
    halt: () => bridge.signal('SIGSTOP'),
    goOn: () => bridge.signal('SIGCONT'),
    countStored: async (tenantId) => {
      const text = 'select coalesce(sum(version), 0)::integer as count from millrace.streams where tenant_id = $1';
      const { rows } = await pool.query<{ count: number }>(text, [tenantId]);
      return rows[0]?.count ?? 0;
    },
    storedEvents: async (tenantId) => {
      const { rows } = await pool.query<{ cause: string }>(
        `select cause from millrace.streams s join millrace.events e on e.subject = s.subject and e.kind = 'transition',
          unnest(e.causes) cause where s.tenant_id = $1 order by e.subject, e.version`,
        [tenantId],
      );
      return rows.map(({ cause }) => cause);
    },
    storedAt: async (tenantId) => {
      const { rows } = await pool.query<{ cause: string; at: number }>(
        `select cause, extract(epoch from pg_xact_commit_timestamp(e.transaction_id::xid))::double precision * 1000 as at
        from millrace.streams s join millrace.events e on e.subject = s.subject, unnest(e.causes) cause
        where s.tenant_id = $1`,
        [tenantId],
      );
      return new Map(rows.map(({ cause, at }) => [cause, at]));
    },
    settle: async (tenantId, events) => {
      const isSettled = async () => {
        const text = 'select count(*)::integer as count from millrace.ledger where tenant_id = $1';
        const { rows } = await pool.query<{ count: number }>(text, [tenantId]);
        const unpublished = await store.feed.read(await store.subscriptions.checkpoint(RELAY_SUBSCRIPTION), 1);
        return rows[0]?.count === events && unpublished.length === 0;
      };
      await until(isSettled, { what: 'ledger and relay to catch up', limitMs: 30_000, everyMs: 200 });
    },
    watch: (tenantId) => watchTransitions(stage, tenantId),
    stop: () => closing.close(),
  };
}

/** Reads the topic of transitions as any listener does. */
async function watchTransitions({ driver }: Stage, tenantId: string): Promise<Arrivals> {
  const seenAt = new Map<string, number>();
  let assigned = false;
  const take = (record: IncomingRecord, at: number) => {
    const decoded = registry.decode(record);
    if (!decoded.ok || decoded.event.tenantId !== tenantId) return;
    for (const cause of TransitionRecorded.data.parse(decoded.event.data).causes) {
      if (!seenAt.has(cause)) seenAt.set(cause, at);
    }
  };
  const member = await driver.join(
    { groupId: `bench.watch.${tenantId}`, topics: [appointmentJourneyContract.transitionsTopic], fromBeginning: true },
    {
      assigned: () => {
        assigned = true;
      },
      records: (records) => {
        const at = now();
        for (const record of records) take(record, at);
      },
      crashed: (error) => {
        throw error;
      },
    },
  );
  await until(() => assigned, { what: 'the watch to be assigned its partitions', limitMs: 20_000, everyMs: 20 });
  return { seen: async () => seenAt, stop: () => member.stop() };
}
