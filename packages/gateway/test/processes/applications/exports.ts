import type { Application } from '../../../src/application.ts';

const answer =
  (text: string): Application =>
  (_environ, startResponse) => {
    startResponse('200 OK', []);
    return [text];
  };

/** The names that are looked for, and others. */
export const app: Application = answer('app');
export const other: Application = answer('other');
export const create = (text = 'created'): Application => answer(text);
export const createLater = async (): Promise<object> => ({
  application: answer('later'),
  serverOptions: { maxPipelined: 2 },
});
export const createFetch = (): object => ({ fetch: () => new Response('made to fetch') });
export const number = 1;
export const createNothing = (): undefined => undefined;
export const serverOptions = { maxPipelined: 1 };
