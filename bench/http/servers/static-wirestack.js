// @ts-check
import { createServer } from '@wirestack/http';
import { staticFiles } from '@wirestack/http/static';
import { announce, portOf } from './answer.js';

const server = createServer(staticFiles(process.env.FILES ?? '.'));
await server.listen('127.0.0.1:0');
announce(portOf(server.address));
