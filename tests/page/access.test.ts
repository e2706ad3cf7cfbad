/** @file The page by keyboard alone, as a screen reader is told it, and on a narrow screen. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Gate } from '../support/gate.ts';
import { ask, CHROMIUM, choose, openPage } from './support/browser.ts';
import { usePageAndBrowser } from './support/fixture.ts';
import { type Chunk, reply, ScriptedServer } from './support/scripted-server.ts';

const THOUGHT = 'Two numbers with the product 6 and the sum 5. '.repeat(60);
const WIDE = `${'x + '.repeat(80)}x`;
const ANSWER = [
  '# Roots',
  `\\[${WIDE}\\]`,
  `\`\`\`\n${'a_long_line_of_code '.repeat(30)}\n\`\`\``,
  `| ${'wide column | '.repeat(12)}\n|${'---|'.repeat(12)}\n| ${'cell | '.repeat(12)}`,
  'w'.repeat(200),
].join('\n\n');

let server: ScriptedServer;
let page: Page;

/** Presses Tab until what has the focus matches; fails where it does not come within 40. */
async function tabTo(selector: string): Promise<void> {
  for (let i = 0; i < 40; i++) {
    await page.keyboard.press('Tab');
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return;
  }
  throw new Error(`Tab does not reach ${selector}`);
}

/** Accessible names of the parts with a role. */
function names(role: Parameters<Page['getByRole']>[0]): Promise<(string | null)[]> {
  return page
    .getByRole(role)
    .evaluateAll((found) =>
      found.map((element) => element.getAttribute('aria-label') ?? element.textContent),
    );
}

describe.skipIf(CHROMIUM.missing)(`the chat page without a mouse${CHROMIUM.note}`, () => {
  const shared = usePageAndBrowser();
  beforeAll(async () => {
    server = await ScriptedServer.start(shared.directory, () => reply(THOUGHT, ANSWER));
    server.models = ['base', 'r1'];
    ({ page } = await openPage(shared.browser, server.url));
  });
  afterAll(async () => {
    await server?.stop();
  });
  beforeEach(async () => {
    server.script = () => reply(THOUGHT, ANSWER);
    const begin = page.getByRole('button', { name: 'New conversation' });
    if (await begin.isDisabled()) return;
    await page.keyboard.press('Escape');
    await begin.click();
    await choose(page, ['base'], ['r1']);
  });

  it('is used by keyboard from the first Tab to the last answer', async () => {
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the question');
    await tabTo('.models summary');
    await page.keyboard.press('Enter');
    await tabTo('.models input');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    await page.keyboard.press('Escape');
    expect(await page.locator('.models summary').textContent()).toBe('Models: base, r1');
    await tabTo('#question');
    await page.keyboard.type('one');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('two');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Regenerate all' }).waitFor();
    expect(server.asked.at(-1)!.question).toBe('one\ntwo');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('question');
    await page.locator('main').focus();
    await tabTo('.thinking summary');
    await page.keyboard.press('Enter');
    await tabTo('.thought');
    await page.keyboard.press('End');
    await page.waitForFunction(() => document.querySelector('.thought')!.scrollTop > 0);
    await tabTo('[aria-label="Copy this code"]');
    await tabTo('[aria-label="Regenerate the reply of base"]');
    const before = server.asked.length;
    await page.keyboard.press('Space');
    await expect.poll(() => server.asked.length).toBe(before + 1);
  });

  it('shows where the focus is', async () => {
    await page.locator('header h1').evaluate((title) => {
      (title as HTMLElement).tabIndex = -1;
      (title as HTMLElement).focus();
    });
    for (const selector of ['.models summary', 'nav button', 'main', '#question']) {
      await tabTo(selector);
      const style = await page.evaluate(() => {
        const { boxShadow, outlineStyle, outlineWidth } = getComputedStyle(document.activeElement!);
        return { boxShadow, outline: outlineStyle === 'none' ? '0px' : outlineWidth };
      });
      expect([selector, style.boxShadow !== 'none' || style.outline !== '0px']).toEqual([selector, true]);
    }
  });

  it('names its landmarks, fields and replies', async () => {
    await choose(page, ['r1']);
    await ask(page, 'Solve it.');
    await page.getByRole('button', { name: 'Regenerate all' }).waitFor();
    expect(await page.getByRole('banner').count()).toBe(1);
    expect(await names('main')).toEqual(['Conversation']);
    expect(await names('article')).toEqual(['Reply of base', 'Reply of r1']);
    expect(await names('form')).toEqual(['Ask']);
    expect(await page.getByRole('textbox', { name: 'Your question' }).count()).toBe(1);
    const headings = await page
      .getByRole('heading')
      .evaluateAll((found) => found.map(({ tagName, textContent }) => `${tagName} ${textContent}`));
    expect(headings).toEqual(['H1 aha', 'H2 Solve it.', 'H3 base', 'H4 Roots', 'H3 r1', 'H4 Roots']);
    const unnamed = await page.locator('button, input, textarea, select, summary, a').evaluateAll(
      (found) =>
        found.filter((element) => {
          const labels = (element as HTMLInputElement).labels?.length ?? 0;
          return labels === 0 && !element.ariaLabel && element.textContent.trim() === '';
        }).length,
    );
    expect(unnamed).toBe(0);
    expect(await page.evaluate(() => document.documentElement.lang)).toBe('en');
  });

  it('tells a screen reader of beginnings and ends, not of words', async () => {
    const gate = new Gate();
    server.script = async function* (): AsyncGenerator<Chunk> {
      yield* [{ thought: 'one ' }, { thought: 'two ' }];
      await gate.passed;
      yield* [{ answer: 'three ' }, { answer: 'four' }];
      yield { finish: 'stop', usage: { completion_tokens: 5, reasoning_tokens: 2 } };
    };
    await page.evaluate(() => {
      const status = document.querySelector('[role="status"]')!;
      const said: string[] = [];
      Object.assign(window, { said });
      new MutationObserver(() => said.push(status.textContent)).observe(status, {
        childList: true,
        subtree: true,
        characterData: true,
      });
    });
    await ask(page, 'Count.');
    await page.getByText('base is thinking.').waitFor({ state: 'attached' });
    gate.open();
    await page.getByText('base has answered, 5 tokens.').waitFor({ state: 'attached' });
    const said = await page.evaluate(() => (window as unknown as { said: string[] }).said);
    expect(said.length).toBeLessThanOrEqual(4);
    expect(said.join(' ')).not.toMatch(/one|two|three|four/);
    expect(await page.locator('.thinking [aria-live], .markdown [aria-live]').count()).toBe(0);
  });

  it('does not send while an input method composes', async () => {
    const before = server.asked.length;
    await page.locator('#question').fill('にほん');
    for (const init of [{ isComposing: true }, { keyCode: 229 }]) {
      await page.locator('#question').dispatchEvent('keydown', { key: 'Enter', bubbles: true, ...init });
    }
    await page.waitForTimeout(100);
    expect(server.asked).toHaveLength(before);
    await page.locator('#question').press('Enter');
    await expect.poll(() => server.asked.length).toBe(before + 1);
  });

  it('is no wider than a screen of 360 pixels, whatever comes', async () => {
    await page.setViewportSize({ width: 360, height: 640 });
    await choose(page, ['r1']);
    await ask(page, `A question ${'w'.repeat(200)}`);
    await page.getByRole('button', { name: 'Regenerate all' }).waitFor();
    await page.locator('.thinking summary').first().click();
    const widths = () =>
      page.evaluate(() =>
        [document.documentElement, document.querySelector('main')!].map(({ scrollWidth }) => scrollWidth),
      );
    expect(Math.max(...(await widths()))).toBeLessThanOrEqual(360);
    await page.getByRole('button', { name: 'Settings' }).click();
    expect(Math.max(...(await widths()))).toBeLessThanOrEqual(360);
    const dialog = await page.getByRole('dialog').boundingBox();
    expect(dialog!.x).toBeGreaterThanOrEqual(0);
    expect(dialog!.x + dialog!.width).toBeLessThanOrEqual(360);
  });
});
