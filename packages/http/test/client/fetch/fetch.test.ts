import { getEventListeners } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import type { BodyPiece, RequestOptions } from '../../../src/client/client-request.ts';
import type { ClientResponse } from '../../../src/client/client-response.ts';
import { HttpClientError } from '../../../src/client/errors.ts';
import { createFetch, type FetchClient } from '../../../src/client/fetch.ts';
import { MadeBody } from '../../../src/client/incoming-body.ts';
import { HttpProtocolError } from '../../../src/errors.ts';
import { answerOf, rejection } from '../interceptors/scripted.ts';

/** A client that answers as it is told, and what it was asked. */
function scripted(
  answer: (url: string, options: RequestOptions) => Promise<ClientResponse> | ClientResponse,
) {
  const asked: { readonly url: string; readonly options: RequestOptions }[] = [];
  const client: FetchClient = {
    async request(url, options) {
      asked.push({ url, options });
      return answer(url, options);
    },
  };
  return { asked, client };
}

/** Reads a body as a server would. */
async function sentBody(body: RequestOptions['body']): Promise<string> {
  if (typeof body === 'string' || body instanceof Uint8Array) return Buffer.from(body).toString();
  const made = typeof body === 'function' ? body() : (body as AsyncIterable<BodyPiece>);
  let text = '';
  for await (const piece of made) text += Buffer.from(piece).toString();
  return text;
}

const redirect = (url: string, location: string, status = 307) =>
  answerOf(url, status, [['Location', location]]);

describe('createFetch', () => {
  it('asks for one answer at a time, and leaves redirects to itself', async () => {
    const { asked, client } = scripted((url) =>
      url === 'http://a/' ? redirect(url, '/b#c') : answerOf(url, 200),
    );
    const response = await createFetch(client)('http://a/');
    expect([response.url, response.redirected]).toEqual(['http://a/b', true]);
    expect(asked.map(({ url, options }) => [url, options.redirect])).toEqual([
      ['http://a/', 'manual'],
      ['http://a/b#c', 'manual'],
    ]);
  });

  it('goes from https to http only where it is allowed', async () => {
    const { client } = scripted((url) =>
      url === 'https://a/' ? redirect(url, 'http://a/') : answerOf(url, 200),
    );
    expect(await rejection(createFetch(client)('https://a/'))).toMatchObject({
      cause: { code: 'BAD_REDIRECT' },
    });
    expect((await createFetch(client, { allowDowngrade: true })('https://a/')).url).toBe('http://a/');
  });

  it('gives the client’s error as the cause', async () => {
    const cause = new HttpClientError('QUEUE_FULL', 'too many');
    const { client } = scripted(() => Promise.reject(cause));
    const error = await rejection(createFetch(client)('http://a/'));
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).cause).toBe(cause);
  });

  it('does not promise integrity', async () => {
    const { asked, client } = scripted((url) => answerOf(url, 200));
    expect(await rejection(createFetch(client)('http://a/', { integrity: 'sha256-x' }))).toBeInstanceOf(
      TypeError,
    );
    expect(asked).toEqual([]);
  });

  it('sends bytes again behind 307, as they were', async () => {
    const texts: string[] = [];
    const { client } = scripted(async (url, { body }) => {
      texts.push(await sentBody(body));
      return texts.length === 1 ? redirect(url, '/b') : answerOf(url, 200);
    });
    await createFetch(client)('http://a/', { method: 'POST', body: Buffer.from('text') });
    expect(texts).toEqual(['text', 'text']);
  });
});

describe('the body of a Request', () => {
  /** A stream that gives a piece each time it is told to. */
  function stepwise() {
    let controller!: ReadableStreamDefaultController<Uint8Array>;
    let cancel!: (reason: unknown) => void;
    const cancelled = new Promise<unknown>((resolve) => {
      cancel = resolve;
    });
    const stream = new ReadableStream<Uint8Array>({
      start(given) {
        controller = given;
      },
      cancel,
    });
    const push = (text: string): void => {
      controller.enqueue(Buffer.from(text));
    };
    return { stream, push, close: () => controller.close(), cancelled };
  }

  const posting = (body: ReadableStream<Uint8Array> | string) =>
    new Request('http://a/', { method: 'POST', body, duplex: 'half' });

  it('is sent with its length where it was text', async () => {
    const { asked, client } = scripted((url) => answerOf(url, 200));
    await createFetch(client)(posting('text'));
    expect(asked[0]!.options.body).toEqual(Buffer.from('text'));
  });

  it('is sent in pieces as they come, where it was a stream', async () => {
    const { stream, push, close } = stepwise();
    const seen: string[] = [];
    const { client } = scripted(async (url, { body }) => {
      for await (const piece of (body as () => AsyncIterable<Uint8Array>)()) {
        seen.push(Buffer.from(piece).toString());
        if (seen.length === 1) push('two');
        else close();
      }
      return answerOf(url, 200);
    });
    push('one');
    await createFetch(client)(posting(stream));
    expect(seen).toEqual(['one', 'two']);
  });

  it('is sent again from its beginning, also where the first server took a part', async () => {
    const { stream, push, close } = stepwise();
    const texts: string[] = [];
    const { client } = scripted(async (url, { body }) => {
      if (texts.length > 0) {
        push('three');
        close();
        texts.push(await sentBody(body));
        return answerOf(url, 200);
      }
      for await (const piece of (body as () => AsyncIterable<Uint8Array>)()) {
        texts.push(Buffer.from(piece).toString());
        break;
      }
      return redirect(url, '/b');
    });
    push('one ');
    push('two ');
    await createFetch(client)(posting(stream));
    expect(texts).toEqual(['one ', 'one two three']);
  });

  it('is not sent again above 1 MiB, which is not kept', async () => {
    for (const [length, isSentAgain] of [
      [1_048_576, true],
      [1_048_577, false],
    ] as const) {
      const { stream, push, close } = stepwise();
      let count = 0;
      const { client } = scripted(async (url, { body }) => {
        expect(await sentBody(body)).toHaveLength(length);
        return count++ === 0 ? redirect(url, '/b') : answerOf(url, 200);
      });
      push('x'.repeat(70_000));
      setImmediate(() => {
        push('x'.repeat(length - 70_000));
        close();
      });
      const pending = createFetch(client)(posting(stream));
      if (isSentAgain) expect((await pending).status).toBe(200);
      else expect(await rejection(pending)).toMatchObject({ cause: { code: 'BAD_BODY' } });
    }
  });

  it('is given up with the request, and where the answer is there first', async () => {
    const failing = stepwise();
    const fault = new HttpClientError('DISCONNECTED', 'gone');
    await rejection(createFetch(scripted(() => Promise.reject(fault)).client)(posting(failing.stream)));
    expect(await failing.cancelled).toBe(fault);
    const unread = stepwise();
    await createFetch(scripted((url) => answerOf(url, 200)).client)(posting(unread.stream));
    expect(await unread.cancelled).toBeUndefined();
  });
});

describe('the body of a Response', () => {
  const answering = (body: MadeBody) =>
    createFetch(scripted((url) => answerOf(url, 200).with({ body })).client);

  it('is read as it is asked for, and no faster', async () => {
    let made = 0;
    const body = new MadeBody({
      [Symbol.iterator]: () => ({ next: () => ({ done: false as const, value: `piece ${String(++made)}` }) }),
    });
    const reader = (await answering(body)('http://a/')).body!.getReader();
    expect(made).toBe(0);
    expect(Buffer.from((await reader.read()).value as Uint8Array).toString()).toBe('piece 1');
    await new Promise((resolve) => setImmediate(resolve));
    expect(made).toBe(1);
    await reader.cancel();
  });

  it('leaves the pieces to whom they belong', async () => {
    const shared = new Uint8Array(8).fill(120);
    const response = await answering(new MadeBody([shared.subarray(0, 4), shared.subarray(4)]))('http://a/');
    expect(await response.text()).toBe('xxxxxxxx');
    expect(shared).toHaveLength(8);
  });

  it('passes on why it was cancelled', async () => {
    const body = new MadeBody('x');
    const cancel = vi.spyOn(body, 'cancel');
    await (await answering(body)('http://a/')).body!.cancel('enough');
    expect(cancel).toHaveBeenCalledWith('enough');
  });

  it('rejects with “terminated”, and what the client says as the cause', async () => {
    const cause = new HttpProtocolError('TRUNCATED', 'half of it');
    const body = new MadeBody(
      (function* () {
        yield 'x';
        throw cause;
      })(),
    );
    const error = await rejection((await answering(body)('http://a/')).text());
    expect(error).toMatchObject({ name: 'TypeError', message: 'terminated' });
    expect((error as Error).cause).toBe(cause);
  });

  it('leaves nothing at the signal, however it ends', async () => {
    const { signal } = new AbortController();
    await (await answering(new MadeBody('x'))('http://a/', { signal })).text();
    await (await answering(new MadeBody('x'))('http://a/', { signal })).body!.cancel();
    await answering(new MadeBody('x'))('http://a/', { signal, method: 'HEAD' });
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('that nobody reads is given up with the signal', async () => {
    const controller = new AbortController();
    const body = new MadeBody('x');
    const cancel = vi.spyOn(body, 'cancel');
    const response = await answering(body)('http://a/', { signal: controller.signal });
    controller.abort('why');
    expect(cancel).toHaveBeenCalledWith('why');
    expect(await rejection(response.text())).toBe('why');
  });
});
