/** A certificate of our own for tests, made where it is needed: Node reads X.509 but does not write it. */
import { generateKeyPairSync, sign } from 'node:crypto';

/** A DER element. */
function der(tag: number, ...parts: readonly (Buffer | string)[]): Buffer {
  const content = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)));
  const size = content.length;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

const [sequence, integer, boolean, octets, identifier, text, time, list] = [
  0x30, 2, 1, 4, 6, 0x0c, 0x17, 0x31,
] as const;
const names = {
  ecdsaWithSha256: der(identifier, '\x2a\x86\x48\xce\x3d\x04\x03\x02'),
  commonName: der(identifier, '\x55\x04\x03'),
  basicConstraints: der(identifier, '\x55\x1d\x13'),
  subjectAltName: der(identifier, '\x55\x1d\x11'),
};

/** Self-signed, for these hosts, in PEM. */
export function makeCertificate(hosts: readonly string[]): { cert: string; key: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const algorithm = der(sequence, names.ecdsaWithSha256);
  const issuer = der(sequence, der(list, der(sequence, names.commonName, der(text, 'vectral tests'))));
  const authority = der(sequence, names.basicConstraints, der(octets, der(sequence, der(boolean, '\xff'))));
  const hostNames = der(sequence, ...hosts.map((host) => der(0x82, host)));
  const content = der(
    sequence,
    der(0xa0, der(integer, '\x02')),
    der(integer, '\x01'),
    algorithm,
    issuer,
    der(sequence, der(time, '200101000000Z'), der(time, '490101000000Z')),
    issuer,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(sequence, authority, der(sequence, names.subjectAltName, der(octets, hostNames)))),
  );
  const signature = der(3, '\0', sign('sha256', content, privateKey));
  const base64 = der(sequence, content, algorithm, signature).toString('base64').replace(/.{64}/g, '$&\n');
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  };
}
