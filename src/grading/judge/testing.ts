/** @file A judge for tests: an endpoint on this machine whose replies a function makes of what it is asked. */
import { createEndpoint, type Endpoint } from '../../remote/index.ts';
import { completion, type FakeEndpoint, fakeEndpoint, json } from '../../remote/testing.ts';

/** A request as a test looks at it. */
export interface Asked {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly seed: number;
}

export interface FakeJudge extends AsyncDisposable {
  readonly endpoint: Endpoint;
  readonly url: string;
  readonly asked: () => Asked[];
}

/** Starts a judge; `reply` is given each request and its number, from 0. */
export async function fakeJudge(
  reply: (asked: Asked, number: number) => string | null,
  cacheDir?: string,
): Promise<FakeJudge> {
  let number = 0;
  const server: FakeEndpoint = await fakeEndpoint((response, seen) => {
    const content = reply(seen.body as unknown as Asked, number++);
    json(completion({ content }))(response, seen);
  });
  const options = { baseUrl: server.url, model: 'judge', stream: false, retries: 0 };
  return {
    url: server.url,
    endpoint: createEndpoint({ ...options, ...(cacheDir !== undefined && { cacheDir }) }),
    asked: () => server.seen.map(({ body }) => body as unknown as Asked),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** The text between the marks of a material. */
export function materialIn(text: string, name: string): string {
  return new RegExp(`<<${name} (\\w+)>>\\n([\\s\\S]*?)\\n<<end \\1>>`, 'u').exec(text)?.[2] ?? '';
}
