// @ts-check
// Seed 000: sticky packets, the receiver's doing. One send is read in pieces, for it is not asked for all at once.
// Beside the echo server of 01-tcp-echo.
import { connect, StreamReader } from '@wirestack/socket';

const stream = await connect(process.argv[2] ?? '127.0.0.1:20000');
const reader = new StreamReader(stream);
await stream.write("I'm");
console.log('data1:', new TextDecoder().decode(await reader.readExactly(1)));
await stream.write('Lyon');
console.log('data2:', new TextDecoder().decode(await reader.read()));
console.log('data3:', new TextDecoder().decode(await reader.read()));
await stream.close();
