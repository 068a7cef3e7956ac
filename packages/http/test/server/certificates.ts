import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The certificates of the socket's tests: an authority that nobody trusts, and a server it signed (localhost, 127.0.0.1, ::1). */
export const authorityPath: string = pathOf('ca.crt');
export const authority: string = read('ca.crt');
export const serverPem: { readonly cert: string; readonly key: string } = {
  cert: read('server.crt'),
  key: read('server.key'),
};

function pathOf(name: string): string {
  return fileURLToPath(new URL(`../../../socket/test/tls/certificates/${name}`, import.meta.url));
}

function read(name: string): string {
  return readFileSync(pathOf(name), 'latin1');
}
