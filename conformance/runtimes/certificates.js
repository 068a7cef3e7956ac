// @ts-check
import { readFileSync } from 'node:fs';

/** PEM text of the certificates that the tests of `@wirestack/socket/tls` have. */
export const pem = {
  authority: read('ca.crt'),
  server: { cert: read('server.crt'), key: read('server.key') },
  other: { cert: read('other.crt'), key: read('other.key') },
  client: { cert: read('client.crt'), key: read('client.key') },
};

/** @param {string} name */
function read(name) {
  return readFileSync(
    new URL(`../../packages/socket/test/tls/certificates/${name}`, import.meta.url),
    'latin1',
  );
}
