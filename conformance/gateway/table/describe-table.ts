import { beforeAll, describe, expect, test } from 'vitest';
import { ourServer } from './our-server.ts';
import { requests } from './requests.ts';
import type { Answer, TableRequest } from './table-request.ts';
import { comparable, type TableServer } from './table-server.ts';

/** Every request to every server, each answer held against that of our own server. */
export function describeTable(servers: readonly TableServer[]): void {
  describe.each(servers)('$name', (server) => {
    const { exceptions } = server;
    const reaching = new Map(
      requests.map((request) => [
        request,
        exceptions.reduce((changed, exception) => exception.reaching?.(changed) ?? changed, request),
      ]),
    );
    let answers: ReadonlyMap<TableRequest, Answer>;
    let ours: ReadonlyMap<TableRequest, Answer>;

    beforeAll(async () => {
      ours = await askAll(ourServer, [...reaching.values()]);
      answers = await askAll(server, requests);
    });

    test.each(requests)('answers $name', (request) => {
      const expected = exceptions.reduce(
        (changed, exception) => exception.returning?.(changed, request) ?? changed,
        answerOf(ours, reaching.get(request)),
      );
      const { body: expectedBody, ...expectedHead } = comparable(expected);
      const { body, ...head } = comparable(answerOf(answers, request));
      expect(head).toEqual(expectedHead);
      expect(latin1(body)).toBe(latin1(expectedBody));
    });

    test('needs each of its exceptions', () => {
      const needless = exceptions.filter(
        ({ reaching: reach, returning }) =>
          !requests.some((request) => {
            const answer = answerOf(ours, reaching.get(request));
            const hasChanged = textOf(returning?.(answer, request) ?? answer) !== textOf(answer);
            return hasChanged || (reach?.(request) ?? request) !== request;
          }),
      );
      expect(needless.map(({ reason }) => reason)).toEqual([]);
    });
  });
}

/** What our own server answers is what its row says. */
export function describeReference(): void {
  describe('our own server', () => {
    let ours: ReadonlyMap<TableRequest, Answer>;

    beforeAll(async () => {
      ours = await askAll(ourServer, requests);
    });

    test.each(requests)('answers $name as it should', (request) => {
      const { status, headers, body } = answerOf(ours, request);
      const { status: expectedStatus, headers: fields = {}, body: expectedBody } = request.expected;
      expect(status).toBe(expectedStatus);
      const found = Object.fromEntries(
        Object.keys(fields).map((name) => [name, headers.find(([one]) => one === name)?.[1]]),
      );
      expect(found).toEqual(fields);
      if (expectedBody instanceof RegExp) expect(Buffer.from(body).toString()).toMatch(expectedBody);
      else if (expectedBody !== undefined) expect(latin1(body)).toBe(latin1(Buffer.from(expectedBody)));
    });

    test('sends two cookies as two fields', () => {
      const request = requests.find(({ name }) => name === 'two cookies') as TableRequest;
      const cookies = answerOf(ours, request).headers.filter(([name]) => name === 'set-cookie');
      expect(cookies.map(([, value]) => value.split('=')[0])).toEqual(['first', 'second']);
    });
  });
}

async function askAll(
  { start, atOnce = 1 }: TableServer,
  asked: readonly TableRequest[],
): Promise<ReadonlyMap<TableRequest, Answer>> {
  const server = await start();
  const answers = new Map<TableRequest, Answer>();
  const left = asked.values();
  const askOne = async (): Promise<void> => {
    for (const request of left) answers.set(request, await server.ask(request));
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, askOne));
  } catch (error) {
    // What went wrong first is what there is to know.
    await server.stop().catch(() => undefined);
    throw error;
  }
  await server.stop();
  return answers;
}

function answerOf(answers: ReadonlyMap<TableRequest, Answer>, request: TableRequest | undefined): Answer {
  const answer = request && answers.get(request);
  if (answer === undefined) throw new Error(`${request?.name ?? 'a request'} was not asked`);
  return answer;
}

function textOf(answer: Answer): string {
  const { status, headers, body } = comparable(answer);
  return JSON.stringify([status, headers]) + latin1(body);
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}
