import { HttpProtocolError, ResponseParser, type ReceivedResponse } from '@wirestack/http/protocol';
import { pieces, type Ending, type Message, type Reading } from './normal-form.ts';
import type { Case } from './request-cases.ts';

/** What `ResponseParser` makes of it, up to the end of the response that counts. */
export function readResponse(input: Case): Reading {
  const parser = new ResponseParser();
  parser.expect(input.method ?? 'GET');
  const messages: Message[] = [];
  let head: ReceivedResponse | undefined;
  let body = '';
  const take = (isEnd: boolean): Ending | undefined => {
    for (;;) {
      const event = isEnd ? parser.end() : parser.next();
      if (event === undefined) return undefined;
      if (event.type === 'informational') messages.push(messageOf(event.head, '', true));
      else if (event.type === 'head') head = event;
      else if (event.type === 'data') body += Buffer.from(event.bytes).toString('latin1');
      else if (event.type === 'end' && head !== undefined) {
        messages.push(messageOf(head, body, head.keepAlive));
        return { kind: head.keepAlive ? 'idle' : 'closed' };
      }
    }
  };
  try {
    for (const piece of pieces(input)) {
      parser.push(piece);
      const ending = take(false);
      if (ending !== undefined) return { messages, ending };
    }
    return { messages, ending: take(true) ?? { kind: 'idle' } };
  } catch (error) {
    if (!(error instanceof HttpProtocolError)) throw error;
    const { code, offset, message: detail } = error;
    return { messages, ending: { kind: 'error', code, detail, offset } };
  }
}

function messageOf({ status, reason, version }: ReceivedResponse, body: string, keepAlive: boolean): Message {
  return { method: String(status), target: reason, version, body, keepAlive };
}
