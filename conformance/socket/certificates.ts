import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { output } from '../support/program.ts';

/** A certificate with its key, as text and as files. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** An authority that openssl makes for one run, and what it has signed. */
export class Authority implements AsyncDisposable {
  readonly #directory: string;
  readonly file: string;
  cert = '';

  private constructor(directory: string) {
    this.#directory = directory;
    this.file = join(directory, 'ca.crt');
  }

  static async named(name: string): Promise<Authority> {
    const authority = new Authority(await mkdtemp(join(tmpdir(), 'wirestack-authority-')));
    await authority.#openssl('req', '-x509', ...newKey('ca'), '-out', 'ca.crt', '-subj', `/CN=${name}`);
    authority.cert = await readFile(authority.file, 'latin1');
    return authority;
  }

  /** Signs for a name, until so many days from now; those that are less than none have passed. */
  async signs(name: string, days = 2): Promise<Identity> {
    const file = `${name}${String(days)}`;
    const extensions = `subjectAltName=DNS:${name},IP:127.0.0.1`;
    await writeFile(join(this.#directory, `${file}.ext`), extensions);
    await this.#openssl('req', ...newKey(file), '-out', `${file}.csr`, '-subj', `/CN=${name}`);
    await this.#openssl(
      ...['x509', '-req', '-in', `${file}.csr`, '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial'],
      ...['-days', String(days), '-extfile', `${file}.ext`, '-out', `${file}.crt`],
    );
    const [certFile, keyFile] = [join(this.#directory, `${file}.crt`), join(this.#directory, `${file}.key`)];
    const [cert, key] = await Promise.all([readFile(certFile, 'latin1'), readFile(keyFile, 'latin1')]);
    return { cert, key, certFile, keyFile };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#directory, { recursive: true });
  }

  async #openssl(...args: string[]): Promise<void> {
    await output('sh', ['-c', 'cd "$0" && exec openssl "$@"', this.#directory, ...args]);
  }
}

function newKey(file: string): string[] {
  return ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${file}.key`];
}
