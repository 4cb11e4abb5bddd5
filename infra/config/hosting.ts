import { z } from 'zod';
import { type Hosting, own, pooled } from '../../workflows/kit/contract';

const ENTRY = /^(?<target>\w+)=(?:own|pooled:(?<hosts>[1-9]\d{0,3}))$/;

/** `appointmentJourney=pooled:16,otherJourney=own`: where new subjects of these targets live, whatever their contracts say. */
export const hostingOverrides = z
  .string()
  .default('')
  .transform((text, context): ReadonlyMap<string, Hosting> => {
    const overrides = new Map<string, Hosting>();
    for (const entry of text.split(',').map((part) => part.trim())) {
      if (entry === '') continue;
      const { target, hosts } = ENTRY.exec(entry)?.groups ?? {};
      if (target === undefined) {
        context.addIssue({ code: 'custom', message: `${entry} is neither <target>=own nor <target>=pooled:<hosts>` });
        return z.NEVER;
      }
      overrides.set(target, hosts === undefined ? own : pooled({ hosts: Number(hosts) }));
    }
    return overrides;
  });
