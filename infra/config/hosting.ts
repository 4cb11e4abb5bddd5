import { z } from 'zod';
import { routes } from '../../bridges/inbound/routes';
import { type Hosting, own, pooled } from '../../workflows/kit/contract';

const ENTRY = /^(?<target>\w+)=(?:own|pooled:(?<hosts>[1-9]\d{0,3}))$/;

/** Targets whose contract says where their subjects live: journeys. A saga's order is its code, it cannot be pooled. */
const journeys: readonly string[] = [
  ...new Set(
    routes.flatMap(({ targets }) => targets.flatMap(({ target, hosting }) => (hosting === undefined ? [] : [target]))),
  ),
];

/** `appointmentJourney=pooled:16,otherJourney=own`: where new subjects of these targets live, whatever their contracts say. */
export const hostingOverridesFor = (targets: readonly string[]) =>
  z
    .string()
    .default('')
    .transform((text, context): ReadonlyMap<string, Hosting> => {
      const overrides = new Map<string, Hosting>();
      const refuse = (message: string) => context.addIssue({ code: 'custom', message });
      for (const entry of text.split(',').map((part) => part.trim())) {
        if (entry === '') continue;
        const { target, hosts } = ENTRY.exec(entry)?.groups ?? {};
        if (target === undefined)
          refuse(`${entry} is neither <journey>=own nor <journey>=pooled:<hosts>, hosts 1 to 9999`);
        else if (!targets.includes(target)) refuse(`${entry}: ${target} is no journey; there is ${targets.join(', ')}`);
        else if (overrides.has(target)) refuse(`${entry}: ${target} is named twice`);
        else overrides.set(target, hosts === undefined ? own : pooled({ hosts: Number(hosts) }));
      }
      return overrides;
    });

export const hostingOverrides = hostingOverridesFor(journeys);
