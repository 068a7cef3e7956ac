import { beforeEach } from 'vitest';

// Node's fetch keeps connections, and hears in a turn of the event loop that a server closed them. The next test's server may listen on the same port before that: now and then a
// test failed with "write ECONNRESET", and on one fixed port every second one does.
beforeEach(
  () =>
    new Promise<void>((resolve) => {
      setImmediate(resolve);
    }),
);
