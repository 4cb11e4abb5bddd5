import { createPublicKey } from 'node:crypto';
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { z } from 'zod';
import { development, type Principal, roles } from './principal';
import { Problem } from './problem';

/** How callers prove who they are. With `jwt`, either `jwksUrl` or `publicKeyPem` is given. */
export type AuthConfig =
  | { readonly mode: 'off' }
  | {
      readonly mode: 'jwt';
      readonly issuer: string;
      readonly audience: string;
      readonly jwksUrl?: string | undefined;
      /** SPKI. */
      readonly publicKeyPem?: string | undefined;
      /** Public-key signatures only: RS256, PS256, ES256, EdDSA and their longer kin. */
      readonly algorithms: readonly string[];
    };

/** Answers who sent the header, or throws a `Problem`: 401 for the token, 503 for keys that cannot be fetched. */
export type Authenticate = (authorization: string | undefined) => Promise<Principal>;

/** Shared secrets are left out on purpose: with them, a public key could pass for one (RFC 8725, 3.1). */
const publicKeyAlgorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const types = ['jwt', 'at+jwt', 'application/at+jwt'];
const clockSkewSeconds = 30;
const longestToken = 8 * 1024;

const claimsSchema = z.object({
  // stands in events as the operator's name
  sub: z.string().regex(/^\P{Cc}{1,200}$/u),
  roles: z.array(z.string()).default([]),
  tenants: z.union([z.literal('*'), z.array(z.string().min(1))]).default([]),
});

/** Throws a plain error for a configuration that would let anybody in. */
export function createAuthenticate(auth: AuthConfig, environment: 'development' | 'production'): Authenticate {
  if (auth.mode === 'off') {
    if (environment !== 'development') throw new Error('Authentication can be off in development only.');
    return () => Promise.resolve(development);
  }
  const refused = auth.algorithms.filter((algorithm) => !publicKeyAlgorithms.includes(algorithm));
  if (auth.algorithms.length === 0 || refused.length > 0) {
    throw new Error(
      `JWT algorithms have to be some of ${publicKeyAlgorithms.join(', ')}; not ${refused.join(', ') || 'none'}.`,
    );
  }
  if (auth.issuer === '' || auth.audience === '') throw new Error('JWT issuer and audience must not be empty.');
  const keys = keysOf(auth);
  const expected = { algorithms: [...auth.algorithms], issuer: auth.issuer, audience: auth.audience };
  return async (authorization) => {
    const token = bearerToken(authorization);
    return principalOf(await verified(token, keys, expected));
  };
}

function keysOf(auth: { jwksUrl?: string | undefined; publicKeyPem?: string | undefined }): JWTVerifyGetKey {
  if (auth.publicKeyPem !== undefined) {
    const key = createPublicKey(auth.publicKeyPem);
    return () => Promise.resolve(key);
  }
  if (auth.jwksUrl === undefined) throw new Error('JWT needs jwksUrl or publicKeyPem.');
  // kid is only a lookup in this set; what the token says about where keys are (jku, x5u, jwk) is not read
  const set = createRemoteJWKSet(new URL(auth.jwksUrl), {
    timeoutDuration: 5_000,
    cooldownDuration: 30_000,
    cacheMaxAge: 600_000,
  });
  return async (header, token) => {
    try {
      return await set(header, token);
    } catch (cause) {
      if (cause instanceof errors.JWKSNoMatchingKey || cause instanceof errors.JWKSMultipleMatchingKeys) throw cause;
      if (cause instanceof errors.JOSENotSupported) throw cause;
      throw new Problem('keys-unavailable', 'The token cannot be checked now.', { cause });
    }
  };
}

function bearerToken(authorization: string | undefined): string {
  const token = /^Bearer +([\w.~+/=-]+)$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) throw unauthenticated('Send a header Authorization: Bearer <token>.');
  if (token.length > longestToken) throw unauthenticated('The token is too long.', 'invalid_token');
  return token;
}

async function verified(
  token: string,
  keys: JWTVerifyGetKey,
  expected: { algorithms: string[]; issuer: string; audience: string },
): Promise<JWTPayload> {
  try {
    const { payload, protectedHeader } = await jwtVerify(token, keys, {
      ...expected,
      clockTolerance: clockSkewSeconds,
      requiredClaims: ['exp', 'sub'],
    });
    const { typ } = protectedHeader;
    if (typ !== undefined && !types.includes(typ.toLowerCase())) throw new Error(`typ ${typ}`);
    return payload;
  } catch (cause) {
    if (cause instanceof Problem) throw cause;
    throw unauthenticated('The token is not valid here.', 'invalid_token', cause);
  }
}

/** Roles that are not known here are left out: another service may use them. */
function principalOf(payload: JWTPayload): Principal {
  const claims = claimsSchema.safeParse(payload);
  if (!claims.success) throw unauthenticated('The claims roles or tenants have another shape.', 'invalid_token');
  const { sub, roles: claimed, tenants } = claims.data;
  return {
    subject: sub,
    roles: roles.filter((role) => claimed.includes(role)),
    tenants: tenants === '*' || tenants.includes('*') ? '*' : tenants,
  };
}

const unauthenticated = (detail: string, error?: 'invalid_token', cause?: unknown) =>
  new Problem('unauthenticated', detail, {
    headers: { 'WWW-Authenticate': error === undefined ? 'Bearer' : `Bearer error="${error}"` },
    cause,
  });
