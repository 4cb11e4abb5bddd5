import { encode } from '@millrace/events';
import { createClosing } from '../../../infra/processes/closing';
import type { Contender } from '../../contender';
import { freshTopic } from '../../fresh-topic';
import { recordedMoves } from '../../recorded/recorded';
import type { Stage } from '../../stage';
import { peerPackages } from '../packages';

/** `dbos` keeps the order of a partition, as its documentation says; `dbos-unordered` is its default, which keeps none. */
const orderings = { dbos: 'partition', 'dbos-unordered': 'none' } as const;

let started = 0;

/** DBOS with its receiver for Kafka, its own tables in a database beside the others. Rejects with `PeerMissing`. */
export async function startDbos(stage: Stage, name: keyof typeof orderings = 'dbos'): Promise<Contender> {
  const { stack, pool } = stage;
  const packages = await peerPackages(stage);
  started += 1;
  const topic = await freshTopic(stage, `dbos.appointments.${started}`);
  const moves = await recordedMoves(stage);
  const closing = createClosing();
  const database = `dbos_${started}`;
  await pool.query(`create database ${database}`);
  closing.add('database', () => pool.query(`drop database ${database} with (force)`));
  try {
    const databaseUrl = new URL(stack.databaseUrl);
    databaseUrl.pathname = `/${database}`;
    const receiver = await stage.start({
      name: `${name}-receiver-${started}`,
      path: require.resolve('./receiver-main'),
      environment: {
        PEER_PACKAGES: packages,
        PEER_TOPIC: topic,
        PEER_ORDERING: orderings[name],
        PEER_DATABASE_URL: databaseUrl.href,
        NODE_ENV: 'production',
      },
    });
    closing.add('receiver', () => receiver.stop());
    return {
      name,
      pids: { ...stack.pids, receiver: receiver.pid },
      warmUpKeys: name === 'dbos' ? 4 : 100,
      toRecord: (event) => encode(event, { topic }),
      halt: () => receiver.signal('SIGSTOP'),
      goOn: () => receiver.signal('SIGCONT'),
      ...moves,
      stop: () => closing.close(),
    };
  } catch (error) {
    await closing.close().catch(() => undefined);
    throw error;
  }
}
