// @ts-check
// Seeds 000 and 004: an application, and the server that calls it. Open http://127.0.0.1:8000/.
import { makeServer } from '@wirestack/gateway';
import { formatAddress } from '@wirestack/socket';

/** @type {import('@wirestack/gateway').Application} */
const application = (environ, startResponse) => {
  if (environ.REQUEST_METHOD === 'GET' && environ.PATH_INFO === '/') {
    startResponse('200 OK', [['Content-Type', 'text/html']]);
    return ['<h1>Hello, web!</h1>'];
  }
  startResponse('404 Not Found', [['Content-Type', 'text/html']]);
  return ['<h1>Not Found</h1>'];
};

const httpd = await makeServer(process.argv[2] ?? '127.0.0.1:8000', application);
console.log('listening on', formatAddress(httpd.address));
