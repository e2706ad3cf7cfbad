/**
 * @file Clients of the throughput benchmarks: as many streamed chats at once as asked for, each read to its end. They are
 * sockets that look at no more of a reply than they must, so that all of them need one core at most.
 */
import { connect } from 'node:net';

export interface Load {
  readonly clients: number;
  readonly newTokens: number;
  /** Added to logits, by token id. */
  readonly bias: { readonly [token: string]: number };
}

export interface Served {
  readonly tokens: number;
  /** Server-sent events, those without tokens included. */
  readonly events: number;
  readonly seconds: number;
  readonly tokensPerSecond: number;
  /** Milliseconds to the first event with text or a role; median over the clients, and the last of them. */
  readonly firstEventMs: number;
  readonly lastBegunMs: number;
}

/** Sends all requests at once and waits for all replies. */
export async function askAtOnce(server: URL, load: Load): Promise<Served> {
  const begun = performance.now();
  const replies = await Promise.all(
    Array.from({ length: load.clients }, (_, client) => ask(server, client, load)),
  );
  const seconds = (performance.now() - begun) / 1000;
  const first = replies.map(({ firstMs }) => firstMs).toSorted((a, b) => a - b);
  const tokens = replies.reduce((sum, reply) => sum + reply.tokens, 0);
  return {
    tokens,
    events: replies.reduce((sum, reply) => sum + reply.events, 0),
    seconds,
    tokensPerSecond: tokens / seconds,
    firstEventMs: first[first.length >> 1]!,
    lastBegunMs: first.at(-1)!,
  };
}

/** Bytes at the end of a stream that hold its usage. */
const TAIL = 2048;
/** What ends a body in chunks. */
const END = '0\r\n\r\n';
const EVENT = Buffer.from('data: ');

interface Reply {
  readonly tokens: number;
  readonly events: number;
  readonly firstMs: number;
}

function ask({ hostname, port, host }: URL, client: number, { newTokens, bias }: Load): Promise<Reply> {
  const body = JSON.stringify({
    model: 'model',
    messages: [{ role: 'user', content: `what is ${client + 1} + 2 + 30 + 4 ?` }],
    max_tokens: newTokens,
    stream: true,
    seed: client,
    temperature: 1,
    top_p: 1,
    ...(Object.keys(bias).length === 0 ? {} : { logit_bias: bias }),
  });
  const head = [
    'POST /v1/chat/completions HTTP/1.1',
    `host: ${host}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
  ].join('\r\n');
  return new Promise((resolve, reject) => {
    const begun = performance.now();
    let [firstMs, events, tail] = [0, 0, ''];
    const socket = connect(Number(port), hostname);
    socket.on('data', (data: Buffer) => {
      if (firstMs === 0) firstMs = performance.now() - begun;
      for (let at = data.indexOf(EVENT); at >= 0; at = data.indexOf(EVENT, at + EVENT.length)) events++;
      tail = (tail + data.toString('latin1', Math.max(0, data.length - TAIL))).slice(-TAIL);
      if (!tail.endsWith(END)) return;
      const tokens = /"completion_tokens":(\d+)/.exec(tail)?.[1];
      if (tokens !== undefined) resolve({ tokens: Number(tokens), events, firstMs });
      socket.destroy();
    });
    socket.on('close', () => reject(new Error(`a reply that ends in: ${tail}`)));
    socket.on('error', reject);
    socket.write(`${head}\r\n\r\n${body}`);
  });
}
