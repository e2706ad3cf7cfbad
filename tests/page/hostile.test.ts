/** @file A reply that attacks the page: nothing runs, nothing is loaded, no link leads into the page. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, CHROMIUM, openPage, type Watched } from './support/browser.ts';
import { usePageAndBrowser } from './support/fixture.ts';
import { reply, ScriptedServer } from './support/scripted-server.ts';

let server: ScriptedServer;
let watched: Watched;

const RUN = 'window.attacked=true';
const ATTACKS = [
  `<script>${RUN}</script>`,
  `<img src=x onerror="${RUN}">`,
  `<svg onload="${RUN}"><style>*{display:none}</style></svg>`,
  `<iframe srcdoc="<script>parent.attacked=true</script>"></iframe>`,
  `<a href="javascript:${RUN}">one</a>`,
  `[two](javascript:${RUN})`,
  `[three](  JaVaScRiPt:${RUN})`,
  `[four](data:text/html;base64,PHNjcmlwdD4=)`,
  `[five](https://elsewhere.example "x\\" onmouseover=\\"${RUN}")`,
  `![six](https://elsewhere.example/p.png)`,
  `![seven](x"onerror="${RUN})`,
  `<https://elsewhere.example/"onclick="${RUN}>`,
  `$\\href{javascript:${RUN}}{eight}$`,
  `$\\includegraphics{https://elsewhere.example/p.png}$`,
  `$\\htmlStyle{position:fixed;inset:0}{nine}$`,
  `$\\htmlId{question}{ten}$`,
  `$\\text{<img src=x onerror="${RUN}">}$`,
  `\\(\\unknown{<img src=x onerror="${RUN}">}\\)`,
  `\`\`\`<img src=x onerror="${RUN}">\ncode</code></pre><script>${RUN}</script>\n\`\`\``,
  `| <script>${RUN}</script> |\n|---|\n| <img src=x onerror="${RUN}"> |`,
  `<div style="background:url(https://elsewhere.example/b.png)">eleven</div>`,
  `<base href="https://elsewhere.example/"><meta http-equiv=refresh content="0;url=https://elsewhere.example">`,
  `<form action="https://elsewhere.example"><input name=x></form>`,
  `&lt;script&gt;${RUN}&lt;/script&gt;`,
];
const TEXT = ATTACKS.join('\n\n');

describe.skipIf(CHROMIUM.missing)(`a hostile reply${CHROMIUM.note}`, () => {
  const shared = usePageAndBrowser();
  beforeAll(async () => {
    server = await ScriptedServer.start(shared.directory, () => reply(TEXT, TEXT));
    watched = await openPage(shared.browser, server.url);
    await ask(watched.page, TEXT);
    await watched.page.locator('article[data-phase="done"]').waitFor();
    await watched.page.locator('details.thinking summary').click();
    await watched.page.locator('.thought .markdown').waitFor();
  });
  afterAll(async () => {
    await server?.stop();
  });

  it('runs nothing, also when every link and picture of it is touched', async () => {
    const { page } = watched;
    await page.evaluate(() => {
      for (const element of document.querySelectorAll('.markdown *')) {
        for (const type of ['mouseover', 'focus', 'load', 'error']) element.dispatchEvent(new Event(type));
      }
    });
    expect(await page.evaluate(() => 'attacked' in window)).toBe(false);
  });

  it('puts no element on the page that could act', async () => {
    const found = await watched.page.evaluate(() => {
      const made = [...document.querySelectorAll('.markdown *, .question *')];
      const named = made.filter((element) =>
        element.matches('script, img, iframe, object, embed, form, input, style, base, meta, link'),
      );
      const attributes = made.flatMap((element) => [...element.attributes].map(({ name }) => name));
      return { named: named.length, on: attributes.filter((name) => name.startsWith('on') || name === 'id') };
    });
    expect(found).toEqual({ named: 0, on: [] });
  });

  it('makes links to the web only, which tell nothing and reach nothing', async () => {
    const links = await watched.page.evaluate(() =>
      [...document.querySelectorAll<HTMLAnchorElement>('.markdown a[href]')].map(({ href, rel, target }) => ({
        href,
        rel,
        target,
      })),
    );
    expect(links.length).toBeGreaterThan(0);
    for (const { href, rel, target } of links) {
      expect(href).toMatch(/^https:\/\/elsewhere\.example/);
      expect([rel, target]).toEqual(['noopener noreferrer nofollow', '_blank']);
    }
  });

  it('lays nothing over the page', async () => {
    const positions = await watched.page.evaluate(() =>
      [...document.querySelectorAll('.markdown *')].map((element) => getComputedStyle(element).position),
    );
    expect(positions).not.toContain('fixed');
  });

  it('loads nothing from elsewhere and breaks no rule of the content policy', () => {
    expect(watched.strays).toEqual([]);
    expect(watched.complaints).toEqual([]);
  });

  it('shows the question as it was written', async () => {
    const question = await watched.page.locator('.question h2').textContent();
    expect(question?.replaceAll(/\s+/g, ' ')).toBe(TEXT.replaceAll(/\s+/g, ' '));
  });

  it('does the same when it is read back from the browser’s store', async () => {
    await watched.page.reload();
    await watched.page.locator('article .markdown').first().waitFor();
    expect(await watched.page.evaluate(() => 'attacked' in window)).toBe(false);
    expect([...watched.strays, ...watched.complaints]).toEqual([]);
  });
});
