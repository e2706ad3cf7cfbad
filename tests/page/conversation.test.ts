/** @file A conversation in a real browser: how replies come, and what one can do with them. */
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { Gate } from '../support/gate.ts';
import { ask, CHROMIUM, choose } from './support/browser.ts';
import { useOwnPage } from './support/fixture.ts';
import { type Chunk, reply, type ScriptedServer } from './support/scripted-server.ts';

let server: ScriptedServer;
let page: Page;

const card = (model = 'r1') => page.getByRole('article', { name: `Reply of ${model}`, exact: true });
const panel = (model = 'r1') => card(model).locator('details.thinking');
const isOpen = () => panel().evaluate((details) => (details as HTMLDetailsElement).open);

/** Thinks, waits at the gate, answers. */
async function* gated(gate: Gate, thought: string, answer: string): AsyncGenerator<Chunk> {
  for (const piece of thought.match(/\S+\s*/g) ?? []) yield { thought: piece };
  await gate.passed;
  yield { answer };
  yield { finish: 'stop', usage: { completion_tokens: 99, reasoning_tokens: 77 } };
}

describe.skipIf(CHROMIUM.missing)(`the chat page${CHROMIUM.note}`, () => {
  useOwnPage(['r1', 'zero', 'base'], (own) => {
    ({ server, page } = own);
  });

  it('shows the thought as it comes with time and tokens, and folds it when the answer begins', async () => {
    const gate = new Gate();
    server.script = () => gated(gate, 'one two three', 'Done.');
    await ask(page, 'count');
    await panel().getByText('three').waitFor();
    await panel()
      .getByText(/^Thinking… \d+\.\d s · 3 tokens$/)
      .waitFor();
    expect(await isOpen()).toBe(true);
    gate.open();
    await card().getByText('Done.').waitFor();
    await panel()
      .getByText(/^Thought for \d+\.\d s · 77 tokens$/)
      .waitFor();
    expect(await isOpen()).toBe(false);
    await card()
      .getByText(/^99 tokens · [\d,.]+ tok\/s · stop$/)
      .waitFor();
  });

  it('leaves a panel that was touched as it is', async () => {
    const gate = new Gate();
    server.script = () => gated(gate, 'one', 'Done.');
    await ask(page, 'count');
    const summary = panel().locator('summary');
    await summary.click();
    expect(await isOpen()).toBe(false);
    await summary.click();
    gate.open();
    await card().getByText('Done.').waitFor();
    expect(await isOpen()).toBe(true);
  });

  it('sets maths in KaTeX’s fonts and keeps code, tables and copies', async () => {
    const answer =
      'Then \\(\\boxed{\\vec{x}}\\) and\n\n\\[\n\\sqrt{\\frac{1}{2}} = \\underbrace{a+b}_{c}\n\\]\n\n```js\nconst a = 1;\n```\n\n| a |\n|---|\n| b |';
    server.script = () => reply('', answer);
    await ask(page, 'maths');
    await page.locator('article[data-phase="done"]').waitFor();
    await page.evaluate(() => document.fonts.ready);
    const seen = await card().evaluate((element) => {
      const box = element.querySelector('.fbox')!;
      const arrow = element.querySelector('.katex-html svg')!;
      return {
        fonts: [...document.fonts].filter(({ status }) => status === 'loaded').map(({ family }) => family),
        border: getComputedStyle(box).borderTopStyle,
        arrow: arrow.getBoundingClientRect().width > 0,
        strut: (element.querySelector('.katex [class$="strut"]') as HTMLElement).style.height,
        mathml: element.querySelectorAll('math').length,
        bottom:
          element.querySelector('.math-display')!.scrollHeight -
          element.querySelector('.math-display')!.clientHeight,
      };
    });
    expect(seen.fonts.some((family) => family.includes('KaTeX_Main'))).toBe(true);
    expect(seen.fonts.some((family) => family.includes('KaTeX_Math'))).toBe(true);
    expect(seen).toMatchObject({ border: 'solid', arrow: true, mathml: 2, bottom: 0 });
    expect(seen.strut).toMatch(/em$/);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await card().getByRole('button', { name: 'Copy this code' }).click();
    await card().getByText('Copied').waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('const a = 1;');
    await card().getByRole('button', { name: 'Copy the answer of r1' }).click();
    await eventually(async () =>
      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(answer),
    );
  });

  it('never shows a half-written formula or fence as something else', async () => {
    const gates = [new Gate(), new Gate()];
    server.script = async function* () {
      yield { answer: 'So \\(x = \\frac{1' };
      await gates[0]!.passed;
      yield { answer: '}{2}\\).\n\n```py\nprint(' };
      await gates[1]!.passed;
      yield { answer: '1)\n```\n' };
      yield { finish: 'stop' };
    };
    await ask(page, 'slowly');
    await card().locator('code.tex-source').getByText('\\(x = \\frac{1').waitFor();
    gates[0]!.open();
    await card().locator('pre code.language-py').getByText('print(').waitFor();
    expect(await card().locator('.katex').count()).toBe(1);
    gates[1]!.open();
    await card().locator('pre code').getByText('print(1)').waitFor();
    await card().getByRole('button', { name: 'Copy this code' }).waitFor();
  });

  it('stops by button and by Escape: the request is aborted, what came stays', async () => {
    server.script = () => gated(new Gate(), 'one two', 'never');
    for (const stop of [
      () => page.keyboard.press('Escape'),
      () => card().getByRole('button', { name: 'Stop r1' }).click(),
    ]) {
      await ask(page, 'wait');
      await panel().last().getByText('two').waitFor();
      await stop();
      await card().last().getByText('Stopped.').waitFor();
      await panel()
        .last()
        .getByText(/^Thought for .* · 2 tokens$/)
        .waitFor();
      await eventually(() => expect(server.asked.at(-1)!.aborted).toBe(true));
      await page.getByRole('button', { name: 'New conversation' }).click();
    }
  });

  it('regenerates the last reply, and asks an edited question again in its place', async () => {
    await ask(page, 'first');
    await card().getByText('Forty-two.').waitFor();
    await ask(page, 'second');
    await card().nth(1).getByText('Forty-two.').waitFor();
    server.script = () => reply('', 'Forty-three.');
    expect(await page.getByRole('button', { name: 'Regenerate the reply of r1' }).count()).toBe(1);
    await page.getByRole('button', { name: 'Regenerate the reply of r1' }).click();
    await card().nth(1).getByText('Forty-three.').waitFor();
    expect(server.asked[2]!.messages).toEqual([
      { role: 'user', content: 'first' },
      { role: 'assistant', content: 'Forty-two.' },
      { role: 'user', content: 'second' },
    ]);
    await page.getByRole('button', { name: 'Edit this question' }).first().click();
    await page.getByText('Asking again drops the turn after this one.').waitFor();
    await page.getByRole('textbox', { name: 'Edit the question' }).fill('zeroth');
    await page.keyboard.press('Enter');
    await card().getByText('Forty-three.').waitFor();
    expect(await card().count()).toBe(1);
    expect(server.asked[3]!.messages).toEqual([{ role: 'user', content: 'zeroth' }]);
  });

  it('asks several models side by side, each with its own stream and history', async () => {
    const gates: Record<string, Gate> = { base: new Gate(), zero: new Gate(), r1: new Gate() };
    server.script = ({ model }) => gated(gates[model]!, `${model} thinks`, `${model} answers`);
    await choose(page, ['zero', 'base']);
    await ask(page, 'all');
    for (const model of ['base', 'zero', 'r1']) await panel(model).getByText(`${model} thinks`).waitFor();
    const boxes = await Promise.all(['r1', 'zero', 'base'].map((model) => card(model).boundingBox()));
    expect(boxes[0]!.x + boxes[0]!.width).toBeLessThan(boxes[1]!.x);
    expect(boxes[1]!.x + boxes[1]!.width).toBeLessThan(boxes[2]!.x);
    gates.zero!.open();
    await card('zero').getByText('zero answers').waitFor();
    expect(await card('base').getAttribute('aria-busy')).toBe('true');
    await card('base').getByRole('button', { name: 'Stop base' }).click();
    gates.r1!.open();
    await card('r1').getByText('r1 answers').waitFor();
    await page.getByRole('button', { name: 'Regenerate all' }).waitFor();
    server.script = ({ model }) => reply('', `again ${model}`);
    await ask(page, 'more');
    for (const model of ['base', 'zero', 'r1'])
      await card(model).last().getByText(`again ${model}`).waitFor();
    const histories = server.asked
      .slice(3)
      .map(({ messages, model }) => [model, messages.length, messages[1]?.content]);
    expect(histories).toEqual(
      expect.arrayContaining([
        // What was stopped before its answer is no turn of that model.
        ['base', 1, undefined],
        ['zero', 3, 'zero answers'],
        ['r1', 3, 'r1 answers'],
      ]),
    );
    expect(JSON.stringify(server.asked.map(({ body }) => body))).not.toContain('thinks');
  });

  it('asks a model chosen later the last question on demand', async () => {
    await ask(page, 'who');
    await card().getByText('Forty-two.').waitFor();
    await choose(page, ['zero']);
    await page.getByRole('button', { name: 'Ask zero' }).click();
    await card('zero').getByText('Forty-two.').waitFor();
    expect(server.asked.map(({ model }) => model)).toEqual(['r1', 'zero']);
  });

  it('says what the picker of models is, and begins with questions that fit the first one chosen', async () => {
    server.examples = ['what is 12 + 30 - 5 ?', 'Bake bread.'];
    await page.reload();
    const label = await page.locator('.models summary .label').boundingBox();
    expect(label!.width).toBeGreaterThan(30);
    const example = page.getByRole('button', { name: 'what is 12 + 30 - 5 ?' });
    await example.waitFor();
    expect(await page.locator('.welcome button').count()).toBe(2);
    await example.click();
    await card().getByText('Forty-two.').waitFor();
    expect(server.asked[0]!.question).toBe('what is 12 + 30 - 5 ?');
  });

  it('has the question below in line with the replies above, with one column and with two', async () => {
    const edges = (selector: string) =>
      page.locator(selector).evaluate((element) => {
        const { left, right } = element.getBoundingClientRect();
        return [left, right];
      });
    await ask(page, 'long');
    await card().getByText('Forty-two.').waitFor();
    for (const models of [[], ['zero']]) {
      await choose(page, models);
      for (const width of [390, 800, 1600]) {
        await page.setViewportSize({ width, height: 700 });
        expect(await edges('.composer')).toEqual(await edges('.turn'));
      }
    }
  });

  it('sends the settings, after checking them', async () => {
    await page.getByRole('button', { name: 'Settings' }).click();
    const dialog = page.getByRole('dialog', { name: 'Settings' });
    await dialog.getByLabel('Temperature').fill('3');
    await dialog.getByLabel('Thinking budget').fill('64');
    await dialog.getByLabel('System prompt').fill('Be brief.');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByText('A number from 0 to 2.').waitFor();
    expect(await dialog.getByLabel('Temperature').getAttribute('aria-invalid')).toBe('true');
    await dialog.getByLabel('Temperature').fill('0');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.reload();
    await ask(page, 'how');
    await card().getByText('Forty-two.').waitFor();
    expect(server.asked[0]!.body).toEqual({
      model: 'r1',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'how' },
      ],
      stream: true,
      stream_options: { include_usage: true },
      temperature: 0,
      max_thinking_tokens: 64,
    });
  });

  it('says which settings have no effect in the server’s era', async () => {
    server.era = 'r1';
    await page.reload();
    await page.getByRole('button', { name: 'Settings' }).click();
    const temperature = page.getByLabel('Temperature');
    expect(await temperature.getAttribute('aria-disabled')).toBe('true');
    expect(await temperature.evaluate((input) => (input as HTMLInputElement).readOnly)).toBe(true);
    const hint = await temperature.getAttribute('aria-describedby');
    expect(await page.locator(`#${hint}`).textContent()).toContain('No effect');
  });

  it('keeps the conversation over a reload, begins another and brings the last one back', async () => {
    await ask(page, 'keep this');
    await card().getByText('Forty-two.').waitFor();
    await page.reload();
    await card().getByText('Forty-two.').waitFor();
    await page.getByRole('button', { name: 'New conversation' }).click();
    expect(await card().count()).toBe(0);
    await page.getByRole('button', { name: 'Bring back the last one' }).click();
    await card().getByText('Forty-two.').waitFor();
  });

  it('exports the conversation as JSON', async () => {
    await ask(page, 'export this');
    await card().getByText('Forty-two.').waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Export the conversation as JSON' }).click(),
    ]);
    expect(download.suggestedFilename()).toMatch(/^aha-.*\.json$/);
    const exported = JSON.parse(readFileSync(await download.path(), 'utf8')) as object;
    expect(exported).toMatchObject({
      program: 'aha',
      turns: [
        { question: 'export this', replies: { r1: { reasoning: 'Let me see.', content: 'Forty-two.' } } },
      ],
    });
  });

  it('stays fluent with a long reply', async () => {
    const paragraph = (i: number) =>
      `Paragraph ${i} with \\(x_{${i}}^2 + \\frac{1}{${i + 1}}\\) and some more words in it.\n\n`;
    server.script = async function* () {
      for (let i = 0; i < 200; i++) {
        for (const piece of paragraph(i).match(/.{1,12}/gs) ?? []) yield { answer: piece };
        if (i % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      }
      yield { finish: 'stop' };
    };
    await page.evaluate(() => {
      const tasks: number[] = [];
      Object.assign(window, { tasks });
      new PerformanceObserver((list) =>
        tasks.push(...list.getEntries().map(({ duration }) => duration)),
      ).observe({
        type: 'longtask',
      });
    });
    await ask(page, 'long');
    await page.locator('article[data-phase="done"]').waitFor({ timeout: 30_000 });
    await card().getByText('Paragraph 199').waitFor({ timeout: 30_000 });
    expect(await card().locator('.katex').count()).toBe(200);
    const longest = await page.evaluate(() =>
      Math.max(0, ...(window as unknown as { tasks: number[] }).tasks),
    );
    expect(longest).toBeLessThan(3000);
  });
});
