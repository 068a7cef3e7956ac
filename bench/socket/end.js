// @ts-check
/** The process of what is measured: `node end.js KIND NAME`. */
import { answer } from '../child.js';
import { kinds } from './ends/index.js';

const [, , kind, name] = process.argv;
answer({
  ...kinds[kind](name),
  /** With `--expose-gc`. Twice: what was kept for weak references is freed by the second. */
  collect: () => {
    globalThis.gc?.();
    globalThis.gc?.();
    return process.memoryUsage().heapUsed;
  },
});
