import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { type JWTPayload, SignJWT } from 'jose';
import type { AuthConfig } from '../http/auth';

export const issuer = 'https://login.example';
export const audience = 'millrace';

export interface Signer {
  readonly privateKey: KeyObject;
  readonly publicKeyPem: string;
  readonly auth: AuthConfig;
  /** Valid for five minutes unless the claims say otherwise. */
  token(
    claims: JWTPayload,
    header?: { alg?: string; kid?: string; typ?: string; [name: string]: unknown },
  ): Promise<string>;
}

export function rsaSigner(): Signer {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const publicKeyPem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  return {
    privateKey,
    publicKeyPem,
    auth: { mode: 'jwt', issuer, audience, publicKeyPem, algorithms: ['RS256', 'ES256'] },
    token: (claims, header = {}) => {
      const now = Math.floor(Date.now() / 1_000);
      const payload = { iss: issuer, aud: audience, sub: 'ada', iat: now, exp: now + 300, ...claims };
      return new SignJWT(payload).setProtectedHeader({ alg: 'RS256', ...header }).sign(privateKey);
    },
  };
}
