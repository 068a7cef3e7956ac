// @ts-check
// The application as a program of the fetch standard, run by Bun or Deno: prints its port first.
import { mount } from '@wirestack/gateway';
import { toFetch } from '@wirestack/gateway/fetch';
import { makeApplication } from '../../../apps/demo/dist/application.js';

const fetch = toFetch(mount({ [process.argv[2] ?? '/']: makeApplication() }));
const { Bun, Deno } = /** @type {any} */ (globalThis);

if (Bun !== undefined) {
  console.log(Bun.serve({ hostname: '127.0.0.1', port: 0, fetch }).port);
} else {
  /** @param {{ port: number }} address */
  const onListen = ({ port }) => {
    console.log(port);
  };
  // What it gives besides the request is not the application's.
  Deno.serve({ hostname: '127.0.0.1', port: 0, onListen }, (/** @type {Request} */ request) =>
    fetch(request),
  );
}
