import type { Client } from '@temporalio/client';
import type { Store } from '../../store/store';
import type { Hosting } from '../../workflows/kit/contract';
import { createHostMailbox, type HostMailbox } from './host-mailbox';
import { createPlacedCalls } from './placed-calls';
import { createPlacementBook } from './placement-book';
import type { Route, RouteTarget } from './route';
import { type TemporalCallsOptions, temporalCalls } from './temporal-calls';
import { temporalHostCalls } from './temporal-host-calls';
import type { WorkflowCalls } from './workflow-calls';

/** Hostings that a deployment chooses, by target: they go before what the contracts say. */
export type HostingOverrides = ReadonlyMap<string, Hosting>;

/**
 * Where new subjects of each target go. Throws for an override of a target that no route names, or that cannot be
 * pooled: a saga, whose order is its code.
 */
export function hostingsOf(routes: readonly Route[], overrides: HostingOverrides): ReadonlyMap<string, Hosting> {
  const targets = new Map(routes.flatMap((route) => route.targets).map((target) => [target.target, target]));
  for (const target of overrides.keys()) {
    if (targets.get(target)?.hosting === undefined) {
      throw new Error(`HOSTING names ${target}, which is no journey: ${journeysAmong(targets).join(', ')}`);
    }
  }
  return new Map(
    [...targets.values()].flatMap(({ target, hosting }) =>
      hosting === undefined ? [] : [[target, overrides.get(target) ?? hosting]],
    ),
  );
}

const journeysAmong = (targets: ReadonlyMap<string, RouteTarget>): string[] =>
  [...targets.values()].flatMap(({ target, hosting }) => (hosting === undefined ? [] : [target]));

/** The bridge's calls on a real Temporal client: to workflows of their own, and to hosts. */
export function hostedWorkflows(deps: {
  client: Client;
  placement: Store['placement'];
  routes: readonly Route[];
  overrides?: HostingOverrides;
  options?: TemporalCallsOptions;
}): WorkflowCalls {
  const { client, placement, routes, overrides = new Map(), options = {} } = deps;
  const hostings = hostingsOf(routes, overrides);
  const queues = new Map(routes.flatMap((route) => route.targets).map(({ target, taskQueue }) => [target, taskQueue]));
  const mailboxes = new Map<string, HostMailbox>();

  function mailboxOf(host: string, target: string): HostMailbox {
    const taskQueue = queues.get(target);
    if (taskQueue === undefined) throw new Error(`No route leads to ${target}`);
    const known = mailboxes.get(host);
    if (known !== undefined) return known;
    const mailbox = createHostMailbox(temporalHostCalls(client, { id: host, target, taskQueue }, options));
    mailboxes.set(host, mailbox);
    return mailbox;
  }

  return createPlacedCalls({
    own: temporalCalls(client, options),
    placements: createPlacementBook(placement),
    hostingOf: (target) => hostings.get(target),
    mailboxOf,
  });
}
