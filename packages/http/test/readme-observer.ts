import { accessLog, createServer, observers, type ServerObserver } from '@wirestack/http';

export const counter = { requests: 0, bytes: 0 };
const count: ServerObserver = {
  requestEnded: (_request, outcome) => {
    counter.requests++;
    counter.bytes += outcome.sentBytes;
  },
};
export const lines: string[] = [];
export const server = createServer(
  (request) => ({
    status: 200,
    body: `${request.scheme}://${request.authority} for ${request.clientAddress}\n`,
  }),
  {
    trustProxy: { from: ['127.0.0.1'] }, // X-Forwarded-For, -Proto and -Host of this proxy are believed
    observe: observers(count, accessLog({ format: 'json', write: (text) => lines.push(text) })),
  },
);
