/** As Hono, Bun and Workers have it. */
export default {
  greeting: 'fetched',
  fetch(request: Request): Response {
    return new Response(`${this.greeting} ${new URL(request.url).pathname}`);
  },
};
