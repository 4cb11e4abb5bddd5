import type { CountedCalls } from '../../bridges/inbound/call-counter';
import { createCallLimiter } from '../../bridges/inbound/call-limiter';
import { hostedCalls } from '../../bridges/inbound/hosted-workflows';
import { own, pooled } from '../../workflows/kit/contract';
import type { Chance } from './chance';
import { contracts } from './events';
import type { Link } from './link';
import type { SimProcess } from './process';
import { mailboxOf, type Scenario } from './scenario';
import type { StoreClient } from './store-client';
import type { SimTemporal } from './temporal';

const MOST_CALLS = 8;

/** The bridge's own way to Temporal: placements, mailboxes and the call limiter; the server behind it is simulated. */
export function bridgeCalls(
  world: {
    readonly scenario: Scenario;
    readonly temporal: SimTemporal;
    readonly links: { readonly temporal: Link };
    readonly chance: Chance;
  },
  process: SimProcess,
  { placement }: Pick<StoreClient, 'placement'>,
  nth: number,
): CountedCalls {
  const { scenario, temporal, links, chance } = world;
  const { clock } = process;
  const hosts = scenario.hosts?.[nth];
  const hosting = hosts ? pooled({ hosts }) : own;
  const placed = hosts === undefined ? [] : Object.values(contracts);
  return hostedCalls({
    own: temporal.callsOf(process, links.temporal),
    hostCalls: (host, target) => temporal.hostCallsOf(process, links.temporal, host, target),
    limiter: createCallLimiter({
      settings: { ceiling: MOST_CALLS },
      clock,
      random: () => chance.share('jitter of calls'),
    }),
    placement,
    hostings: new Map(placed.map(({ target }) => [target, hosting])),
    mailbox: mailboxOf(scenario),
    clock,
    soon: (run) => clock.after(0, run),
  });
}
