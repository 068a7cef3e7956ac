// @ts-check
// Seed 000: the same form as pairs and as parts. node client.js http://127.0.0.1:8000/ FILE
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { request } from '@wirestack/http/client';
import { multipartBody } from '@wirestack/http/forms';

const [url = 'http://127.0.0.1:8000/', path] = process.argv.slice(2);

const pairs = await request(url, { body: new URLSearchParams({ name: 'Zoë', city: 'Zürich & Bern' }) });
process.stdout.write(await pairs.text());

/** @type {import('@wirestack/http/forms').OutgoingPart[]} */
const parts = [{ name: 'name', content: 'Zoë' }];
const file = path === undefined ? undefined : await open(path);
if (file !== undefined && path !== undefined) {
  const { size } = await file.stat();
  parts.push({ name: 'file', filename: basename(path), content: { file, length: size } });
}
const uploaded = await request(url, { body: multipartBody(parts) });
process.stdout.write(await uploaded.text());
await file?.close();
