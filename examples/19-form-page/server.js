// @ts-check
// Seed 001: a page with a form, and what is posted shown back on it: by an application that runs on any server, and escaped, for the
// seed's ran whatever script was typed into it. Open http://127.0.0.1:8000/.
import { makeServer } from '@wirestack/gateway';
import { FormError, readForm } from '@wirestack/http/forms';
import { formatAddress } from '@wirestack/socket';

/** @type {import('@wirestack/gateway').Application} */
const application = async (environ, startResponse) => {
  let shown = '';
  if (environ.REQUEST_METHOD === 'POST') {
    try {
      const { fields } = await readForm({
        headers: { get: (name) => (name === 'content-type' ? environ.CONTENT_TYPE : undefined) },
        body: environ['wsgi.input'],
      });
      shown = [...fields]
        .map(([name, value]) => `<dt>${escape(name)}</dt><dd>${escape(value)}</dd>`)
        .join('\n');
    } catch (error) {
      if (!(error instanceof FormError)) throw error;
      startResponse(`${error.status} Form`, [['Content-Type', 'text/plain; charset=utf-8']]);
      return [`${error.message}\n`];
    }
  }
  startResponse('200 OK', [['Content-Type', 'text/html; charset=utf-8']]);
  return [page(shown)];
};

const page = (/** @type {string} */ shown) => `<!doctype html>
<html lang="en">
  <head><title>Form</title></head>
  <body>
    <form action="/" method="post">
      <label>First name: <input name="firstname"></label>
      <button>Submit</button>
    </form>
    <dl>
${shown}
    </dl>
  </body>
</html>
`;

const httpd = await makeServer(process.argv[2] ?? '127.0.0.1:8000', application);
console.log('listening on', formatAddress(httpd.address));

function escape(/** @type {string} */ text) {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
