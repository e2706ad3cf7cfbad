/** @file The page before the server’s own HTTP side: its routes, its headers, its wire form. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { afterAll, describe, expect, it } from 'vitest';
import { finish, MODEL, type Script, say, start, testApp, think } from '../../src/serving/http/testing.ts';
import { eventually } from '../support/eventually.ts';
import { ask, CHROMIUM, openPage } from './support/browser.ts';
import { usePageAndBrowser } from './support/fixture.ts';

let server: Server;

const whole: Script = () => [
  start(),
  think('2 + 2'),
  think(' = 4'),
  say('It is \\(\\boxed{4}\\).'),
  finish({ reasoningTokens: 4, completionTokens: 9 }),
];

/** Thinks, and waits until it is aborted. */
const endless: Script = async function* (_request, signal) {
  yield start();
  yield think('hm');
  await new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
};

describe.skipIf(CHROMIUM.missing)(`the page before the real server${CHROMIUM.note}`, () => {
  const shared = usePageAndBrowser();
  afterAll(async () => {
    server?.closeAllConnections();
    server?.close();
  });

  it.each(['open', 'r1'] as const)('asks, shows, stops and asks again in the era %s', async (era) => {
    const models = ['r1-tiny', 'zero'].map((id) => ({ ...MODEL, id }));
    const test = testApp([whole, endless, whole], { pageDir: shared.directory, era, models });
    server = createAdaptorServer({ fetch: test.app.fetch, overrideGlobalObjects: false }) as Server;
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const { page, complaints, strays } = await openPage(shared.browser, url);
    await page.locator('.models summary').click();
    expect(await page.getByRole('checkbox').count()).toBe(2);
    await page.keyboard.press('Escape');

    await ask(page, '2 + 2?');
    const reply = page.getByRole('article', { name: 'Reply of r1-tiny' });
    await reply.getByText(/^Thought for .* · 4 tokens$/).waitFor();
    await reply.getByText(/^9 tokens · .*stop$/).waitFor();
    expect(await reply.locator('.fbox').count()).toBe(1);

    await ask(page, 'and on?');
    await reply.nth(1).getByText('hm').waitFor();
    await page.keyboard.press('Escape');
    await reply.nth(1).getByText('Stopped.').waitFor();
    await eventually(() => expect(test.backend.requests[1]!.signal.aborted).toBe(true));

    await reply.nth(1).getByRole('button', { name: 'Regenerate the reply of r1-tiny' }).click();
    await reply.nth(1).locator('.fbox').waitFor();
    const { prompt } = test.last();
    expect(prompt.kind === 'chat' && prompt.messages.map(({ role, content }) => [role, content])).toEqual([
      ['user', '2 + 2?'],
      ['assistant', 'It is \\(\\boxed{4}\\).'],
      ['user', 'and on?'],
    ]);
    expect([...complaints, ...strays]).toEqual([]);
    await page.context().close();
    server.closeAllConnections();
    server.close();
  });
});
