import { chain, framed, json, lines, multiplex, schema } from '@wirestack/framing';
import { socketPair } from '@wirestack/socket';

const format = chain(lines(), json({ text: true }), schema(asPost));
const [near, far] = socketPair();
const posts = framed(far, format);
void posts.sendAll([
  { topic: 'news', text: 'It rains.' },
  { topic: 'sport', text: '1 : 0' },
  { topic: 'news', text: 'It stops.' },
]);
await posts.end();

const topics = multiplex(framed(near, format), { key: (post) => post.topic, limit: 16 });
const news = topics.channel('news'); // nobody opened 'sport': its messages are strays
for await (const { text } of news) console.log(text); // It rains. It stops.

interface Post {
  topic: string;
  text: string;
}

function asPost(value: unknown): Post {
  const { topic, text } = value as Partial<Post>;
  if (typeof topic === 'string' && typeof text === 'string') return { topic, text };
  throw new TypeError('no post');
}
