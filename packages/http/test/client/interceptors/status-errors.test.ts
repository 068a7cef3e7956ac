import { describe, expect, it } from 'vitest';
import { HttpStatusError, statusErrors } from '../../../src/client/interceptors/index.ts';
import { answerOf, rejection, requestOf, through } from './scripted.ts';

const asked = (status: number, isError?: Parameters<typeof statusErrors>[0]) =>
  through(statusErrors(isError), async ({ url }) => answerOf(url, status, [], 'why').with({ reason: 'So' }))(
    requestOf('http://a/x'),
  );

describe('statusErrors', () => {
  it.each([400, 404, 500, 599])('rejects %i with an error that has the answer', async (status) => {
    const error = await rejection(asked(status));
    expect(error).toBeInstanceOf(HttpStatusError);
    expect(error).toMatchObject({
      name: 'HttpStatusError',
      status,
      message: `http://a/x answered ${String(status)} So`,
    });
    expect(await (error as HttpStatusError).response.text()).toBe('why');
  });

  it.each([200, 204, 302, 304, 399])('passes %i on', async (status) => {
    expect((await asked(status)).status).toBe(status);
  });

  it('rejects what it is told to', async () => {
    const isError = ({ status }: { status: number }): boolean => status !== 404;
    expect((await asked(404, isError)).status).toBe(404);
    expect(await rejection(asked(200, isError))).toBeInstanceOf(HttpStatusError);
  });
});
