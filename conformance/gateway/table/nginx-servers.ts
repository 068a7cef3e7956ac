import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serveFastCgi, serveScgi, serveUwsgi } from '@wirestack/gateway';
import type { AddressLike } from '@wirestack/socket';
import { makeApplication } from '../../../apps/demo/src/application.ts';
import { Nginx } from '../../support/nginx.ts';
import { HttpAsker } from './ask-over-http.ts';
import { ExpectedErrors } from './our-server.ts';
import { mountPoint } from './table-request.ts';
import type { TableServer } from './table-server.ts';

type OnError = (error: unknown) => void;

const protocols = [
  // The parameters that nginx comes with have the whole path only: where the application begins is said here.
  {
    name: 'FastCGI',
    word: 'fastcgi',
    open: (address: AddressLike, onError: OnError) =>
      serveFastCgi(address, makeApplication(), { onError, scriptName: mountPoint }),
  },
  {
    name: 'SCGI',
    word: 'scgi',
    open: (address: AddressLike, onError: OnError) =>
      serveScgi(address, makeApplication(), { onError, scriptName: mountPoint }),
  },
  {
    name: 'uwsgi',
    word: 'uwsgi',
    open: (address: AddressLike, onError: OnError) =>
      serveUwsgi(address, makeApplication(), { onError, scriptName: mountPoint }),
  },
];

/** nginx in front, with the parameters that it comes with. */
export const nginxServers: readonly TableServer[] = protocols.map(({ name, open, word }) => ({
  name: `${name} behind nginx`,
  exceptions: [],
  async start() {
    const directory = await mkdtemp(join(tmpdir(), 'wirestack-table-'));
    const path = join(directory, 'app.sock');
    const errors = new ExpectedErrors();
    const server = await open({ path }, errors.note);
    const nginx = await Nginx.start(
      // It warns of bodies that it puts into files.
      `client_body_buffer_size 1m; ${word}_max_temp_file_size 0;`,
      `location / { include /etc/nginx/${word}_params; ${word}_pass unix:${path}; }`,
    );
    const asker = new HttpAsker({ socketPath: nginx.socketPath });
    return {
      ask: (request) => asker.ask(request),
      async stop() {
        asker.close();
        const { complaints } = nginx;
        await nginx.stop();
        await server.drain({ timeoutMs: 1000 });
        await rm(directory, { recursive: true });
        errors.check();
        if (complaints.length > 0) throw new Error(`nginx complained: ${complaints.join('\n')}`);
      },
    };
  },
}));
