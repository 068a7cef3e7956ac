// @ts-check
/** The routes that every server of `routed.js` has: half of them with parameters, as the interface of a shop. */

/** @type {readonly (readonly [method: 'get' | 'post' | 'put' | 'delete', pattern: string])[]} */
export const routes = [
  ['get', '/'],
  ['get', '/about'],
  ['get', '/status'],
  ['get', '/products'],
  ['post', '/products'],
  ['get', '/products/new'],
  ['get', '/products/{product}'],
  ['put', '/products/{product}'],
  ['delete', '/products/{product}'],
  ['get', '/products/{product}/reviews'],
  ['post', '/products/{product}/reviews'],
  ['get', '/products/{product}/reviews/{review}'],
  ['get', '/categories'],
  ['get', '/categories/{category}'],
  ['get', '/categories/{category}/products'],
  ['get', '/users'],
  ['post', '/users'],
  ['get', '/users/me'],
  ['get', '/users/{user}'],
  ['put', '/users/{user}'],
  ['get', '/users/{user}/orders'],
  ['get', '/users/{user}/orders/{order}'],
  ['get', '/cart'],
  ['put', '/cart'],
  ['delete', '/cart'],
  ['get', '/orders'],
  ['post', '/orders'],
  ['get', '/orders/{order}'],
  ['post', '/orders/{order}/payment'],
  ['get', '/search'],
];

/** The request that is measured, and what it finds. */
export const path = '/users/4711/orders';
export const fields = {
  Origin: 'https://app.example',
  Accept: 'application/json',
  'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  Authorization: `Basic ${Buffer.from('ann:correct horse').toString('base64')}`,
};
export const credentials = { user: 'ann', password: 'correct horse' };
export const origin = fields.Origin;
/** Nobody reaches it, and with each request there is one less left: ten come back in a millisecond. */
export const quota = { limit: 1e9, windowMs: 1e8 };

/**
 * What a route answers.
 *
 * @param {string} pattern
 * @param {Readonly<Record<string, unknown>>} params
 */
export function answerOf(pattern, params) {
  return { route: pattern, params, total: 2, orders: ['10-2231', '10-2274'] };
}

/** `/users/{user}` as Fastify and Hono write it. @param {string} pattern */
export function withColons(pattern) {
  return pattern.replace(/\{(\w+)\}/g, ':$1');
}

/** What stands in front of the routes; the fifth of them by name. */
export const fifth = process.env.FIFTH ?? 'rate-limit';
