// @ts-check
/** Servers that are not programs for node: nginx, where it is installed, and Bun and Deno, where `tools/runtimes` was. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { has } from '../cpus.js';
import { body, contentType } from './servers/answer.js';

/**
 * @typedef {object} Native
 * @property {boolean} isHere
 * @property {() => Promise<{ command: string[], port?: number, clear?: () => void }>} prepare  Without a port it says where it listens.
 */

// Not those of `.bin`: they start the program as a child, which is the one that works.
const runtimes = fileURLToPath(new URL('../../tools/runtimes/node_modules', import.meta.url));
const bun = join(runtimes, 'bun/bin/bun.exe');
const deno = join(runtimes, 'deno/deno');
const script = (/** @type {string} */ name) => fileURLToPath(new URL(`servers/${name}.js`, import.meta.url));

/** @type {Record<string, Native>} */
export const natives = {
  nginx: { isHere: has('nginx') || existsSync('/usr/sbin/nginx'), prepare: nginx },
  bun: {
    isHere: existsSync(bun),
    prepare: () => Promise.resolve({ command: [bun, script('bun')] }),
  },
  deno: {
    isHere: existsSync(deno),
    prepare: () => Promise.resolve({ command: [deno, 'run', '-A', '--quiet', '--no-lock', script('deno')] }),
  },
};

/** One worker and no log: the most it does a core. */
async function nginx() {
  const folder = mkdtempSync(join(tmpdir(), 'wirestack-nginx-'));
  const port = await freePort();
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; master_process off; pid ${folder}/pid; error_log /dev/null crit;
events { worker_connections 16384; }
http {
  access_log off; keepalive_requests 100000000; keepalive_timeout 3600s; tcp_nodelay on;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  server {
    listen 127.0.0.1:${String(port)} backlog=1024;
    default_type "${contentType}";
    ${
      process.env.FILES === undefined
        ? `location / { return 200 "${body.replace('\n', '\\n')}"; }`
        : `root ${process.env.FILES}; sendfile on; location / { }`
    }
  }
}
`,
  );
  return {
    command: ['nginx', '-p', folder, '-e', '/dev/null', '-c', join(folder, 'nginx.conf')],
    port,
    clear: () => {
      rmSync(folder, { recursive: true });
    },
  };
}

/** @returns {Promise<number>} */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => {
        resolve(port);
      });
    });
  });
}

/**
 * Resolves once somebody listens there.
 *
 * @param {number | { path: string }} place
 * @param {() => boolean} isGone
 */
export async function untilListening(place, isGone) {
  for (;;) {
    const isOpen = await new Promise((resolve) => {
      const socket = connect(typeof place === 'number' ? { port: place, host: '127.0.0.1' } : place);
      socket.once('error', () => {
        resolve(false);
      });
      socket.once('connect', () => {
        socket.destroy();
        resolve(true);
      });
    });
    if (isOpen) return;
    if (isGone()) throw new Error('it ended before it listened');
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  }
}
