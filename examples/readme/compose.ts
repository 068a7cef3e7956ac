import { mount, staticFiles, toHandler, type Application } from '@wirestack/gateway';
import { createServer } from '@wirestack/http';
import { serve } from '@wirestack/socket';

const hello: Application = (environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  return [`hello ${environ.REMOTE_ADDR}, you asked for ${environ.PATH_INFO}\n`];
};
const site = toHandler(mount({ '/files': staticFiles('public'), '/': hello }));
const http = await createServer(site, { headTimeoutMs: 5_000 }).listen('127.0.0.1:8000');
const echo = await serve('127.0.0.1:9000', async (stream) => {
  for await (const chunk of stream) await stream.write(chunk);
});
process.once('SIGINT', () => void Promise.all([http.drain(), echo.drain({ timeoutMs: 1_000 })]));
