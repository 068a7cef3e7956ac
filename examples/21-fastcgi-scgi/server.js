// @ts-check
// Seeds 000 and 003 name WSGI's siblings: one application by FastCGI and by SCGI. nginx.conf has what sends requests to it, at /fastcgi and /scgi.
import { serveFastCgi, serveScgi } from '@wirestack/gateway';
import { formatAddress } from '@wirestack/socket';

/** @type {import('@wirestack/gateway').Application} */
const application = async (environ, startResponse) => {
  const { REQUEST_METHOD, SCRIPT_NAME, PATH_INFO, QUERY_STRING } = environ;
  const body = Buffer.from(await environ['wsgi.input'].read()).toString();
  startResponse('200 OK', [['Content-Type', 'text/plain; charset=utf-8']]);
  return [`${REQUEST_METHOD} ${SCRIPT_NAME} ${PATH_INFO} ${QUERY_STRING}\n${body}`];
};

const [fastCgiAddress = '127.0.0.1:9000', scgiAddress = '127.0.0.1:9001'] = process.argv.slice(2);
// Who connects is believed whatever it says of the client: on this machine only, or on a path that only nginx may open.
const fastCgi = await serveFastCgi(fastCgiAddress, application, { scriptName: '/fastcgi' });
const scgi = await serveScgi(scgiAddress, application, { scriptName: '/scgi' });
console.log('listening on', formatAddress(fastCgi.address));
console.log('SCGI on', formatAddress(scgi.address));
