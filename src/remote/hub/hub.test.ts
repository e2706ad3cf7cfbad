/** Downloads from a server that speaks the hub's API. */
import { spawn } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import layout from '../../../tests/reference/hub/layout.json' with { type: 'json' };
import { fetchPlan } from './fetch.ts';
import { parseHubName, type RepoKind } from './name.ts';
import { type HubOptions, type HubPlan, planHub } from './plan.ts';
import { commitOf, modelRepo, sha256, TestHub, type TestRepo } from './testing.ts';

/** Bytes with no two alike parts: a piece at a wrong place is found. */
const WEIGHTS = Buffer.from(Array.from({ length: 1 << 18 }, (_, i) => (i * 2654435761) >>> 24));
const SUM = sha256(WEIGHTS);
const MODEL = 'hf:org/tiny';

let home: string;
let hub: TestHub;
let notes: string[];
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'hub-'));
  hub = await TestHub.start([modelRepo('org/tiny', WEIGHTS)]);
  notes = [];
});
afterEach(() => {
  hub.close();
  rmSync(home, { recursive: true, force: true });
});

function options(settings: Partial<HubOptions['settings']> = {}): HubOptions {
  return {
    settings: { endpoint: hub.endpoint, cache: home, token: null, offline: false, ...settings },
    watcher: { onBytes: () => undefined, note: (text) => void notes.push(text) },
    patience: { tries: 3, pauseMs: 1, stallMs: 300 },
  };
}

function plan(name = MODEL, own = options(), kind: RepoKind = 'model'): Promise<HubPlan> {
  return planHub(parseHubName(name, kind), own);
}

async function fetchAll(name = MODEL, own = options(), kind: RepoKind = 'model'): Promise<string> {
  return fetchPlan(await plan(name, own, kind), own);
}

const weightsIn = (path: string) => readFileSync(join(path, 'model.safetensors'));
const incomplete = () => join(home, 'models--org--tiny', 'blobs', `${SUM}.aha.incomplete`);
const rangesOf = (server: string) =>
  hub.seen.filter((one) => one.server === server && one.path.includes(SUM)).map(({ range }) => range);

describe('a download', () => {
  it('leaves what huggingface_hub leaves, and gives the directory of the snapshot', async () => {
    const path = await fetchAll();
    expect(weightsIn(path).equals(WEIGHTS)).toBe(true);
    expect(path).toBe(join(home, 'models--org--tiny', 'snapshots', commitOf('a')));
    rmSync(home, { recursive: true });
    hub.close();
    hub = await TestHub.start([modelRepo('org/tiny')]);
    await fetchAll();
    expect(treeOf(join(home, 'models--org--tiny'))).toEqual(layout.files);
  });

  it('is planned with its size, and asks nothing more once it is there', async () => {
    const first = await plan();
    const small = 24 + 19 + 2;
    expect(first).toMatchObject({ bytes: WEIGHTS.length + small, missingBytes: WEIGHTS.length + small });
    await fetchPlan(first, options());
    expect(await plan()).toMatchObject({ missing: [], missingBytes: 0 });
    const asked = hub.seen.length;
    await fetchAll(`${MODEL}@${commitOf('a')}`);
    expect(hub.seen).toHaveLength(asked);
  });

  it('has its tokenizer only when all else is there', async () => {
    await fetchAll();
    const paths = hub.seen.map(({ path }) => path).filter((path) => path.includes('/resolve/'));
    expect(paths.at(-1)).toMatch(/tokenizer\.json$/);
  });

  it('goes on after a break, as often as it takes', async () => {
    // Three requests that each bring something, with fewer tries than breaks.
    hub.repos[0] = modelRepo('org/tiny', WEIGHTS);
    const own = options();
    const all = await plan(MODEL, own);
    await fetchPlan(all, own, ({ path }) => path !== 'model.safetensors');
    hub.faults.breaks = [50_000, 50_000, 50_000, 50_000];
    const path = await fetchPlan(await plan(MODEL, own), own);
    expect(weightsIn(path).equals(WEIGHTS)).toBe(true);
    const ranges = rangesOf('files');
    expect(ranges).toHaveLength(5);
    expect(ranges[0]).toBeUndefined();
    for (const range of ranges.slice(1)) expect(range).toMatch(/^bytes=[1-9]\d*-$/);
  });

  it('goes on where an earlier process stopped', async () => {
    mkdirSync(join(home, 'models--org--tiny', 'blobs'), { recursive: true });
    writeFileSync(incomplete(), WEIGHTS.subarray(0, 100_000));
    const planned = await plan();
    expect(planned.bytes - planned.missingBytes).toBe(100_000);
    expect(weightsIn(await fetchPlan(planned, options())).equals(WEIGHTS)).toBe(true);
    expect(rangesOf('files')).toEqual(['bytes=100000-']);
    expect(existsSync(incomplete())).toBe(false);
  });

  it('begins again where what was left is not the beginning', async () => {
    mkdirSync(join(home, 'models--org--tiny', 'blobs'), { recursive: true });
    writeFileSync(incomplete(), Buffer.alloc(100_000, 7));
    expect(weightsIn(await fetchAll()).equals(WEIGHTS)).toBe(true);
    expect(rangesOf('files')).toEqual(['bytes=100000-', undefined]);
  });

  it('copes with a server without ranges', async () => {
    mkdirSync(join(home, 'models--org--tiny', 'blobs'), { recursive: true });
    writeFileSync(incomplete(), WEIGHTS.subarray(0, 100_000));
    hub.faults.noRanges = true;
    expect(weightsIn(await fetchAll()).equals(WEIGHTS)).toBe(true);
  });

  it('takes a connection that brings nothing for a broken one', async () => {
    hub.faults.stalls = 2;
    expect(weightsIn(await fetchAll()).equals(WEIGHTS)).toBe(true);
  });

  it('gives up after several connections that bring nothing, and keeps what it has', async () => {
    const own = options();
    await fetchPlan(await plan(MODEL, own), own, ({ path }) => path !== 'model.safetensors');
    hub.faults.breaks = [50_000, 0, 0, 0];
    await expect(fetchAll()).rejects.toMatchObject({ kind: 'unreachable', exitCode: 1 });
    expect(statSync(incomplete()).size).toBe(50_000);
    expect(weightsIn(await fetchAll()).equals(WEIGHTS)).toBe(true);
  });

  it('asks again after answers that pass', async () => {
    hub.faults.statuses = [503, 429];
    expect(weightsIn(await fetchAll()).equals(WEIGHTS)).toBe(true);
    hub.faults.statuses = [503, 503, 503];
    await expect(plan('hf:org/other')).rejects.toThrow(/the hub answers 503/);
  });
});

describe('sums', () => {
  it('are checked: damage is downloaded once more, and refused the second time', async () => {
    hub.faults.damaged = 1;
    const path = await fetchAll();
    expect(weightsIn(path).equals(WEIGHTS)).toBe(true);
    rmSync(join(home, 'models--org--tiny'), { recursive: true });
    hub.faults.damaged = 20;
    await expect(fetchAll()).rejects.toMatchObject({ kind: 'checksum' });
    const blobs = readdirSync(join(home, 'models--org--tiny', 'blobs'));
    expect(blobs.filter((name) => !name.endsWith('.incomplete'))).toEqual([]);
  });
});

describe('a token', () => {
  it('goes to the hub and not to the server it redirects to', async () => {
    await fetchAll(MODEL, options({ token: 'secret' }));
    const sent = (server: string) =>
      hub.seen.filter((one) => one.server === server).map((one) => one.authorization);
    expect(new Set(sent('hub'))).toEqual(new Set(['Bearer secret']));
    expect(sent('files').length).toBeGreaterThan(0);
    expect(new Set(sent('files'))).toEqual(new Set([undefined]));
  });
});

describe('refusals', () => {
  it('name a gated model, where to accept its terms, and HF_TOKEN', async () => {
    hub.repos.push({ ...modelRepo('org/gated'), gated: true, token: 'member' });
    await expect(plan('hf:org/gated')).rejects.toThrow(
      `hf:org/gated@main: access is gated\n  Accept its terms at ${hub.endpoint}/org/gated, make a token at ` +
        `${hub.endpoint}/settings/tokens, and set HF_TOKEN.`,
    );
    await expect(plan('hf:org/gated', options({ token: 'other' }))).rejects.toThrow(/account of the token/);
    await fetchAll('hf:org/gated', options({ token: 'member' }));
  });

  it('name the nearest repository, or one of the other kind', async () => {
    await expect(plan('hf:org/tinny')).rejects.toMatchObject({ kind: 'missing', exitCode: 2 });
    await expect(plan('hf:org/tinny')).rejects.toThrow(/has no such model; did you mean "org\/tiny"\?/);
    await expect(plan(MODEL, options(), 'dataset')).rejects.toThrow(/no such data set; there is a model/);
    hub.repos.push({ ...modelRepo('org/private'), token: 'owner' });
    await expect(plan('hf:org/private')).rejects.toThrow(/If it is private, set HF_TOKEN/);
  });

  it('name the nearest revision', async () => {
    await expect(plan('hf:org/tiny@mian')).rejects.toThrow(/no revision “mian”; did you mean "main"\?/);
  });

  it('tell a token that is not accepted', async () => {
    await expect(plan(MODEL, options({ token: 'bad' }))).rejects.toMatchObject({
      kind: 'token',
      exitCode: 2,
    });
  });

  it('come before a download that does not fit the disk', async () => {
    const planned = { ...(await plan()), missingBytes: 2 ** 60 };
    const failed = fetchPlan(planned, options());
    await expect(failed).rejects.toMatchObject({ kind: 'space' });
    await expect(failed).rejects.toThrow(
      /no space left: 1048576.0 TiB more are needed, and .* are free\n.*HF_HOME/,
    );
  });
});

describe('without a network', () => {
  it('takes what the cache has, and names what it lacks', async () => {
    const path = await fetchAll();
    const offline = options({ offline: true });
    const asked = hub.seen.length;
    expect(await fetchAll(MODEL, offline)).toBe(path);
    await expect(plan('hf:org/other', offline)).rejects.toThrow(
      /not in the cache .*HF_HUB_OFFLINE is set\n.*aha fetch/,
    );
    await expect(plan('hf:org/tiny@v2', offline)).rejects.toMatchObject({ kind: 'offline' });
    rmSync(join(path, 'model.safetensors'));
    await expect(plan(MODEL, offline)).rejects.toThrow(/no weights here/);
    expect(hub.seen).toHaveLength(asked);
  });

  it('takes the cache where the hub cannot be reached, and says so', async () => {
    const path = await fetchAll();
    const { endpoint } = hub;
    hub.close();
    const own = options({ endpoint });
    expect(await fetchAll(MODEL, own)).toBe(path);
    expect(notes).toEqual([
      expect.stringMatching(/cannot be reached \(.*\); taking hf:org\/tiny@a{40} from the cache/),
    ]);
    await expect(plan('hf:org/other', own)).rejects.toMatchObject({ kind: 'unreachable' });
  });

  it('finds what huggingface_hub has downloaded', async () => {
    const folder = join(home, 'models--org--tiny');
    for (const [path, file] of Object.entries<{ text?: string; link?: string }>(layout.files)) {
      mkdirSync(join(folder, path, '..'), { recursive: true });
      if (file.text !== undefined) writeFileSync(join(folder, path), file.text);
    }
    const { symlinkSync } = await import('node:fs');
    for (const [path, file] of Object.entries<{ text?: string; link?: string }>(layout.files)) {
      if (file.link !== undefined) symlinkSync(file.link, join(folder, path));
    }
    const path = await fetchAll(MODEL, options({ offline: true }));
    expect(weightsIn(path).toString()).toBe('weights');
  });
});

describe('data', () => {
  const rows = (n: number) => ({ content: `{"prompt": "${n}"}\n`, lfs: true });
  const data: TestRepo = {
    kind: 'dataset',
    name: 'org/sums',
    refs: { main: commitOf('c') },
    commits: {
      [commitOf('c')]: {
        'README.md': { content: '---\nconfigs:\n- config_name: main\n  data_files: "main/train-*"\n---\n' },
        'main/train-00000-of-00002.jsonl': rows(1),
        'main/train-00001-of-00002.jsonl': rows(2),
        'other/test.jsonl': rows(3),
      },
    },
  };
  beforeEach(() => void hub.repos.push(data));

  it('in several files is a folder of links, in their order', async () => {
    const path = await fetchAll('hf:org/sums/main/train', options(), 'dataset');
    const files = readdirSync(path).sort();
    expect(files).toEqual(['0-train-00000-of-00002.jsonl', '1-train-00001-of-00002.jsonl']);
    expect(files.map((file) => readFileSync(join(path, file), 'utf8'))).toEqual([
      rows(1).content,
      rows(2).content,
    ]);
    expect(await fetchAll('hf:org/sums', options({ offline: true }), 'dataset')).toBe(path);
  });

  it('is asked of the hub at a commit too, where nothing says that the cache has all of it', async () => {
    const files = { 'train/a.jsonl': rows(1), 'train/b.jsonl': rows(2) };
    const refs = { main: commitOf('d') };
    hub.repos.push({ kind: 'dataset', name: 'org/parts', refs, commits: { [commitOf('d')]: files } });
    const name = `hf:org/parts/train@${commitOf('d')}`;
    await fetchAll(name, options(), 'dataset');
    rmSync(join(home, 'datasets--org--parts/snapshots', commitOf('d'), 'train/b.jsonl'));
    const path = await fetchAll(name, options(), 'dataset');
    expect(readdirSync(path).sort()).toEqual(['0-a.jsonl', '1-b.jsonl']);
    expect(readFileSync(join(path, '1-b.jsonl'), 'utf8')).toBe(rows(2).content);
  });

  it('leaves alone the links that another process is making', async () => {
    const path = await fetchAll('hf:org/sums/main/train', options(), 'dataset');
    writeFileSync(join(path, '0-train.jsonl.abc.tmp'), '');
    await fetchAll('hf:org/sums/main/train', options(), 'dataset');
    expect(readdirSync(path)).toContain('0-train.jsonl.abc.tmp');
  });

  it('in one file is that file', async () => {
    const path = await fetchAll('hf:org/sums/other/test.jsonl', options(), 'dataset');
    expect(readFileSync(path, 'utf8')).toBe(rows(3).content);
  });
});

describe('several processes', () => {
  /** A process that downloads the model. */
  function child() {
    const at = (file: string) => pathToFileURL(join(import.meta.dirname, file)).href;
    const script = `
      import { planHub } from '${at('plan.ts')}';
      import { fetchPlan } from '${at('fetch.ts')}';
      import { parseHubName } from '${at('name.ts')}';
      const options = {
        settings: ${JSON.stringify(options().settings)},
        watcher: { onBytes() {}, note() {} },
        patience: { tries: 3, pauseMs: 1, stallMs: 5000 },
      };
      await fetchPlan(await planHub(parseHubName('${MODEL}', 'model'), options), options);`;
    const args = ['--import', 'tsx', '--input-type=module', '-e', script];
    return spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  }
  const end = (one: ReturnType<typeof child>) => new Promise((resolve) => one.on('close', resolve));

  it('download a file once between them', async () => {
    hub.faults.pieceMs = 40;
    expect(await Promise.all([child(), child()].map(end))).toEqual([0, 0]);
    expect(rangesOf('files')).toEqual([undefined]);
    expect(weightsIn(await fetchAll(MODEL, options({ offline: true }))).equals(WEIGHTS)).toBe(true);
  });

  it('go on with what a killed one has left, lock and all', async () => {
    hub.faults.pieceMs = 50;
    const killed = child();
    const ended = end(killed);
    while (!existsSync(incomplete()) || statSync(incomplete()).size === 0) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    killed.kill('SIGKILL');
    await ended;
    const left = statSync(incomplete()).size;
    hub.faults.pieceMs = 0;
    expect(weightsIn(await fetchAll()).equals(WEIGHTS)).toBe(true);
    expect(rangesOf('files').at(-1)).toBe(`bytes=${left}-`);
  });
});

/** Files by path, each with its text or the link that it is. */
function treeOf(folder: string): Record<string, object> {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path));
  const files = paths.filter((path) => !lstatSync(path).isDirectory()).sort();
  const entries = files.map((path) => {
    const isLink = lstatSync(path).isSymbolicLink();
    return [
      relative(folder, path),
      isLink ? { link: readlinkSync(path) } : { text: readFileSync(path, 'utf8') },
    ];
  });
  return Object.fromEntries(entries) as Record<string, object>;
}
