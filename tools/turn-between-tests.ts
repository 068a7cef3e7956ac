import { beforeEach } from 'vitest';

// Node's fetch keeps connections, and hears in a turn of the event loop that a server closed them. The next test's server may listen on the same port before that: about one test in
// 14,000 failed with "write ECONNRESET".
beforeEach(
  () =>
    new Promise<void>((resolve) => {
      setImmediate(resolve);
    }),
);
