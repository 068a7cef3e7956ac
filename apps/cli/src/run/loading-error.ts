import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What kept an application from being loaded, as its author wants to read it: with a stack only where the code of the module threw. */
export function explained(error: unknown, url: string): Error {
  const path = fileURLToPath(url);
  return new Error(text(error, path, url), { cause: error });
}

function text(error: unknown, path: string, url: string): string {
  if (!(error instanceof Error)) return `${path} threw ${String(error)} as it was loaded`;
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ERR_UNKNOWN_FILE_EXTENSION' && /\.[cm]?ts\b/.test(error.message)) {
    return `${path} is TypeScript, which Node ${process.versions.node} does not load by itself: 22.18 and 24 do, and this one with the loader of your choice in NODE_OPTIONS`;
  }
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'ERR_UNSUPPORTED_DIR_IMPORT') return error.message;
  const stack = stackOfModule(error);
  if (error instanceof SyntaxError) return `${path} does not load\n${placeOf(path) ?? stack}`;
  // What loadApplication says itself, of a module that did load.
  if (error instanceof TypeError && !stack.includes(url)) return error.message;
  return `${path} threw as it was loaded\n${stack}`;
}

/** Without the frames of those who loaded it. */
function stackOfModule({ stack = '', message }: Error): string {
  const lines = stack.split('\n');
  const end = lines.findIndex((line) => line.includes('(node:internal/modules/'));
  return (end < 0 ? stack : lines.slice(0, end).join('\n')) || message;
}

/** The line that is no JavaScript, which Node tells nobody but standard error. `undefined` where it is in another file. */
function placeOf(path: string): string | undefined {
  const { status, stderr } = spawnSync(process.execPath, ['--check', path], { encoding: 'utf8' });
  if (status === 0) return undefined;
  const [text = ''] = stderr.split(/^ {4}at |^Node\.js v/m);
  return text.trim() || undefined;
}
