// @ts-check
/** What is asked of the servers, and what they have to answer. */
import { body as hello } from './servers/answer.js';

/**
 * @typedef {object} Scenario
 * @property {string} name
 * @property {string} title
 * @property {'GET' | 'POST'} method
 * @property {Record<string, string>} fields  beside Host and Content-Length
 * @property {string} body
 * @property {string} expected                the body of every answer
 * @property {Record<string, string>} env     of the servers
 * @property {string[]} servers               files in `servers/`
 */

// With Host these are ten.
const browserFields = {
  'User-Agent':
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36',
  Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
  'Accept-Language': 'en-US,en;q=0.5',
  'Accept-Encoding': 'gzip, deflate, br',
  'Upgrade-Insecure-Requests': '1',
  'Sec-Fetch-Dest': 'document',
  'Sec-Fetch-Mode': 'navigate',
  'Sec-Fetch-Site': 'none',
  Cookie: 'session=0123456789abcdef0123456789abcdef',
};

const posted = { name: 'wirestack', text: 'x'.repeat(990) };
const postedText = JSON.stringify(posted);

const inNode = ['node-http', 'fastify', 'hono', 'raw-net', 'wirestack-http', 'wirestack-gateway'];
const runtimes = ['bun', 'deno'];
const all = [...inNode, 'nginx', ...runtimes];

/** @type {Scenario} */
const plain = {
  name: 'hello',
  title: 'GET, one header, answered with 14 bytes',
  method: 'GET',
  fields: {},
  body: '',
  expected: hello,
  env: {},
  servers: all,
};

/** @type {Scenario[]} */
const list = [
  plain,
  { ...plain, name: 'headers', title: 'GET with ten browser headers', fields: browserFields },
  {
    ...plain,
    name: 'async',
    title: 'GET, the handler awaits once',
    env: { ASYNC: '1' },
    servers: all.filter((name) => name !== 'raw-net'),
  },
  {
    ...plain,
    name: 'post',
    title: `POST of ${String(postedText.length)} bytes of JSON, answered with a member of it`,
    method: 'POST',
    fields: { 'Content-Type': 'application/json' },
    body: postedText,
    expected: posted.name,
    // The raw limit knows no Content-Length: it is told how much to skip, and what to answer.
    servers: [...inNode, ...runtimes],
    env: { SKIP_BYTES: String(postedText.length), RAW_ANSWER: posted.name },
  },
];

export const scenarios = new Map(list.map((scenario) => [scenario.name, scenario]));
