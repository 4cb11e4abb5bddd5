import { Client, Connection } from '@temporalio/client';
import { createClosing } from '../../infra/processes/closing';
import { type Observer, observe } from '../../infra/reconcile/observer';
import type { StreamRow } from '../../store/types';
import { eventually } from './eventually';
import { type PlatformProcesses, startPlatformProcesses } from './platform-processes';

/** The platform as processes of its own, and everything that a test looks at it with. */
export interface ObservedPlatform {
  readonly platform: PlatformProcesses;
  readonly observer: Observer;
  readonly client: Client;
  /** Waits until the subject is at one of these stages. */
  stageIs(subject: string, ...stages: string[]): Promise<StreamRow>;
  stop(): Promise<void>;
}

/** Resolves when the API is ready. Leaves nothing behind when it fails. */
export async function startObservedPlatform(settings: Readonly<Record<string, string>>): Promise<ObservedPlatform> {
  const closing = createClosing();
  try {
    const platform = await startPlatformProcesses(settings);
    closing.add('platform', () => platform.stop());
    const observer = await observe(platform.stack);
    closing.add('observer', () => observer.stop());
    const connection = await Connection.connect({ address: platform.stack.temporalAddress });
    closing.add('connection', () => connection.close());
    await eventually(
      'the API is ready',
      async () => (await fetch(`${platform.apiUrl}/readyz`).catch(() => undefined))?.ok,
      60_000,
    );
    return {
      platform,
      observer,
      client: new Client({ connection }),
      stageIs: (subject, ...stages) =>
        eventually(`${subject} is ${stages.join(' or ')}`, async () => {
          const row = await observer.store.streams.get(subject);
          return row !== undefined && stages.includes(row.stage) && row;
        }),
      stop: () => closing.close(),
    };
  } catch (failure) {
    await closing.close().catch(() => undefined);
    throw failure;
  }
}
