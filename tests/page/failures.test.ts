/** @file Failed replies on the page, and how one goes on from there. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask, CHROMIUM, openPage } from './support/browser.ts';
import { usePageAndBrowser } from './support/fixture.ts';
import { type Asked, type Chunk, reply, type Script, ScriptedServer } from './support/scripted-server.ts';

let server: ScriptedServer;
let page: Page;

/** Refuses or breaks the first request, answers the ones after it. */
function firstThen(first: Script): Script {
  let asked = 0;
  return (request: Asked) => {
    asked += 1;
    return asked === 1 ? first(request) : reply('Again.', 'Forty-two.');
  };
}

function card() {
  return page.getByRole('article', { name: 'Reply of r1' });
}

describe.skipIf(CHROMIUM.missing)(`a reply that fails${CHROMIUM.note}`, () => {
  const shared = usePageAndBrowser();
  beforeAll(async () => {
    server = await ScriptedServer.start(shared.directory, () => reply('Hm.', 'Yes.'));
    ({ page } = await openPage(shared.browser, server.url));
  });
  afterAll(async () => {
    await server?.stop();
  });
  beforeEach(async () => {
    server.asked.length = 0;
    const begin = page.getByRole('button', { name: 'New conversation' });
    if (await begin.isEnabled()) await begin.click();
  });

  const retry = () => card().getByRole('button', { name: 'Retry' });

  it('shows the server’s message where it is at fault, and asks again on Retry', async () => {
    const message = 'The server failed to answer.';
    server.script = firstThen(() => ({ status: 500, message }));
    await ask(page, 'well?');
    await card().getByText(message).waitFor();
    await retry().click();
    await card().getByText('Forty-two.').waitFor();
    expect(await card().getByText(message).count()).toBe(0);
    expect(server.asked).toHaveLength(2);
  });

  it('offers no Retry after a refusal, until the settings have changed', async () => {
    const message = 'The prompt has 5000 tokens; the context holds 4096.';
    server.script = firstThen(() => ({ status: 400, message }));
    await ask(page, 'long?');
    await card().getByText(message).waitFor();
    expect(await retry().count()).toBe(0);
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await retry().click();
    await card().getByText('Forty-two.').waitFor();
  });

  it('offers no Retry after a refusal that comes in the stream', async () => {
    const error = { message: 'The prompt is too long.', type: 'invalid_request_error' };
    server.script = () => [{ raw: `data: ${JSON.stringify({ error })}\n\n` }];
    await ask(page, 'long?');
    await card().getByText(error.message).waitFor();
    expect(await retry().count()).toBe(0);
  });

  it('offers no Retry where a later turn would be dropped', async () => {
    server.script = firstThen(() => ({ status: 500, message: 'The server failed to answer.' }));
    await ask(page, 'one?');
    await retry().waitFor();
    await ask(page, 'two?');
    await card().nth(1).getByText('Forty-two.').waitFor();
    expect(await retry().count()).toBe(0);
  });

  it('waits as long as Retry-After asks', async () => {
    server.script = firstThen(() => ({ status: 429, message: 'The queue is full.', retryAfter: 2 }));
    await ask(page, 'now?');
    await card().getByText('The queue is full.').waitFor();
    const waiting = card().getByRole('button', { name: /Retry in \d s/ });
    expect(await waiting.getAttribute('aria-disabled')).toBe('true');
    await waiting.click({ force: true });
    expect(server.asked).toHaveLength(1);
    await card().getByRole('button', { name: 'Retry', exact: true }).click();
    await card().getByText('Forty-two.').waitFor();
  });

  it('keeps what has come when the stream ends in an error, and says which', async () => {
    server.script = firstThen(() => [
      { thought: 'Half a thought' },
      { answer: 'Half an answer' },
      { raw: 'data: {"error":{"message":"The model was lost.","type":"server_error"}}\n\n' },
    ]);
    await ask(page, 'whole?');
    await card().getByText('The model was lost.').waitFor();
    await card().getByText('Half an answer').waitFor();
    await card().getByRole('button', { name: 'Retry' }).click();
    await card().getByText('Forty-two.').waitFor();
    expect(await card().getByText('Half an answer').count()).toBe(0);
  });

  it('says so when the connection breaks', async () => {
    server.script = async function* (): AsyncGenerator<Chunk> {
      yield { answer: 'Begun' };
      await page.getByText('Begun').waitFor();
      throw new Error('the cable');
    };
    await ask(page, 'there?');
    await card().getByText('The connection ended before the reply was complete.').waitFor();
    await card().getByText('Begun').waitFor();
  });

  it('says so when a chunk cannot be read', async () => {
    server.script = () => [{ answer: 'Begun' }, { raw: 'data: {"choices"\n\n' }];
    await ask(page, 'readable?');
    await card().getByText('The reply cannot be read').waitFor();
  });

  it('passes over comments and takes CRLF', async () => {
    const chunk = JSON.stringify({ choices: [{ delta: { content: 'Patience.' }, finish_reason: 'stop' }] });
    server.script = () => [
      { raw: ': keep-alive\r\n\r\n' },
      { raw: `data: ${chunk}\r\n\r\n: keep-alive\r\n\r\n` },
    ];
    await ask(page, 'slow?');
    await card().getByText('Patience.').waitFor();
    await page.locator('article[data-phase="done"]').waitFor();
  });

  it('says that a reply was cut at its limit', async () => {
    server.script = () => [{ thought: 'long' }, { answer: 'lon' }, { finish: 'length' }];
    await ask(page, 'long?');
    await card().getByText('Cut at the limit').waitFor();
  });

  it('asks for the key where the server does, and keeps it in this tab alone', async () => {
    server.script = () => reply('Hm.', 'Yes.');
    server.key = 'sk-secret';
    await page.reload();
    await page.getByText('asks for an API key').waitFor();
    expect(await page.getByRole('button', { name: 'Try again' }).count()).toBe(0);
    await page.getByRole('button', { name: 'Enter the API key' }).click();
    await page.locator('#setting-key:focus').waitFor();
    await page.keyboard.type('sk-secret');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('asks for an API key').waitFor({ state: 'detached' });
    await ask(page, 'with a key?');
    await card().getByText('Yes.').waitFor();
    expect(server.asked[0]!.authorization).toBe('Bearer sk-secret');
    const kept = await page.evaluate(() => JSON.stringify(localStorage));
    expect(kept).not.toContain('sk-secret');
    const other = await page.context().newPage();
    await other.goto(server.url);
    await other.getByText('asks for an API key').waitFor();
    await other.close();
  });

  it('says so when the server is gone', async () => {
    await server.stop();
    await ask(page, 'there?');
    await card().getByText('The server cannot be reached.').waitFor();
  });
});
