// @ts-check
// Seed 003: `requests.get('http://127.0.0.1:8000/')`. node get.js http://127.0.0.1:8000/
import { request } from '@wirestack/http/client';

const response = await request(process.argv[2] ?? 'http://127.0.0.1:8000/', { timeoutMs: 10_000 });
console.log(response.status, response.headers.get('content-type'));
console.log(await response.text());
