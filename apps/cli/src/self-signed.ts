import type { TlsServerOptions } from '@wirestack/socket';
import { parseHost } from '@wirestack/socket';

/** A certificate that nobody signed but its own key, for this machine and `host`, for 30 days. Made anew each time: nothing is left on disk. */
export async function selfSigned(host: string): Promise<TlsServerOptions> {
  const { generate } = await import('selfsigned').catch((error: unknown) => {
    throw new Error('--tls without --cert needs the package selfsigned, which is not installed', {
      cause: error,
    });
  });
  const names = [...new Set(['localhost', '127.0.0.1', '::1', host.replace(/^\[|\]$/g, '')])];
  const now = Date.now();
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    // Clocks differ.
    notBeforeDate: new Date(now - 3_600_000),
    notAfterDate: new Date(now + 30 * 86_400_000),
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: names.map((name) =>
          parseHost(name) === undefined ? { type: 2 as const, value: name } : { type: 7 as const, ip: name },
        ),
      },
    ],
  });
  return { cert, key };
}
