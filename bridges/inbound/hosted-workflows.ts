import { type Clock, systemClock } from '@millrace/kafka';
import type { Client } from '@temporalio/client';
import type { Store } from '../../store/store';
import type { Hosting } from '../../workflows/kit/contract';
import { noBridgeMetrics } from '../metrics';
import { type CallMetrics, type CountedCalls, createCallCounter } from './call-counter';
import { type CallLimiter, limitedCalls, limitedHostCalls } from './call-limiter';
import {
  createHostMailbox,
  type HostCalls,
  type HostMailbox,
  MAILBOX_LIMITS,
  type MailboxLimits,
} from './host-mailbox';
import { createPlacedCalls } from './placed-calls';
import { createPlacementBook } from './placement-book';
import type { RouteTarget } from './route';
import { type TemporalCallsOptions, temporalCalls } from './temporal-calls';
import { temporalHostCalls } from './temporal-host-calls';
import type { WorkflowCalls } from './workflow-calls';

/** Hostings that a deployment chooses, by target: they go before what the contracts say. */
export type HostingOverrides = ReadonlyMap<string, Hosting>;

/**
 * Where new subjects of each target go. Throws for an override of a target that no route names, or that cannot be
 * pooled: a saga, whose order is its code.
 */
export function hostingsOf(targets: readonly RouteTarget[], overrides: HostingOverrides): ReadonlyMap<string, Hosting> {
  const hostings = new Map(
    targets.flatMap(({ target, hosting }) => (hosting === undefined ? [] : [[target, hosting] as const])),
  );
  for (const target of overrides.keys()) {
    if (!hostings.has(target)) {
      throw new Error(`HOSTING names ${target}, which is no journey: there is ${[...hostings.keys()].join(', ')}`);
    }
  }
  return new Map([...hostings].map(([target, hosting]) => [target, overrides.get(target) ?? hosting]));
}

/** The bridge's calls, as many at a time as Temporal takes: to workflows of their own, and to hosts. */
export function hostedCalls(deps: {
  own: WorkflowCalls;
  hostCalls: (host: string, target: string) => HostCalls;
  limiter: CallLimiter;
  placement: Store['placement'];
  hostings: ReadonlyMap<string, Hosting>;
  metrics?: CallMetrics;
  mailbox?: MailboxLimits;
  /** For pauses, in milliseconds. */
  clock?: Clock;
  soon?: (run: () => void) => void;
}): CountedCalls {
  const { own, hostCalls, limiter, placement, hostings, soon } = deps;
  const { mailbox: limits = MAILBOX_LIMITS, clock = systemClock, metrics = noBridgeMetrics } = deps;
  const pause = (ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve));
  const counter = createCallCounter({ metrics, now: clock.now });
  const mailboxes = new Map<string, HostMailbox>();

  function mailboxOf(host: string, target: string): HostMailbox {
    const known = mailboxes.get(host);
    if (known !== undefined) return known;
    const calls = limitedHostCalls(counter.host(hostCalls(host, target), target), limiter);
    const mailbox = createHostMailbox(calls, limits, pause);
    mailboxes.set(host, mailbox);
    return mailbox;
  }

  const calls = createPlacedCalls({
    own: limitedCalls(counter.own(own), limiter),
    placements: createPlacementBook(placement, undefined, soon),
    hostingOf: (target) => hostings.get(target),
    mailboxOf,
  });
  return { ...calls, flow: counter.flow };
}

/** The same on a real Temporal client. */
export function hostedWorkflows(deps: {
  client: Client;
  limiter: CallLimiter;
  placement: Store['placement'];
  targets: readonly RouteTarget[];
  overrides?: HostingOverrides;
  metrics?: CallMetrics;
  options?: TemporalCallsOptions;
}): CountedCalls {
  const { client, limiter, placement, targets, overrides = new Map(), options = {}, metrics = noBridgeMetrics } = deps;
  const queues = new Map(targets.map(({ target, taskQueue }) => [target, taskQueue]));
  return hostedCalls({
    own: temporalCalls(client, options),
    hostCalls(id, target) {
      const taskQueue = queues.get(target);
      if (taskQueue === undefined) throw new Error(`No route leads to ${target}`);
      return temporalHostCalls(client, { id, target, taskQueue }, options);
    },
    limiter,
    placement,
    metrics,
    hostings: hostingsOf(targets, overrides),
  });
}
