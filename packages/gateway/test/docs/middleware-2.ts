import { keepLifespan, run, setupTestingDefaults, type Middleware } from '@wirestack/gateway';

/** Says how long the application took to begin its response. */
const serverTiming: Middleware = (app) =>
  keepLifespan(app, (environ, startResponse) => {
    const began = performance.now();
    return app(environ, (status, headers, error) => {
      const took = (performance.now() - began).toFixed(1);
      return startResponse(status, [...headers, ['Server-Timing', `app;dur=${took}`]], error);
    });
  });

const timed = serverTiming((_environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  return ['hello'];
});
const { headers } = await run(timed, setupTestingDefaults());
console.log(headers.map(([name]) => name).join(', ')); // Content-Type, Server-Timing
