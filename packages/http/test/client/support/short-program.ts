import { Client, request as shared } from '../../../src/client/index.ts';

/** A program that asks a server, prints the answers, and has nothing more to do. */
const [, , what, url = '', proxy] = process.argv;
const request: typeof shared = (...args) =>
  proxy === undefined ? shared(...args) : proxied.request(...args);
const proxied = new Client({ proxy });
const print = (text: string): void => void process.stdout.write(`${text} `);

if (what === 'idle') {
  print(await (await request(`${url}/a`)).text());
  print(await (await request(`${url}/b`)).text());
} else {
  // Its connection is opened, and stands unused.
  await request(url, { method: 'no method' }).catch((error: unknown) => {
    print((error as { code: string }).code);
  });
  // It goes off while something else keeps the process alive, and only then.
  setTimeout(() => {
    print('alive');
  }, 50).unref();
  print(await (await request(`${url}/used`)).text());
}
