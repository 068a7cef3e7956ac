/**
 * Resolves in the next turn of the event loop, after timers and everybody else's input and output.
 *
 * `setImmediate` where there is one (Node, Deno, Bun): it runs right after the input of the turn and costs no timer. Elsewhere, in
 * browsers, a `MessageChannel`: a nested `setTimeout` waits 4 ms there, and a hidden page's a second. A promise or `queueMicrotask` is no
 * turn at all: it runs before anybody else's event. `scheduler.yield()` would go before other tasks, which is the opposite of fair.
 */
export const turn: () => Promise<void> =
  typeof setImmediate === 'function'
    ? () =>
        new Promise((resolve) => {
          setImmediate(resolve);
        })
    : messageTurn();

function messageTurn(): () => Promise<void> {
  const waiting: (() => void)[] = [];
  let channel: Channel | undefined;
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      channel ??= openChannel(() => waiting.shift()?.());
      channel.port2.postMessage(undefined);
    });
}

function openChannel(onMessage: () => void): Channel {
  const channel = new MessageChannel();
  channel.port1.addEventListener('message', onMessage);
  channel.port1.start();
  return channel;
}

type Channel = InstanceType<typeof MessageChannel>;
