import { createServer } from '@wirestack/http';
import { Client, retries } from '@wirestack/http/client';
import { multipartBody, readForm, saveTo } from '@wirestack/http/forms';
import { staticFiles } from '@wirestack/http/static';

const files = staticFiles('uploads', { listing: true });
export const server = createServer(async (request) => {
  if (request.method !== 'POST') return files(request);
  await using form = await readForm(request, { files: saveTo('incoming') });
  return {
    status: 201,
    body: form.files.values().map(({ filename, size }) => `${filename}: ${String(size)}\n`),
  };
});

const client = new Client({ baseUrl: 'http://127.0.0.1:8000/', interceptors: [retries()] });
export const upload = (bytes: Uint8Array) =>
  client.request('/', { body: multipartBody([{ name: 'picture', filename: 'me.png', content: bytes }]) });
