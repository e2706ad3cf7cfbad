/** @file A headless Chromium, and a page in it that records what it must not do. */
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { requirement } from '../../support/requirement.ts';

const CANDIDATES = [
  process.env.CHROMIUM_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/google-chrome',
];

const program = CANDIDATES.find((path) => path !== undefined && existsSync(path));

export const CHROMIUM = requirement(
  program === undefined ? 'no Chromium found; CHROMIUM_PATH names one' : null,
);

export function launch(): Promise<Browser> {
  // Chromium has no sandbox for root, as in most containers.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath: program!, args });
}

export interface Watched {
  readonly page: Page;
  /** Errors of scripts and of the console, which has the breaches of the content policy. */
  readonly complaints: string[];
  /** Requests that went to another origin. */
  readonly strays: string[];
}

/** A page in a context of its own: nothing kept by another is seen. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Watched> {
  const context = await browser.newContext({ viewport: { width: 1200, height: 800 }, ...options });
  context.setDefaultTimeout(8000);
  const page = await context.newPage();
  const complaints: string[] = [];
  const strays: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol !== 'blob:' && origin !== new URL(url).origin) strays.push(request.url());
  });
  await page.goto(url);
  await page.getByRole('button', { name: 'Settings' }).waitFor();
  return { page, complaints, strays };
}

/** @throws Error where the page did what it must not */
export function mustBeClean({ complaints, strays }: Watched): void {
  const found = [...complaints, ...strays.map((url) => `a request to ${url}`)];
  if (found.length > 0) throw new Error(found.join('\n'));
}

/** Writes a question and sends it with Enter. */
export async function ask(page: Page, question: string): Promise<void> {
  const box = page.getByRole('textbox', { name: 'Your question' });
  await box.fill(question);
  await box.press('Enter');
}

/** Ticks and unticks models in the picker, and closes it. */
export async function choose(
  page: Page,
  models: readonly string[],
  without: readonly string[] = [],
): Promise<void> {
  await page.locator('.models summary').click();
  const box = (model: string) => page.getByRole('checkbox', { name: model, exact: true });
  for (const model of models) await box(model).check();
  for (const model of without) await box(model).uncheck();
  await page.keyboard.press('Escape');
}
