/** @file Samples in the HTML report of a run: long thoughts in a real browser. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { html, Markup } from '../../src/app/reports/html/markup.ts';
import { STYLE } from '../../src/app/reports/html/style.ts';
import { problemTraces } from '../../src/app/reports/html/traces.ts';
import type { Graded, StageSamples } from '../../src/evaluation/statistics/index.ts';
import { CHROMIUM, launch } from './support/browser.ts';

const SENTENCE = 'First I add thirty to twelve, which gives forty-two, and then I take five away. ';
const WORD = 'averyveryverylongwordwithoutanybreaks'.repeat(12);

function samples(name: string): StageSamples {
  const response: Graded = {
    promptId: 'a',
    question: `What is ${WORD} ?`,
    reference: WORD,
    correct: 1,
    formatted: true,
    length: 900,
    finish: 'stop',
    answer: '37',
    text: `<think>${SENTENCE.repeat(40)}\n${WORD}</think>\n\n${SENTENCE.repeat(10)}${WORD}`,
  };
  return { name, greedy: [response], sampled: [[response]], temperature: 0.6, topP: 0.95, maxTokens: 1000 };
}

describe.skipIf(CHROMIUM.missing)(`the samples of a report${CHROMIUM.note}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
  });

  it.each([
    [390, ['base']],
    [390, ['base', 'zero', 'r1']],
    [1200, ['base', 'zero', 'r1']],
  ])('wrap within their columns on a screen of %i pixels, with %j', async (width, names) => {
    const page = await browser.newPage({ viewport: { width, height: 800 } });
    const body = html`<style>${new Markup(STYLE)}</style><main>${problemTraces(names.map(samples))}</main>`;
    await page.setContent(`<!doctype html>${body.text}`);
    const wide = await page.evaluate(() =>
      [...document.querySelectorAll('html, main, h3, p, article, pre')]
        .filter(({ clientWidth, scrollWidth }) => scrollWidth > clientWidth)
        .map(({ tagName, clientWidth, scrollWidth }) => `${tagName} ${scrollWidth} > ${clientWidth}`),
    );
    expect(wide).toEqual([]);
    expect(await page.locator('article').count()).toBe(names.length);
    await page.close();
  });
});
