import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bind, listen, SocketError } from '@wirestack/socket';
import { Program } from '../support/program.ts';

/** `nsd` in the foreground, on loopback and a port that was free, with one zone. */
export class Nsd implements AsyncDisposable {
  readonly address: string;
  readonly #program: Program;
  readonly #directory: string;

  private constructor(address: string, program: Program, directory: string) {
    this.address = address;
    this.#program = program;
    this.#directory = directory;
  }

  static async serving(zone: string, text: string): Promise<Nsd> {
    const directory = await mkdtemp(join(tmpdir(), 'wirestack-nsd-'));
    const port = await freePort();
    await writeFile(join(directory, 'zone'), text);
    await writeFile(join(directory, 'nsd.conf'), configuration(directory, port, zone));
    const program = new Program('nsd', ['-d', '-c', join(directory, 'nsd.conf')], { timeoutMs: 100_000 });
    try {
      await program.says(/nsd started/, 'stderr');
    } catch (error) {
      await rm(directory, { recursive: true });
      throw error;
    }
    return new Nsd(`127.0.0.1:${String(port)}`, program, directory);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program.stop();
    await rm(this.#directory, { recursive: true });
  }
}

/** Without a user to become, files elsewhere, or a port for orders. */
function configuration(directory: string, port: number, zone: string): string {
  return `
server:
  ip-address: 127.0.0.1@${String(port)}
  username: ""
  chroot: ""
  zonesdir: "${directory}"
  database: ""
  pidfile: ""
  xfrdfile: "${directory}/xfrd.state"
  zonelistfile: "${directory}/zone.list"
  xfrdir: "${directory}"
  server-count: 1
  verbosity: 2
  minimal-responses: no
  round-robin: no
remote-control:
  control-enable: no
zone:
  name: "${zone}"
  zonefile: "zone"
`;
}

/** Free for datagrams and for connections: what is only one of them may be taken in the other. */
async function freePort(): Promise<number> {
  for (;;) {
    await using socket = await bind('udp://127.0.0.1:0');
    const { port } = socket.localAddress as { port: number };
    try {
      await using listener = await listen({ host: '127.0.0.1', port });
      return (listener.address as { port: number }).port;
    } catch (error) {
      if (!(error instanceof SocketError) || error.code !== 'IN_USE') throw error;
    }
  }
}
