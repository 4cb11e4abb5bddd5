import { randomBytes } from 'node:crypto';
import { appointmentScripts } from './appointment-scripts';
import { badScripts } from './bad-scripts';
import { orderScripts } from './order-scripts';
import type { Script } from './script';

/** The stream that comes along: every ending of an order and of an appointment, and every kind of bad input. */
export function scriptedStream(): Script[] {
  const run = randomBytes(3).toString('hex');
  const tenants: [string, string] = [`acme-${run}`, `globex-${run}`];
  return [
    ...appointmentScripts(`clinic-${run}`, Date.now(), 10),
    ...orderScripts(tenants, 150),
    ...badScripts(tenants[0]),
  ];
}
