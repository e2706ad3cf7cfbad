/** @file Clients of the throughput benchmark: as many streamed chats at once as asked for, each read to its end. */
import http from 'node:http';

export interface Load {
  readonly clients: number;
  readonly newTokens: number;
  /** Added to logits, by token id. */
  readonly bias: { readonly [token: string]: number };
}

export interface Served {
  readonly tokensPerSecond: number;
  /** Milliseconds to the first event with text or a role; median over the clients. */
  readonly firstEventMs: number;
}

/** Sends all requests at once and waits for all replies. */
export async function askAtOnce(server: URL, load: Load): Promise<Served> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: load.clients });
  const begun = performance.now();
  const replies = await Promise.all(
    Array.from({ length: load.clients }, (_, client) => ask(server, agent, client, load)),
  );
  const seconds = (performance.now() - begun) / 1000;
  agent.destroy();
  const first = replies.map(({ firstMs }) => firstMs).toSorted((a, b) => a - b);
  const tokens = replies.reduce((sum, reply) => sum + reply.tokens, 0);
  return { tokensPerSecond: tokens / seconds, firstEventMs: first[first.length >> 1]! };
}

/** Bytes at the end of a stream that hold its usage. */
const TAIL = 2048;

function ask(
  server: URL,
  agent: http.Agent,
  client: number,
  { newTokens, bias }: Load,
): Promise<{ readonly tokens: number; readonly firstMs: number }> {
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
  const headers = { 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const begun = performance.now();
    let firstMs = 0;
    let tail = '';
    const url = new URL('/v1/chat/completions', server);
    const request = http.request(url, { method: 'POST', agent, headers }, (response) => {
      response.on('data', (data: Buffer) => {
        if (firstMs === 0) firstMs = performance.now() - begun;
        tail = (tail + data.toString('latin1')).slice(-TAIL);
      });
      response.on('end', () => {
        const tokens = Number(/"completion_tokens":(\d+)/.exec(tail)?.[1]);
        if (Number.isNaN(tokens)) reject(new Error(`a reply of status ${response.statusCode}: ${tail}`));
        else resolve({ tokens, firstMs });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}
