import { readFileSync } from 'node:fs';

/** PEM text of `certificates/`. */
export const pem = {
  authority: read('ca.crt'),
  server: { cert: read('server.crt'), key: read('server.key') },
  other: { cert: read('other.crt'), key: read('other.key') },
  client: { cert: read('client.crt'), key: read('client.key') },
};

function read(name: string): string {
  return readFileSync(new URL(`certificates/${name}`, import.meta.url), 'latin1');
}
