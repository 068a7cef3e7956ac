import { makeApplication } from '../../../apps/demo/src/application.ts';
import { makeServer, mount, type Application } from '@wirestack/gateway';
import { HttpAsker } from './ask-over-http.ts';
import { mountPoint } from './table-request.ts';
import type { TableServer } from './table-server.ts';

/** What the others are held against. */
export const ourServer: TableServer = {
  name: 'our own server',
  exceptions: [],
  async start() {
    const errors = new ExpectedErrors();
    const server = await makeServer('127.0.0.1:0', mountedApplication(), { onError: errors.note });
    const { port } = server.address as { port: number };
    const asker = new HttpAsker({ host: '127.0.0.1', port });
    return {
      ask: (request) => asker.ask(request),
      async stop() {
        asker.close();
        await server.drain({ timeoutMs: 1000 });
        errors.check();
      },
    };
  },
};

/** A fresh one, at its place. */
export function mountedApplication(): Application {
  return mount({ [mountPoint]: makeApplication() });
}

/** What servers report: one row fails on purpose, and nothing else may. */
export class ExpectedErrors {
  readonly #errors: unknown[] = [];

  readonly note = (error: unknown): void => {
    this.#errors.push(error);
  };

  check(): void {
    const messages = this.#errors.map(String);
    if (messages.join('\n') !== 'Error: asked to') throw new Error(`reported: ${messages.join('\n')}`);
  }
}

/** The same of what a server has printed. */
export function checkComplaints(printed: string): void {
  const complaints = printed.match(/^.*error\b.*$/gim) ?? [];
  if (complaints.join('\n') !== 'Error: asked to') throw new Error(`it complained: ${printed}`);
}
