import { fileURLToPath } from 'node:url';
import { startBy, type Runtime } from '../../support/runtimes.ts';
import { HttpAsker } from './ask-over-http.ts';
import { mountPoint } from './table-request.ts';
import { withFields, type Exception, type TableServer } from './table-server.ts';

const program = fileURLToPath(new URL('./fetch-program.js', import.meta.url));

/** A runtime's own server, and `toFetch` in it. */
export function fetchServer(runtime: Runtime): TableServer {
  return {
    name: `toFetch on ${runtime.name}`,
    exceptions: exceptions[runtime.name] ?? [],
    async start() {
      const server = startBy(runtime, program, [mountPoint], 120_000);
      const [, port] = await server.says(/^(\d+)$/m);
      const asker = new HttpAsker({ host: '127.0.0.1', port: Number(port) });
      return {
        ask: (request) => asker.ask(request),
        async stop() {
          asker.close();
          await server.stop();
        },
      };
    },
  };
}

const saysNoLength: Exception = {
  reason: 'To HEAD, a Response without a body gets Content-Length: 0.',
  returning: (answer, { method, path }) =>
    method === 'HEAD' && path === '/stream' ? withFields(answer, ['content-length', '0']) : answer,
};

const exceptions: Readonly<Record<string, readonly Exception[]>> = {
  deno: [saysNoLength],
  bun: [
    saysNoLength,
    {
      reason: 'Of a body that is there as a whole once it is asked for, the length is sent.',
      returning: (answer, { path }) =>
        path === '/written' ? withFields(answer, ['content-length', String(answer.body.length)]) : answer,
    },
  ],
};
