import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program } from './program.ts';

/** nginx in the foreground, with all that it writes in a directory of its own, behind a path: no port to find. */
export class Nginx {
  readonly socketPath: string;
  readonly #program: Program;
  readonly #directory: string;

  private constructor(program: Program, directory: string) {
    this.#program = program;
    this.#directory = directory;
    this.socketPath = join(directory, 'nginx.sock');
  }

  /** @param http what stands in the `http` block besides the server; @param server what stands in its `server` block */
  static async start(http: string, server: string): Promise<Nginx> {
    const directory = await mkdtemp(join(tmpdir(), 'wirestack-nginx-'));
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    for (const name of temporary) await mkdir(join(directory, name));
    const config = `
      daemon off;
      master_process off;
      pid ${directory}/nginx.pid;
      error_log stderr notice;
      events { worker_connections 256; }
      http {
        access_log off;
        ${temporary.map((name) => `${name}_temp_path ${directory}/${name};`).join('\n        ')}
        ${http}
        server {
          listen unix:${directory}/nginx.sock;
          ${server}
        }
      }
    `;
    const file = join(directory, 'nginx.conf');
    await writeFile(file, config);
    const program = new Program('nginx', ['-p', directory, '-e', 'stderr', '-c', file], {
      timeoutMs: 120_000,
    });
    const nginx = new Nginx(program, directory);
    // Said once its sockets are open.
    await program.says(/getrlimit\(RLIMIT_NOFILE\)/, 'stderr');
    return nginx;
  }

  /** What it complained of. */
  get complaints(): string[] {
    return this.#program.stderr
      .split('\n')
      .filter((line) => /\[(?:warn|error|crit|alert|emerg)\]/.test(line));
  }

  async stop(): Promise<void> {
    await this.#program.stop();
    await rm(this.#directory, { recursive: true });
  }
}
