// @ts-check
// Seeds 001 and 003: CGIHTTPRequestHandler. Programs in cgi-bin are run for GET and POST, and what they print is the answer. Open http://127.0.0.1:8000/.
import { fileURLToPath } from 'node:url';
import { cgiScripts, makeServer, mount } from '@wirestack/gateway';
import { formatAddress } from '@wirestack/socket';

/** @type {import('@wirestack/gateway').Application} */
const page = (environ, startResponse) => {
  if (environ.PATH_INFO !== '/') {
    startResponse('404 Not Found', [['Content-Type', 'text/plain']]);
    return ['Not Found\n'];
  }
  startResponse('200 OK', [['Content-Type', 'text/html; charset=utf-8']]);
  return [
    `<!doctype html>
<html lang="en">
  <head><title>WOW</title></head>
  <body>
    <p>Wow, a server</p>
    <form name="input" action="cgi-bin/post.py" method="post">
      <label>First name: <input name="firstname"></label>
      <button>Submit</button>
    </form>
    <p><a href="cgi-bin/hello.js/from/here?name=Zo%C3%AB">The same by GET, in JavaScript</a></p>
  </body>
</html>
`,
  ];
};

const programs = cgiScripts(fileURLToPath(new URL('cgi-bin', import.meta.url)));
const httpd = await makeServer(
  process.argv[2] ?? '127.0.0.1:8000',
  mount({ '/': page, '/cgi-bin': programs }),
);
console.log('listening on', formatAddress(httpd.address));
