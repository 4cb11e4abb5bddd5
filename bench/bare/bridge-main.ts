import { renameSync, writeFileSync } from 'node:fs';
import { registry } from '@millrace/events';
import { createKafkajsDriver } from '@millrace/kafka';
import { Client, Connection } from '@temporalio/client';
import { type BridgeOptions, createBridge } from '../../bridges/inbound/bridge';
import { routes } from '../../bridges/inbound/routes';
import { temporalCalls } from '../../bridges/inbound/temporal-calls';
import type { WorkflowCalls } from '../../bridges/inbound/workflow-calls';
import { appointmentJourneyContract } from '../../workflows/appointments/appointment-journey.contract';
import { now } from '../now';
import { setting } from '../setting';
import { type BareCall, bareTarget } from './calls';

/** The bridge alone: its store knows nothing and keeps nothing. */
const noStore: BridgeOptions['store'] = {
  recordLate: async () => [],
  streams: { verdicts: async (_, eventIds) => eventIds.map(() => 'no-stream' as const) },
  parking: {
    parked: async () => new Set(),
    tryHold: async () => undefined,
    due: async () => [],
    list: async () => ({ items: [], next: null }),
  },
  ledger: { write: async () => undefined },
};

async function main(): Promise<void> {
  const events = Number(setting('BARE_EVENTS'));
  const tenantId = setting('BARE_TENANT');
  const connection = await Connection.connect({ address: setting('TEMPORAL_ADDRESS') });
  const driver = createKafkajsDriver({ brokers: setting('KAFKA_BROKERS').split(','), clientId: 'bare' });
  const real = temporalCalls(new Client({ connection }));
  const made: BareCall[] = [];
  let delivered = 0;
  const tell = (call: BareCall): 'taken' => {
    made.push(call);
    delivered += call.events.length;
    if (delivered < events) return 'taken';
    const path = setting('BARE_REPORT');
    writeFileSync(`${path}.part`, JSON.stringify({ at: now(), calls: made }));
    renameSync(`${path}.part`, path);
    return 'taken';
  };
  const workflows: WorkflowCalls = {
    async signal(ref, batch) {
      if (ref.tenantId !== tenantId) return 'taken';
      await real.signal(ref, batch);
      return tell({ ref, starts: false, events: batch });
    },
    async signalWithStart(ref, _, batch) {
      if (ref.tenantId !== tenantId) return 'taken';
      await real.signalWithStart({ ...ref, target: 'bareSink' }, bareTarget('bareSink'), batch);
      return tell({ ref, starts: true, events: batch });
    },
    barrier: (ref, deadlineMs) => real.barrier(ref, deadlineMs),
  };
  const bridge = createBridge({
    driver,
    producer: await driver.producer(),
    store: noStore,
    workflows,
    registry,
    routes: routes.filter(({ targets }) => targets.some(({ target }) => target === appointmentJourneyContract.target)),
    groupId: `bare.${tenantId}`,
  });
  process.once('SIGTERM', () => void bridge.stop().finally(() => process.exit(0)));
  await bridge.start();
  console.log(JSON.stringify({ msg: 'started' }));
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
