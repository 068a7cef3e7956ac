import { HttpProtocolError, ServerConnection, type RequestHead } from '@wirestack/http/protocol';
import { pieces, type Ending, type Message, type Reading } from './normal-form.ts';
import type { Case } from './request-cases.ts';

/** What `ServerConnection` makes of it, where each request is answered with 200 once it is complete. */
export function readByCore(input: Case): Reading {
  const connection = new ServerConnection();
  const messages: Message[] = [];
  let head: RequestHead | undefined;
  let body = '';
  let upgradeAt: number | undefined;
  const take = (): Ending | undefined => {
    for (;;) {
      const event = connection.nextEvent();
      if (event === undefined) return undefined;
      if (event.type === 'head') {
        [head, body] = [event, ''];
        if (head.wantsUpgrade) upgradeAt ??= messages.length;
      }
      if (event.type === 'data') body += Buffer.from(event.bytes).toString('latin1');
      else if (event.type === 'end' && head !== undefined) {
        if (head.method === 'CONNECT') {
          connection.sendUpgrade({ status: 200 });
          messages.push({ ...messageOf(head, body), keepAlive: true });
          return { kind: 'switched' };
        }
        connection.sendResponse({ status: 200 });
        const keepAlive = !connection.mustClose;
        messages.push({ ...messageOf(head, body), keepAlive });
        if (!keepAlive) return { kind: 'closed' };
      }
    }
  };
  try {
    for (const piece of pieces(input)) {
      connection.receive(piece);
      const ending = take();
      if (ending !== undefined) return { messages, ending, upgradeAt };
    }
    connection.receiveEnd();
    return { messages, ending: take() ?? { kind: 'idle' }, upgradeAt };
  } catch (error) {
    if (!(error instanceof HttpProtocolError)) throw error;
    const { code, offset, message: detail } = error;
    return { messages, ending: { kind: 'error', code, detail, offset }, upgradeAt };
  }
}

function messageOf({ method, target, version }: RequestHead, body: string): Omit<Message, 'keepAlive'> {
  return { method, target, version, body };
}
