import { proxyActivities, proxyLocalActivities, workflowInfo } from '@temporalio/workflow';
import type {
  DueSubject,
  HostedEntry,
  HostedResult,
  HostingActivities,
  LoadedSubject,
  OpenedHost,
  Settling,
} from '../../activities/recording/hosting.activities';
import type { Pending } from './effects';
import { type CausedBy, withoutEnd } from './recorder';
import type { HostInput } from './wire';

const retry = { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '30s' } as const;
const normal = proxyActivities<HostingActivities>({ startToCloseTimeout: '10s', retry });
const local = proxyLocalActivities<HostingActivities>({ startToCloseTimeout: '30s', retry });

/** What a host asks of the store; retries without end, whatever was cancelled. */
export interface HostStore<Effect> {
  open(): Promise<OpenedHost>;
  record(entries: readonly HostedEntry[], causedBy: CausedBy): Promise<ReadonlyMap<number, HostedResult>>;
  /** Always by a normal activity: what a redone task reads must be what the lost one has read (docs/decisions/0005). */
  load(subjects: readonly string[]): Promise<readonly LoadedSubject[]>;
  due(page: Parameters<HostingActivities['dueOfHost']>[1]): Promise<readonly DueSubject[]>;
  settle(settlings: readonly Settling[]): Promise<void>;
  putAwayEffects(effects: readonly Pending<Effect>[]): Promise<void>;
  effects(limit: number): Promise<readonly Pending<Effect>[]>;
  forgetEffects(effects: readonly Pending<Effect>[]): Promise<void>;
}

/** @param ignoreLate what comes after a journey's close leaves no dead letter */
export function hostStore<Effect>(
  { host, target, recording = 'activity' }: HostInput,
  ignoreLate: boolean,
): HostStore<Effect> {
  const ref = { host, target, chain: workflowInfo().firstExecutionRunId };
  const keyOf = ({ context }: Pending<Effect>): string => context.key;
  return {
    open: () => withoutEnd(() => normal.openHost(ref)),
    record: async (entries, causedBy) => {
      const { recordHosted } = recording === 'local' && causedBy === 'signals' ? local : normal;
      return new Map(await withoutEnd(() => recordHosted(ref, entries)));
    },
    load: (subjects) => withoutEnd(() => normal.loadHosted(subjects)),
    due: (page) => withoutEnd(() => normal.dueOfHost(host, page)),
    settle: (settlings) => withoutEnd(() => normal.settleHosted(target, settlings, ignoreLate)),
    putAwayEffects: (effects) =>
      withoutEnd(() =>
        normal.putAwayEffects(
          host,
          // Effects are plain data: they travel in continue-as-new as well.
          effects.map((effect) => ({ key: keyOf(effect), effect: effect as never })),
        ),
      ),
    effects: (limit) =>
      withoutEnd(() => normal.effectsOfHost(host, limit) as Promise<unknown> as Promise<Pending<Effect>[]>),
    forgetEffects: (effects) => withoutEnd(() => normal.forgetEffects(host, effects.map(keyOf))),
  };
}
