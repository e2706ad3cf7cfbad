/** @file The page on a phone: a narrow screen that is touched. */
import { devices, type Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { CHROMIUM } from './support/browser.ts';
import { useOwnPage } from './support/fixture.ts';
import type { ScriptedServer } from './support/scripted-server.ts';

const { userAgent: _, defaultBrowserType: __, ...PHONE } = devices['iPhone 13'];

let server: ScriptedServer;
let page: Page;

const question = () => page.getByRole('textbox', { name: 'Your question' });

describe.skipIf(CHROMIUM.missing)(`the chat page on a phone${CHROMIUM.note}`, () => {
  useOwnPage(
    ['r1'],
    (own) => {
      ({ server, page } = own);
    },
    PHONE,
  );

  it('breaks the line with Enter, in a new question and in an edited one, and sends by the button or Ctrl+Enter', async () => {
    expect(page.viewportSize()!.width).toBe(390);
    await question().fill('one');
    await question().press('Enter');
    await page.keyboard.type('two');
    expect(await question().inputValue()).toBe('one\ntwo');
    await page.getByText('Enter breaks the line.').waitFor();
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText('Forty-two.').waitFor();
    await page.getByRole('button', { name: 'Edit this question' }).click();
    await page.getByRole('textbox', { name: 'Edit the question' }).press('Enter');
    expect(server.asked.map((asked) => asked.question)).toEqual(['one\ntwo']);
    await page.keyboard.press('Control+Enter');
    await expect.poll(() => server.asked.length).toBe(2);
  });

  it('has Save within reach wherever the settings are scrolled to', async () => {
    await page.getByRole('button', { name: 'Settings' }).click();
    const dialog = page.getByRole('dialog');
    const save = dialog.getByRole('button', { name: 'Save' });
    for (const top of [0, 200, 10_000]) {
      await dialog.evaluate((box, to) => box.scrollTo(0, to), top);
      const isSeen = await save.evaluate((button) => {
        const { x, y, width, height } = button.getBoundingClientRect();
        return (
          document.elementFromPoint(x + width / 2, y + height / 2) === button && y + height <= innerHeight
        );
      });
      expect([top, isSeen]).toEqual([top, true]);
    }
    // The last field is not hidden by it.
    const last = await dialog.locator('#setting-key-hint').boundingBox();
    expect(last!.y + last!.height).toBeLessThan((await save.boundingBox())!.y);
    await save.click();
    await dialog.waitFor({ state: 'detached' });
  });
});
