import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toNodeListener } from '@wirestack/gateway/node';
import { HttpAsker } from './ask-over-http.ts';
import { ExpectedErrors, mountedApplication } from './our-server.ts';
import type { TableServer } from './table-server.ts';

export const nodeServer: TableServer = {
  name: 'node:http',
  exceptions: [],
  async start() {
    const errors = new ExpectedErrors();
    const listener = toNodeListener(mountedApplication(), { onError: errors.note });
    const server = createServer(listener).on('checkContinue', listener.checkContinue);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const asker = new HttpAsker({ host: '127.0.0.1', port });
    return {
      ask: (request) => asker.ask(request),
      async stop() {
        asker.close();
        await new Promise((resolve) => server.close(resolve));
        errors.check();
      },
    };
  },
};
