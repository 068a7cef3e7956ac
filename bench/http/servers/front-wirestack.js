// @ts-check
/** One application behind a front server: by the protocol that `PROTOCOL` names, at the path that `LISTEN` names. */
import { makeServer, serveFastCgi, serveScgi, serveUwsgi } from '@wirestack/gateway';

const { LISTEN, PROTOCOL } = process.env;
const path = /** @type {string} */ (LISTEN);

/** @type {import('@wirestack/gateway').Application} */
const app = (environ, startResponse) => {
  startResponse('200 OK', [
    ['Content-Type', 'text/plain; charset=utf-8'],
    ['X-Method', environ.REQUEST_METHOD],
  ]);
  return [`hello ${environ.PATH_INFO}\n`];
};

if (PROTOCOL === 'http') await makeServer({ path }, app);
else if (PROTOCOL === 'scgi') await serveScgi({ path }, app);
else if (PROTOCOL === 'uwsgi') await serveUwsgi({ path }, app);
else await serveFastCgi({ path }, app);
process.stdout.write('listening\n');
