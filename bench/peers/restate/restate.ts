import { encode } from '@millrace/events';
import { createClosing } from '../../../infra/processes/closing';
import { freePort } from '../../../infra/stack/ports';
import type { Contender } from '../../contender';
import { freshTopic } from '../../fresh-topic';
import { recordedMoves } from '../../recorded/recorded';
import type { Stage } from '../../stage';
import { peerPackages } from '../packages';
import { startRestateServer } from './restate-server';

let started = 0;

/** Restate with a Kafka subscription: its server reads the topic and calls a virtual object per key. Rejects with `PeerMissing`. */
export async function startRestate(stage: Stage): Promise<Contender> {
  const { stack } = stage;
  const packages = await peerPackages(stage);
  started += 1;
  const topic = await freshTopic(stage, `restate.appointments.${started}`);
  const moves = await recordedMoves(stage);
  const closing = createClosing();
  try {
    const port = await freePort();
    const service = await stage.start({
      name: `restate-service-${started}`,
      path: require.resolve('./service-main'),
      environment: {
        PEER_PACKAGES: packages,
        PEER_PORT: String(port),
        NODE_ENV: 'production',
        RESTATE_LOGGING: 'WARN',
      },
    });
    closing.add('service', () => service.stop());
    const server = await startRestateServer(packages, stack.kafkaBrokers);
    closing.add('server', () => server.stop());
    await server.register(`http://127.0.0.1:${port}`);
    await server.subscribe(topic, 'appointment/take');
    return {
      name: 'restate',
      pids: { ...stack.pids, restate: server.pid, service: service.pid },
      toRecord: (event) => ({ ...encode(event, { topic }), key: `${event.tenantId}/${event.aggregateId}` }),
      halt: () => process.kill(server.pid, 'SIGSTOP'),
      goOn: () => process.kill(server.pid, 'SIGCONT'),
      ...moves,
      stop: () => closing.close(),
    };
  } catch (error) {
    await closing.close().catch(() => undefined);
    throw error;
  }
}
