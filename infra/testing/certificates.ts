import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

export interface Pair {
  /** PEM */
  readonly cert: string;
  /** PEM, PKCS#8 */
  readonly key: string;
}

/** Just enough of X.509 for tests, because neither Node nor every machine can write certificates: a P-256 key, a day's life. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length =
    body.length < 0x80
      ? [body.length]
      : body.length < 0x100
        ? [0x81, body.length]
        : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const sequence = (...parts: readonly Buffer[]): Buffer => der(0x30, ...parts);
const ecdsaWithSha256 = sequence(hex('06082a8648ce3d040302'));
const commonName = hex('0603550403');
const basicConstraints = hex('0603551d13');
const subjectAltName = hex('0603551d11');
const yes = hex('0101ff');

const nameOf = (text: string): Buffer => sequence(der(0x31, sequence(commonName, der(0x0c, Buffer.from(text)))));
const timeOf = (at: Date): Buffer =>
  der(0x17, Buffer.from(`${at.toISOString().slice(2, 19).replaceAll(/[-:T]/g, '')}Z`));
const toPem = (body: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${body.toString('base64').replaceAll(/(.{64})/g, '$1\n')}\n-----END CERTIFICATE-----\n`;

interface Signer {
  readonly name: string;
  readonly key: KeyObject;
}

function certificate(name: string, publicKey: KeyObject, signer: Signer, extensions: readonly Buffer[]): string {
  const day = 86_400_000;
  const body = sequence(
    der(0xa0, hex('020102')), // version 3
    der(0x02, Buffer.concat([hex('01'), randomBytes(15)])),
    ecdsaWithSha256,
    nameOf(signer.name),
    sequence(timeOf(new Date(Date.now() - day)), timeOf(new Date(Date.now() + day))),
    nameOf(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  );
  const signature = sign('sha256', body, signer.key);
  return toPem(sequence(body, ecdsaWithSha256, der(0x03, hex('00'), signature)));
}

const keys = () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const pemOf = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();

export interface Authority {
  /** PEM */
  readonly cert: string;
  /** A certificate for `localhost`, 127.0.0.1 and the names given. */
  issue(name: string, dnsNames?: readonly string[]): Pair;
}

/** Signs certificates of one test, and of nothing else. */
export function createAuthority(): Authority {
  const { publicKey, privateKey } = keys();
  const signer: Signer = { name: 'Millrace tests', key: createPrivateKey(pemOf(privateKey)) };
  const authority = sequence(basicConstraints, yes, der(0x04, sequence(yes)));
  return {
    cert: certificate(signer.name, publicKey, signer, [authority]),
    issue(name, dnsNames = []) {
      const own = keys();
      const names = [
        ...['localhost', ...dnsNames].map((dns) => der(0x82, Buffer.from(dns))),
        der(0x87, Buffer.from([127, 0, 0, 1])),
      ];
      const extensions = [sequence(subjectAltName, der(0x04, sequence(...names)))];
      return { cert: certificate(name, own.publicKey, signer, extensions), key: pemOf(own.privateKey) };
    },
  };
}
