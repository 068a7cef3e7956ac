// @ts-check
/** Files and uploads with `@wirestack/http`. */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { createServer } from '@wirestack/http';
import { announce, portOf } from './answer.js';

const folder = process.env.FILES ?? '.';
const server = await createServer(async (request) => {
  if (request.method === 'PUT') {
    let bytes = 0;
    for await (const chunk of request.body) bytes += chunk.length;
    return { status: 200, body: String(bytes) };
  }
  const file = await open(join(folder, request.path));
  return { status: 200, body: { file, length: (await file.stat()).size } };
}).listen('127.0.0.1:0');
announce(portOf(server.address));
