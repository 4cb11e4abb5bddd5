import { createServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import type { Envelope } from '@millrace/events';
import { Pool } from 'pg';
import { insertMove } from '../../recorded/recorded';
import { stageAfter } from '../../recorded/stage-after';
import { setting } from '../../setting';
import { requireFrom } from '../packages';

/** What is called of `@restatedev/restate-sdk`, which is not there when this is compiled. */
interface RestateSdk {
  object(definition: {
    readonly name: string;
    readonly handlers: Readonly<Record<string, (context: ObjectContext, event: Envelope) => Promise<void>>>;
  }): unknown;
  createEndpointHandler(options: {
    readonly services: readonly unknown[];
  }): (request: Http2ServerRequest, response: Http2ServerResponse) => void;
}

interface ObjectContext {
  get(name: string): Promise<string | null>;
  set(name: string, value: string): void;
  clear(name: string): void;
  run(name: string, action: () => Promise<void>): Promise<void>;
}

/** The SDK is made for Node 22; of what it calls, Node 20 lacks this alone. */
function completePromise(): void {
  if ('withResolvers' in Promise) return;
  const value = () => {
    let settle: object = {};
    const promise = new Promise((resolve, reject) => {
      settle = { resolve, reject };
    });
    return { promise, ...settle };
  };
  Object.defineProperty(Promise, 'withResolvers', { value });
}

/** An appointment as a virtual object, in the way of the SDK's introduction: one call at a time per key, its stage kept as its state. */
function main(): void {
  completePromise();
  const sdk: RestateSdk = requireFrom(setting('PEER_PACKAGES'))('@restatedev/restate-sdk');
  const pool = new Pool({ connectionString: setting('DATABASE_URL'), max: 20 });
  const take = async (context: ObjectContext, event: Envelope) => {
    const { tenantId, eventId, aggregateId } = event;
    const from = await context.get('stage');
    const to = stageAfter(event.eventType);
    await context.run('record', () => insertMove(pool, { tenantId, eventId, key: aggregateId, from, to }));
    if (to === 'attended') context.clear('stage');
    else context.set('stage', to);
  };
  const appointment = sdk.object({ name: 'appointment', handlers: { take } });
  const server = createServer(sdk.createEndpointHandler({ services: [appointment] }));
  server.listen(Number(setting('PEER_PORT')), '127.0.0.1', () => console.log(JSON.stringify({ msg: 'started' })));
}

main();
