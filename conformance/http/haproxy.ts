import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program } from '../support/program.ts';

/** haproxy in the foreground, its configuration in a directory of its own. */
export class Haproxy {
  readonly #program: Program;
  readonly #directory: string;

  private constructor(program: Program, directory: string) {
    this.#program = program;
    this.#directory = directory;
  }

  /**
   * @param sections `frontend`, `backend` and `listen`, in mode http
   * @param isRunning settles once it is seen to run: a health check has come, say
   */
  static async start(sections: string, isRunning: Promise<unknown>): Promise<Haproxy> {
    const directory = await mkdtemp(join(tmpdir(), 'wirestack-haproxy-'));
    const file = join(directory, 'haproxy.cfg');
    await writeFile(
      file,
      `
global
  maxconn 200
defaults
  mode http
  option http-keep-alive
  http-reuse always
  timeout connect 20s
  timeout client 20s
  timeout server 20s
${sections}
`,
    );
    const program = new Program('haproxy', ['-db', '-V', '-f', file], { timeoutMs: 110_000 });
    const hasEnded = program.ended().then(({ stderr }) => Promise.reject(new Error(stderr)));
    await Promise.race([isRunning, hasEnded]);
    return new Haproxy(program, directory);
  }

  /** What it says of servers it takes for dead. */
  get complaints(): string[] {
    return this.#program.stderr.split('\n').filter((line) => /ALERT|is DOWN/.test(line));
  }

  async stop(): Promise<void> {
    await this.#program.stop();
    await rm(this.#directory, { recursive: true });
  }
}
