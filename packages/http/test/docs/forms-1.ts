import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Handler } from '@wirestack/http';
import { FormError, multipartBody, readForm, saveTo } from '@wirestack/http/forms';

const uploads = await mkdtemp(join(tmpdir(), 'uploads-'));

const handler: Handler = async (request) => {
  try {
    // Its files are removed at the end of this block: rename those that are to stay.
    await using form = await readForm(request, { files: saveTo(uploads), signal: request.signal });
    const names = form.files
      .values()
      .map(({ safeName, size, stored }) => `${safeName} ${String(size)} ${stored.path}`);
    return { status: 200, body: `${form.fields.get('title') ?? ''}: ${names.join()}\n` };
  } catch (error) {
    if (error instanceof FormError) return { status: error.status, body: `${error.code}\n` };
    throw error;
  }
};
const server = await createServer(handler).listen('127.0.0.1:0');

// And from the other end:
const form = multipartBody([
  ['title', 'holidays'],
  { name: 'picture', filename: 'beach.jpg', type: 'image/jpeg', content: new Uint8Array(1000) },
]);
if ('port' in server.address) {
  const chunks: Uint8Array[] = [];
  for await (const chunk of form.body) chunks.push(chunk);
  const response = await fetch(`http://127.0.0.1:${String(server.address.port)}/`, {
    method: 'POST',
    headers: { 'content-type': form.contentType },
    body: new Blob(chunks),
  });
  console.log(await response.text()); // holidays: beach.jpg 1000 /tmp/uploads-…
}
await server.drain();
