import { parseArgs } from 'node:util';

export interface DemoOptions {
  readonly host: string;
  /** The first of the ports; the services behind it take the next ones. 0 lets the kernel choose them all. */
  readonly port: number;
  /** Fails where `port` is in use, as somebody asked for it by number, instead of taking another. */
  readonly isPortFixed: boolean;
}

export const usage = `usage: start [--host 127.0.0.1] [--port 8000]

  --host   the address to serve on; default 127.0.0.1, which other machines cannot reach
  --port   the first port; default 8000, or a free one where it is in use; 0 for free ones only
`;

/** @throws Error that says what is wrong with the arguments; `undefined` where they ask for help. */
export function optionsFrom(args: string[]): DemoOptions | undefined {
  const { values } = parseArgs({
    args,
    options: { host: { type: 'string' }, port: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help === true) return undefined;
  const { host = '127.0.0.1', port } = values;
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) <= lastFirstPort)) {
    throw new Error(`--port is ${JSON.stringify(port)}, expected 0–${String(lastFirstPort)}`);
  }
  return { host, port: Number(port ?? 8000), isPortFixed: port !== undefined };
}

/** There are seven ports, one after the other. */
const lastFirstPort = 65_529;
