import { fileURLToPath } from 'node:url';

/** Siblings are read from source: no build between a change and its test. */
export const sourceConditions: string[] = ['@wirestack/source', 'module', 'node', 'development|production'];

/** For all projects whose tests listen on ports. */
export const turnBetweenTests: string = fileURLToPath(
  new URL('tools/turn-between-tests.ts', import.meta.url),
);
