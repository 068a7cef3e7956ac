import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** `MODULE[:EXPORT]`, found. */
export interface ModuleArgument {
  readonly path: string;
  readonly url: string;
  /** `create()` for what makes an application; `undefined` for the usual names. */
  readonly name: string | undefined;
}

/** What a module may be called without. */
const extensions = ['', '.js', '.mjs', '.ts', '.mts', '.cjs', '.cts'] as const;

/** @throws Error for a module that is not there */
export function moduleArgument(text: string): ModuleArgument {
  // A file may have a colon in its name: what follows the last is an export only where it looks like one.
  const [, before = text, after] =
    /^(.+?)(?::([\p{ID_Start}$_][\p{ID_Continue}$]*(?:\(\))?))?$/u.exec(text) ?? [];
  const base = resolve(before);
  const path = extensions.map((extension) => `${base}${extension}`).find(isFile);
  if (path === undefined) throw new Error(`there is no module ${base}`);
  return { path, url: pathToFileURL(path).href, name: after };
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
