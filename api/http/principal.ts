import { Problem } from './problem';

export const roles = ['emitter', 'reader', 'operator'] as const;
export type Role = (typeof roles)[number];

/** Who asks, and for which tenants. */
export interface Principal {
  /** The token's `sub`. */
  readonly subject: string;
  readonly roles: readonly Role[];
  readonly tenants: '*' | readonly string[];
}

/** Asks for routes that need no token. */
export const nobody: Principal = { subject: 'nobody', roles: [], tenants: [] };

/** Development without authentication: everything is allowed, the tenant is the one in the request. */
export const development: Principal = { subject: 'development', roles, tenants: '*' };

export const speaksFor = ({ tenants }: Principal, tenantId: string | null): boolean =>
  tenants === '*' || (tenantId !== null && tenants.includes(tenantId));

/**
 * The tenant that a read is about: the one asked for, or the only one that the token has. `undefined` means all, and only
 * a principal of all tenants gets it. A tenant of others answers like one that does not exist.
 */
export function tenantToRead(principal: Principal, asked: string | undefined): string | undefined {
  if (asked !== undefined) {
    if (!speaksFor(principal, asked)) throw new Problem('not-found', 'No such tenant.');
    return asked;
  }
  if (principal.tenants === '*') return undefined;
  const [only, another] = principal.tenants;
  if (only !== undefined && another === undefined) return only;
  throw tenantRequired();
}

/** As `tenantToRead`, where one tenant has to be named: event ids are unique per tenant. */
export function oneTenantToRead(principal: Principal, asked: string | undefined): string {
  const tenantId = tenantToRead(principal, asked);
  if (tenantId === undefined) throw tenantRequired();
  return tenantId;
}

const tenantRequired = () =>
  new Problem('invalid-request', 'Say which tenant (?tenant=...): the caller does not speak for exactly one.', {
    errors: [
      {
        parameter: 'tenant',
        code: 'required',
        detail: 'is required with a token that does not speak for exactly one tenant',
      },
    ],
  });
