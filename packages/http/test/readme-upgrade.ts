import { createServer, type Handler } from '@wirestack/http';

const handler: Handler = (request) => {
  if (!request.wantsUpgrade || request.headers.get('upgrade') !== 'echo') return { status: 426 };
  return {
    status: 101,
    headers: [
      ['Connection', 'Upgrade'],
      ['Upgrade', 'echo'],
    ],
    upgrade: async (stream) => {
      for await (const chunk of stream) await stream.write(chunk);
    },
  };
};
export const server = createServer(handler);
