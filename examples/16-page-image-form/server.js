// @ts-check
// Seed 001: an HTTP server with a page, an image and a form that is posted back; escaped, for the seed's ran whatever
// script was typed into it. Open http://127.0.0.1:8000/.
import { readFile } from 'node:fs/promises';
import { createServer } from '@wirestack/http';
import { formatAddress } from '@wirestack/socket';

const picture = await readFile(new URL('picture.png', import.meta.url));
const page = (/** @type {string | null} */ name) => `<!doctype html>
<html>
  <head><title>WOW</title></head>
  <body>
    <p>Wow, a server</p>
    <img src="picture.png">
    <form name="input" action="/" method="post">
      First name: <input type="text" name="firstname"><br>
      <input type="submit" value="Submit">
    </form>
    ${name === null ? '' : `<p>${escape(name)}</p>`}
  </body>
</html>
`;

const server = createServer(async (request) => {
  switch (`${request.method} ${request.path}`) {
    case 'GET /':
      return { status: 200, headers: [['Content-Type', 'text/html; charset=utf-8']], body: page(null) };
    case 'GET /picture.png':
      return { status: 200, headers: [['Content-Type', 'image/png']], body: picture };
    case 'POST /': {
      const form = new URLSearchParams(await request.text());
      return {
        status: 200,
        headers: [['Content-Type', 'text/html; charset=utf-8']],
        body: page(form.get('firstname')),
      };
    }
    default:
      return { status: 404, body: 'Not Found\n' };
  }
});
await server.listen(process.argv[2] ?? '127.0.0.1:8000');
console.log('listening on', formatAddress(server.address));

function escape(/** @type {string} */ text) {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
