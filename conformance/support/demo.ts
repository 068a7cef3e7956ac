import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Program, type Ended } from './program.ts';

const mainFile = fileURLToPath(new URL('../../apps/demo/dist/main.js', import.meta.url));

/** The demo as users start it: the built program, in a process of its own, and the addresses it printed. */
export class DemoProcess {
  readonly program: Program;
  readonly #urls: ReadonlyMap<string, string>;

  private constructor(program: Program, urls: ReadonlyMap<string, string>) {
    this.program = program;
    this.#urls = urls;
  }

  static async start(): Promise<DemoProcess> {
    if (!existsSync(mainFile)) throw new Error('apps/demo/dist/main.js is not there: build first');
    const program = new Program(process.execPath, [mainFile, '--port', '0'], { timeoutMs: 120_000 });
    await program.says(/^Ctrl-C/m);
    const lines = program.stdout.matchAll(/^(\w+) {2,}(\S+:\S+) {2,}\S.*$/gm);
    return new DemoProcess(
      program,
      new Map(Array.from(lines, ([, name, url]) => [String(name), String(url)])),
    );
  }

  /** The address of the site, without a slash at its end. */
  get site(): string {
    return this.#url('http').replace(/\/$/, '');
  }

  /** `[host, port]`, as programs take them. */
  port(
    name: 'http' | 'echo' | 'items' | 'time' | 'xmlrpc' | 'jsonrpc' | 'dns',
  ): [host: string, port: string] {
    const { hostname, port } = new URL(this.#url(name).replace(/^\w+:/, 'http:'));
    return [hostname, port];
  }

  path(name: 'unix' | 'proxy'): string {
    return this.#url(name).slice('unix:'.length);
  }

  /** Ends it in order. A complaint on stderr is a failure, whatever the tests have thought of it. */
  async stop(): Promise<Ended> {
    const ended = await this.program.stop();
    if (ended.code !== 0 || ended.stderr !== '') {
      throw new Error(`the demo ended with ${String(ended.code)} and said: ${ended.stderr}`);
    }
    return ended;
  }

  #url(name: string): string {
    const url = this.#urls.get(name);
    if (url === undefined) throw new Error(`the demo has no service ${name}:\n${this.program.stdout}`);
    return url;
  }
}
