// @ts-check
import fastifyStatic from '@fastify/static';
import fastify from 'fastify';
import { announce, portOf } from './answer.js';

const app = fastify();
await app.register(fastifyStatic, { root: process.env.FILES ?? '.' });
await app.listen({ host: '127.0.0.1', port: 0 });
announce(portOf(app.server.address()));
