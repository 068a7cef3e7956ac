// @ts-check
/** What is measured in a process of its own, by scenario: the functions that `end.js` answers with. */
import { accepting } from './accepting.js';
import { datagrams } from './datagrams.js';
import { echoes } from './echo.js';
import { files } from './files.js';
import { readers } from './readers.js';

/** @typedef {Record<string, (details: any) => unknown>} Answers */

/** @type {Record<string, (name: string) => Answers>} */
export const kinds = {
  echo: (name) => ({ serve: ({ path }) => of(echoes, name)(path) }),
  datagrams: (name) => ({ serve: () => of(datagrams, name)() }),
  reading: (name) => ({ drive: ({ place, seconds }) => of(readers, name)(place, seconds) }),
  accepting: (name) => ({ serve: () => of(accepting, name)() }),
  files: (name) => ({ serve: (paths) => of(files, name)(paths) }),
};

/**
 * @template Value
 * @param {ReadonlyMap<string, Value>} map
 * @param {string} name
 * @returns {Value}
 */
function of(map, name) {
  const value = map.get(name);
  if (value === undefined) throw new Error(`no end ${name}: ${[...map.keys()].join(', ')}`);
  return value;
}
