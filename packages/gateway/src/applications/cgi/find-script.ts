import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import type { CgiSettings } from './cgi-options.ts';

/** A program, and how the path of a request is parted by it. */
export interface Script {
  /** Without links. */
  readonly file: string;
  /** Goes to the end of `SCRIPT_NAME`. */
  readonly scriptName: string;
  /** What is behind it. */
  readonly pathInfo: string;
  /** It prints the status line, too. */
  readonly isNonParsed: boolean;
}

/**
 * The first file on the way of a path. Names that lead up, are hidden or empty, or hold a separator or NUL name nothing; neither do links out of the root.
 */
export async function findScript(
  root: string,
  path: string,
  interpreters: CgiSettings['interpreters'] = {},
): Promise<Script | 'forbidden' | undefined> {
  // No variable of an environment can hold a NUL.
  if (!path.startsWith('/') || path.includes('\0')) return undefined;
  const names = path.slice(1).split('/');
  let at = root;
  try {
    const base = await realpath(root);
    for (const [place, name] of names.entries()) {
      if (name === '' || name.startsWith('.') || name.includes('\\')) return undefined;
      at = join(at, name);
      const found = await stat(at);
      if (found.isDirectory()) continue;
      if (!found.isFile()) return undefined;
      const file = await realpath(at);
      if (!file.startsWith(base.endsWith(sep) ? base : base + sep)) return undefined;
      const isInterpreted = interpreterOf(file, interpreters) !== undefined;
      await access(file, isInterpreted ? constants.R_OK : constants.X_OK);
      const rest = names.slice(place + 1);
      return {
        file,
        scriptName: `/${names.slice(0, place + 1).join('/')}`,
        pathInfo: rest.length === 0 ? '' : `/${rest.join('/')}`,
        isNonParsed: basename(file).startsWith('nph-'),
      };
    }
    return undefined;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EACCES') return 'forbidden';
    if (notThere.has(code)) return undefined;
    throw error;
  }
}

/** What runs a file that is not executable itself. */
export function interpreterOf(file: string, interpreters: CgiSettings['interpreters']): string | undefined {
  const end = /\.[^.]+$/.exec(basename(file))?.[0];
  return end !== undefined && Object.hasOwn(interpreters, end) ? interpreters[end] : undefined;
}

/** Where a program runs: beside itself, as RFC 3875 7.2 recommends. */
export function workingDirectoryOf({ file }: Script): string {
  return dirname(file);
}

const notThere: ReadonlySet<unknown> = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP', 'EINVAL']);
