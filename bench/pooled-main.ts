import { measurePreloaded, warmUp } from './measure/preloaded';
import { startOurs } from './ours';
import { openStage } from './stage';

const say = (line: string): void => console.error(line);

/**
 * `node dist/bench/pooled-main.js [keys] [eventsPerKey] [rounds]`: appointment events from a full topic into the store
 * through pooled journeys, events/s. `HOSTING` chooses otherwise than 16 hosts, `RECORDING` otherwise than the default.
 */
async function main(): Promise<void> {
  const [keys = 600, perKey = 10, rounds = 3] = process.argv.slice(2).map(Number);
  process.env['HOSTING'] ??= 'appointmentJourney=pooled:16';
  const stage = await openStage(say);
  try {
    const ours = await startOurs(stage);
    await warmUp(stage, ours);
    for (let round = 1; round <= rounds; round += 1) {
      const workload = { id: `pooled-${keys}x${perKey}`, keys, perKey, limitMs: 60_000, pollMs: 20 };
      for (const sample of await measurePreloaded(stage, ours, workload)) console.log(JSON.stringify(sample));
    }
    await ours.stop();
  } finally {
    await stage.close();
  }
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
