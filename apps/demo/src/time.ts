import { bind, type Address, type AddressLike } from '@wirestack/socket';

export interface TimeService {
  readonly address: Address;
  drain(): Promise<void>;
}

/** Seed 000's `time_server`: answers every packet with the time. There are no connections, so there is nothing to wait for at the end. */
export async function serveTime(address: AddressLike): Promise<TimeService> {
  const socket = await bind(address);
  const answerAll = async (): Promise<void> => {
    for await (const { from } of socket) {
      // A packet may claim to come from where no answer can go: the next one is served all the same.
      await socket.send(ctime(new Date()), from).catch(() => undefined);
    }
  };
  const done = answerAll();
  return {
    address: socket.localAddress,
    drain: async () => {
      await socket.close();
      await done;
    },
  };
}

/** C's `ctime`, without its newline: `Thu Nov  7 05:14:09 2024`. */
export function ctime(date: Date): string {
  const day = date.toDateString();
  return `${day.slice(0, 8)}${String(date.getDate()).padStart(2)} ${date.toTimeString().slice(0, 8)} ${day.slice(-4)}`;
}
