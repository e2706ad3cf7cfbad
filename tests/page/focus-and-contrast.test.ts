/** @file Focus, overflow on a small screen, and contrast in light and dark. */
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { Gate } from '../support/gate.ts';
import { ask, CHROMIUM, choose } from './support/browser.ts';
import { useOwnPage } from './support/fixture.ts';
import { reply, type ScriptedServer } from './support/scripted-server.ts';

let server: ScriptedServer;
let page: Page;

const ANSWER = [
  'A formula that is far too wide for a small screen:',
  '\\[ 1+2+3+4+5+6+7+8+9+10+11+12+13+14+15+16+17+18+19+20+21+22+23+24+25+26+27+28+29+30 = \\boxed{465} \\]',
  '```\n'.concat('a_line_of_code_without_any_space_'.repeat(6), '\n```'),
  'averyveryverylongwordwithoutanybreaks'.repeat(4),
  '| a | b | c | d | e | f |\n|---|---|---|---|---|---|\n| one hundred | two hundred | three hundred | four hundred | five | six |',
].join('\n\n');

const focused = () =>
  page.evaluate(() => {
    const element = document.activeElement as HTMLElement;
    return element.getAttribute('aria-label') ?? element.id;
  });

describe.skipIf(CHROMIUM.missing)(`the chat page${CHROMIUM.note}`, () => {
  useOwnPage(['r1', 'zero'], (own) => {
    ({ server, page } = own);
  });

  it('keeps the focus where it was when forms and panels close', async () => {
    const { keyboard } = page;
    await ask(page, 'two');
    await page.locator('article[data-phase="done"]').waitFor();
    expect(await focused()).toBe('question');
    await page.locator('.thinking summary').focus();
    await keyboard.press('Enter');
    await keyboard.press('Tab');
    expect(await focused()).toBe('Thinking of r1');
    await keyboard.press('Shift+Tab');
    await keyboard.press('Space');
    await page.getByText('Let me see.').waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Edit this question' }).focus();
    await keyboard.press('Enter');
    await expectFocus('Edit the question');
    await keyboard.press('Escape');
    await expectFocus('Edit this question');
    await page.getByRole('button', { name: 'Settings' }).focus();
    await keyboard.press('Enter');
    await expectFocus('setting-temperature');
    await keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await page.locator(':focus').textContent()).toBe('Settings');
    await page.locator('.models summary').focus();
    await keyboard.press('Enter');
    await keyboard.press('Tab');
    await keyboard.press('Escape');
    expect(await page.locator(':focus').textContent()).toContain('Models');
    expect(await page.locator('.models').evaluate((details) => (details as HTMLDetailsElement).open)).toBe(
      false,
    );
  });

  async function expectFocus(name: string): Promise<void> {
    await page.waitForFunction((wanted) => {
      const element = document.activeElement;
      return element?.getAttribute('aria-label') === wanted || element?.id === wanted;
    }, name);
  }

  it('fits 360 pixels without scrolling sideways, the settings too', async () => {
    server.script = () => reply(ANSWER, ANSWER);
    await page.setViewportSize({ width: 360, height: 640 });
    await choose(page, ['zero']);
    await ask(page, 'averylongquestionwithoutspaces'.repeat(5));
    await page.getByRole('button', { name: 'Regenerate all' }).waitFor();
    await page.locator('details.thinking summary').first().click();
    await page.getByRole('group', { name: 'Thinking of r1' }).getByText('A formula that').waitFor();
    const wide = () =>
      page.evaluate(() =>
        [...document.querySelectorAll('html, body, #app, main, dialog, .turn, .reply, .thought, .markdown')]
          .filter(({ clientWidth, scrollWidth }) => scrollWidth > clientWidth && clientWidth > 0)
          .map(
            ({ className, clientWidth, scrollWidth, tagName }) =>
              `${tagName}.${className} ${scrollWidth}>${clientWidth}`,
          ),
      );
    expect(await wide()).toEqual([]);
    const [first, second] = await page.getByRole('article').all();
    expect((await second!.boundingBox())!.y).toBeGreaterThan((await first!.boundingBox())!.y);
    await page.getByRole('button', { name: 'Settings' }).click();
    expect(await wide()).toEqual([]);
  });

  it('has enough contrast in light and dark, and moves nothing where motion is not wanted', async () => {
    server.script = async function* () {
      yield { thought: 'Thinking' };
      await new Gate().passed;
    };
    await ask(page, 'Contrast?');
    await page.locator('article[data-phase="thinking"]').waitFor();
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const poor = await page.evaluate(lowContrast);
      expect(poor).toEqual([]);
      expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
    }
  });
});

/** Texts with less than 4.5 : 1 to what is behind them (WCAG 2.2, 1.4.3). Runs in the page. */
function lowContrast(): string[] {
  const channels = (color: string) => (color.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = (color: string) => {
    const [r, g, b] = channels(color).map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
  };
  const ground = (element: Element | null): string => {
    if (element === null) return 'rgb(255, 255, 255)';
    const color = getComputedStyle(element).backgroundColor;
    return (channels(color)[3] ?? 1) === 0 ? ground(element.parentElement) : color;
  };
  return [...document.querySelectorAll('body *')]
    .filter((element) =>
      [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent!.trim() !== ''),
    )
    .filter((element) => !element.closest('.visually-hidden, .skip, :disabled, [aria-disabled="true"]'))
    .filter((element) => {
      const [a, b] = [luminance(getComputedStyle(element).color), luminance(ground(element))];
      return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5;
    })
    .map((element) => `${element.tagName} ${element.textContent}`);
}
