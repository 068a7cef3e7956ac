import type { Evidence } from './differences.ts';

/** Ours is an error of such a code, and theirs is none. */
export function refused({ ours, theirs }: Evidence, ...codes: string[]): boolean {
  return 'kind' in ours && ours.kind === 'error' && codes.includes(ours.code ?? '') && !isError(theirs);
}

function isError(side: Evidence['ours']): boolean {
  return 'kind' in side && side.kind === 'error';
}

/** Ours is a request, or the end of them all, where theirs is an error that says so. */
export function theySay({ ours, theirs }: Evidence, what: RegExp): boolean {
  return !isError(ours) && 'kind' in theirs && theirs.kind === 'error' && what.test(theirs.code ?? '');
}

/** Our fault in words. */
export function detail({ ours }: Evidence): string {
  return 'kind' in ours ? (ours.detail ?? '') : '';
}

/** The bytes from the one that is wrong on. */
export function wrong({ ours, bytes }: Evidence): string {
  return 'kind' in ours && ours.offset !== undefined ? bytes.slice(ours.offset) : '';
}

/** The bytes in front of the one that is wrong. */
export function before({ ours, bytes }: Evidence): string {
  return 'kind' in ours ? bytes.slice(0, ours.offset) : bytes;
}

/** All is the same but whether the connection goes on. */
export function onlyKeepAlive({ ours, theirs }: Evidence): boolean {
  return (
    !('kind' in ours) &&
    !('kind' in theirs) &&
    ours.keepAlive !== theirs.keepAlive &&
    ours.body === theirs.body
  );
}
