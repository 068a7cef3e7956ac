import { ServerConnection } from '@wirestack/http/protocol';

const connection = new ServerConnection();
connection.receive(new TextEncoder().encode('GET / HTTP/1.1\r\nHost: example\r\n\r\n'));
export const head = connection.nextEvent(); // { type: 'head', method: 'GET', target: '/', … }
export const bytes = connection.sendResponse({ status: 200 }, 'hello\n');
