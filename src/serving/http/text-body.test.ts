import { expect, it } from 'vitest';
import { TextBody } from './text-body.ts';

it('is a stream of its texts to one who reads it so, empty ones left out', async () => {
  const texts = ['a', '', 'ü', ''];
  let taken = 0;
  const body = new TextBody({
    next: async () => [texts[taken++]!, taken === texts.length],
    cancel: () => undefined,
  });
  await Promise.resolve();
  expect(taken).toBe(0);
  const chunks: string[] = [];
  for await (const chunk of body) chunks.push(Buffer.from(chunk).toString());
  expect(chunks).toEqual(['a', 'ü']);
});

it('tells its source of a reader that goes, and takes nothing more', async () => {
  let [cancelled, release] = [0, (_text: readonly [string, boolean]): void => undefined];
  const body = new TextBody({
    next: () =>
      new Promise((resolve) => {
        release = resolve;
      }),
    cancel: () => void cancelled++,
  });
  const reader = body.getReader();
  const read = reader.read();
  await reader.cancel();
  release(['late', true]);
  expect(await read).toEqual({ done: true, value: undefined });
  expect(cancelled).toBe(1);
});

it('stays what it is as the body of a response', () => {
  const body = new TextBody({ next: async () => ['', true], cancel: () => undefined });
  const response = new Response(new Response(body).body, { status: 200 });
  expect(response.body).toBe(body);
});
