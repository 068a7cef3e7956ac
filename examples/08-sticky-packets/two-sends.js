// @ts-check
// Seed 000: sticky packets, the sender's doing. Two sends are read as one: TCP carries bytes, and nothing says where the first ended.
// Beside the echo server of 01-tcp-echo.
import { connect } from '@wirestack/socket';

const stream = await connect(process.argv[2] ?? '127.0.0.1:20000');
stream.cork(); // what the kernel does when it likes, so that it happens each time
void stream.write("I'm ");
void stream.write('Lyon');
stream.uncork();
console.log(new TextDecoder().decode(await stream.read()));
await stream.close();
