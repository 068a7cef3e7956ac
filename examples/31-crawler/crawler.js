// @ts-check
// Seed 003: the HTML of a fetched page, taken apart; and the pages that it leads to, as far as they are of the same site.
// node crawler.js http://127.0.0.1:8000/ [PAGES]
import { Parser } from 'htmlparser2';
import { Client, retries } from '@wirestack/http/client';

const start = new URL(process.argv[2] ?? 'http://127.0.0.1:8000/');
const limit = Number(process.argv[3] ?? 100);

const client = new Client({
  maxConnectionsPerOrigin: 4,
  interceptors: [retries({ limit: 2 })],
  headers: { 'User-Agent': 'wirestack-example-crawler', Accept: 'text/html' },
});
/** URLs that were asked for, or will be. */
const known = new Set([start.href]);
const waiting = [start.href];

// Four at a time: each takes what is next until there is nothing.
let active = 0;
await new Promise((resolve, reject) => {
  const next = () => {
    while (active < 4 && waiting.length > 0) {
      active++;
      visit(/** @type {string} */ (waiting.shift()))
        .then(() => {
          active--;
          next();
        })
        .catch(reject);
    }
    if (active === 0) resolve(undefined);
  };
  next();
});
await client.close();
console.log(`${known.size} pages`);

/** @param {string} url */
async function visit(url) {
  const response = await client.request(url, { timeoutMs: 10_000 });
  if (!response.isSuccessful || !(response.headers.get('content-type') ?? '').startsWith('text/html')) {
    await response.body.discard();
    console.log(response.status, url);
    return;
  }
  let title = '';
  let isTitle = false;
  const parser = new Parser({
    onopentag: (name, attributes) => {
      isTitle = name === 'title';
      if (name === 'a') follow(attributes['href'], response.url);
    },
    ontext: (text) => {
      if (isTitle) title += text;
    },
    onclosetag: () => {
      isTitle = false;
    },
  });
  // As it arrives: a page is never in memory as a whole.
  const decoder = new TextDecoder();
  for await (const chunk of response.body) parser.write(decoder.decode(chunk, { stream: true }));
  parser.end();
  console.log(response.status, url, JSON.stringify(title.trim()));
}

/**
 * @param {string | undefined} href
 * @param {string} base
 */
function follow(href, base) {
  if (href === undefined || !URL.canParse(href, base)) return;
  const url = new URL(href, base);
  url.hash = '';
  if (url.origin !== start.origin || known.has(url.href) || known.size >= limit) return;
  known.add(url.href);
  waiting.push(url.href);
}
