/** @file Fixture of the tests of the page: the page bundled, a browser, a server, a page of one's own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { bundlePage } from '../../../setup/page.mjs';
import { launch, mustBeClean, openPage, type Watched } from './browser.ts';
import { reply, ScriptedServer } from './scripted-server.ts';

/** Filled before the first test. */
export interface PageAndBrowser {
  directory: string;
  browser: Browser;
}

/** For all tests of the block it is called in. */
export function usePageAndBrowser(): PageAndBrowser {
  const made = {} as PageAndBrowser;
  beforeAll(async () => {
    made.directory = mkdtempSync(join(tmpdir(), 'aha-page-'));
    await bundlePage(made.directory);
    made.browser = await launch();
  });
  afterAll(async () => {
    await made.browser?.close();
    rmSync(made.directory, { recursive: true, force: true });
  });
  return made;
}

export interface OwnPage {
  readonly server: ScriptedServer;
  readonly watched: Watched;
  readonly page: Page;
}

/**
 * A server and a page for each test of the block it is called in; a test fails where its page did what it must not.
 * @param take - called before each test with what is its own
 * @param options - of the browser: its screen, and whether it is touched
 */
export function useOwnPage(
  models: readonly string[],
  take: (own: OwnPage) => void,
  options: BrowserContextOptions = {},
): void {
  const shared = usePageAndBrowser();
  let own: OwnPage;
  beforeEach(async () => {
    const server = await ScriptedServer.start(shared.directory, () => reply('Let me see.', 'Forty-two.'));
    server.models = [...models];
    const watched = await openPage(shared.browser, server.url, options);
    own = { server, watched, page: watched.page };
    take(own);
  });
  afterEach(async () => {
    mustBeClean(own.watched);
    await own.page.context().close();
    await own.server.stop();
  });
}
