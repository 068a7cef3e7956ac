// @ts-check
// Seed 000: the kinds of request bodies, pairs and parts, each told as it arrives; nothing is kept.
// node server.js, then: curl -F name=Zoë -F file=@picture.png http://127.0.0.1:8000/
import { createServer } from '@wirestack/http';
import { formParts, FormError } from '@wirestack/http/forms';
import { formatAddress } from '@wirestack/socket';

const server = createServer(async (request) => {
  if (request.method !== 'POST')
    return { status: 405, headers: [['Allow', 'POST']], body: 'Method Not Allowed\n' };
  try {
    let told = '';
    for await (const part of formParts(request)) {
      if (part.filename === undefined) {
        told += `${part.name} is ${JSON.stringify(await part.text())}\n`;
        continue;
      }
      let bytes = 0;
      for await (const chunk of part.body) bytes += chunk.length;
      told += `${part.name} is the file ${JSON.stringify(part.filename)}, ${part.type}, ${bytes} bytes\n`;
    }
    return { status: 200, headers: [['Content-Type', 'text/plain; charset=utf-8']], body: told };
  } catch (error) {
    if (!(error instanceof FormError)) throw error;
    return { status: error.status, body: `${error.code}: ${error.message}\n` };
  }
});
await server.listen(process.argv[2] ?? '127.0.0.1:8000');
console.log('listening on', formatAddress(server.address));
