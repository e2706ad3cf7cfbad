import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../../tests/support/eventually.ts';
import { GenerationError, type GenerationRequest } from '../backend.ts';
import { runSession, type SessionOptions } from './session.ts';
import { delta, FakeTerminal, type Script, SETTINGS, scriptedBackend, words } from './testing.ts';

const [CTRL_C, CTRL_D, ENTER] = ['\u0003', '\u0004', '\r'];
const START = '/help lists commands';
const DONE = 'tokens/s';

/** A conversation with models that follow a script. */
function talk(script: Script, models = ['tiny'], changes: Partial<SessionOptions> = {}) {
  const terminal = new FakeTerminal();
  const { backend, requests } = scriptedBackend(script, models);
  const ended = runSession({
    backend,
    streams: terminal,
    settings: SETTINGS,
    thinking: null,
    folded: false,
    colours: false,
    redraws: true,
    signal: new AbortController().signal,
    ...changes,
  });
  const type = (after: string, text: string): Promise<void> => terminal.when(after, text + ENTER);
  return { terminal, requests, ended, type };
}

function contents(request: GenerationRequest): unknown[] {
  return request.prompt.kind === 'chat' ? request.prompt.messages.map(({ content }) => content) : [];
}

/** A reply that does not end by itself. */
const endless: Script = async function* () {
  yield { type: 'start', promptTokens: 3, cachedTokens: 0 };
  yield delta({ content: 'One ' });
  yield delta({ content: 'two ' });
  await new Promise(() => {});
};

describe('a conversation', () => {
  it('goes from message to message, without earlier thoughts', async () => {
    const { terminal, requests, ended, type } = talk(() => words('hm two', 'It is **four**.'));
    await type(START, '2 + 2?');
    await type(DONE, 'Sure?');
    await type(DONE, '/quit');
    await ended;
    expect(requests.map(contents)).toEqual([['2 + 2?'], ['2 + 2?', 'It is **four**.', 'Sure?']]);
    expect(terminal.rows.slice(0, 6)).toEqual([
      'tiny · /help lists commands',
      '> 2 + 2?',
      'thinking…',
      'hm two',
      expect.stringMatching(/^thought for 0\.\d s · 2 tokens$/),
      'It is **four**.',
    ]);
    expect(terminal.rows.at(-1)).toBe('> /quit');
  });

  it('takes messages of several lines', async () => {
    const { requests, ended, type } = talk(() => words('', 'ok'));
    await type(START, 'one\\');
    await type('… ', 'two \\\\');
    await type(DONE, '\u001b[200~three\r\r/four\u001b[201~');
    await type(DONE, '/quit');
    await ended;
    expect(contents(requests[0]!)).toEqual(['one\ntwo \\\\']);
    expect(contents(requests[1]!).at(-1)).toBe('three\n\n/four');
  });

  it('keeps what is typed during a reply for the next prompt, and echoes it there', async () => {
    const { terminal, requests, ended } = talk(() => words('', 'ok'));
    terminal.stdin.write(`one${ENTER}two${ENTER}/quit${ENTER}`);
    await ended;
    expect(requests.map(contents)).toEqual([['one'], ['one', 'ok', 'two']]);
    expect(terminal.rows.filter((row) => row.startsWith('>'))).toEqual(['> one', '> two', '> /quit']);
  });

  it('asks several models in turn, each with its own answers', async () => {
    const { terminal, requests, ended, type } = talk(
      (_, model) =>
        model === 'b' ? new GenerationError('unavailable', 'b is away.') : words('', `I, ${model}`),
      ['a', 'b', 'c'],
    );
    await type(START, 'Hi');
    await terminal.when(DONE, '');
    await type(DONE, 'And?');
    await terminal.when(DONE, '');
    await type(DONE, '/quit');
    await ended;
    expect(terminal.text).toContain('b is away.');
    expect(requests.slice(3).map(contents)).toEqual([
      ['Hi', 'I, a', 'And?'],
      ['And?'],
      ['Hi', 'I, c', 'And?'],
    ]);
    expect(terminal.rows).toEqual(expect.arrayContaining(['a', 'I, a', 'b', 'c', 'I, c']));
  });

  it('stops a reply with Ctrl-C and keeps it as far as it came', async () => {
    const { terminal, requests, ended, type } = talk((request, model, signal) =>
      contents(request).length === 1 ? endless(request, model, signal) : words('', 'ok'),
    );
    await type(START, 'Count.');
    await terminal.when('two', CTRL_C);
    await type('stopped', 'Go on.');
    await type(DONE, '/quit');
    await ended;
    expect(contents(requests[1]!)).toEqual(['Count.', 'One two', 'Go on.']);
  });

  it('ends with Ctrl-C twice at the prompt, not with one', async () => {
    const { terminal, requests, ended, type } = talk(() => words('', 'ok'));
    await terminal.when(START, `half a message${CTRL_C}`);
    await type('Ctrl-C again', 'hello');
    await terminal.when(DONE, CTRL_C);
    await terminal.when('Ctrl-C again', CTRL_C);
    await ended;
    expect(requests.map(contents)).toEqual([['hello']]);
  });

  it('drops a message of several lines at Ctrl-C', async () => {
    const { terminal, requests, ended, type } = talk(() => words('', 'ok'));
    await type(START, 'one\\');
    await terminal.when('… ', CTRL_C);
    await type('Ctrl-C again', 'two');
    await type(DONE, '/quit');
    await ended;
    expect(requests.map(contents)).toEqual([['two']]);
  });

  it('ends with Ctrl-D, with the end of the input, and with the signal', async () => {
    const first = talk(() => words('', 'ok'));
    await first.terminal.when(START, CTRL_D);
    await first.ended;
    const second = talk(() => words('', 'ok'));
    second.terminal.stdin.end(`hello${ENTER}`);
    await second.ended;
    expect(second.requests).toHaveLength(1);
    const controller = new AbortController();
    const third = talk(endless, ['tiny'], { signal: controller.signal });
    await third.type(START, 'Count.');
    await third.terminal.when('two', '');
    controller.abort();
    await third.ended;
    // Pasting is as it was for whoever has the terminal next.
    for (const { terminal } of [first, second, third]) expect(terminal.text).toMatch(/\[\?2004l$/);
  });

  it('survives failures: what was said before stays', async () => {
    let failing: 'at once' | 'later' | null = null;
    const { terminal, requests, ended, type } = talk((request) => {
      if (failing === 'at once') return new GenerationError('context_length', 'The prompt is too long.');
      if (failing === null) return words('', `reply to ${String(contents(request).at(-1))}`);
      return (async function* () {
        yield delta({ content: 'Beg' });
        throw new GenerationError('interrupted', 'The model ended.');
      })();
    });
    await type(START, 'one');
    await terminal.when(DONE, '');
    failing = 'at once';
    terminal.stdin.write(`two${ENTER}`);
    await terminal.when('The prompt is too long.', '');
    await terminal.when('up arrow', '');
    failing = 'later';
    terminal.stdin.write(`three${ENTER}`);
    await terminal.when('broken off', '');
    await terminal.when('The model ended.', '');
    failing = null;
    terminal.stdin.write(`four${ENTER}`);
    await type(DONE, '/quit');
    await ended;
    expect(contents(requests[3]!)).toEqual(['one', 'reply to one', 'three', 'Beg', 'four']);
  });

  it('throws defects, and gives the terminal back', async () => {
    const { terminal, ended, type } = talk(async function* () {
      yield delta({ content: 'a' });
      throw new TypeError('a defect');
    });
    await Promise.all([expect(ended).rejects.toThrow('a defect'), type(START, 'hi')]);
    expect(terminal.text).toContain('\u001b[?2004l');
  });
});

describe('commands', () => {
  it('/help lists, unknown ones are said', async () => {
    const { terminal, requests, ended, type } = talk(() => words('', 'ok'));
    await type(START, '/help');
    await type('Ctrl-C stops a reply.', '/exit');
    await type('No command /exit', '/quit');
    await ended;
    expect(requests).toEqual([]);
    expect(terminal.text).toContain('/save <file>');
  });

  it('/again asks the same with another seed, in place of the reply', async () => {
    let count = 0;
    const { requests, ended, type } = talk(() => words('', `reply ${count++}`));
    await type(START, '/again');
    await type('no message', '/set seed 5');
    await type('seed 5', 'one');
    await type(DONE, '/again');
    await type(DONE, '/again');
    await type(DONE, 'two');
    await type(DONE, '/quit');
    await ended;
    expect(requests.map(({ sampling }) => sampling.seed)).toEqual([5, 6, 7, 5]);
    expect(requests.map(contents)).toEqual([['one'], ['one'], ['one'], ['one', 'reply 2', 'two']]);
  });

  it('/new forgets', async () => {
    const { requests, ended, type } = talk(() => words('', 'ok'));
    await type(START, 'one');
    await type(DONE, '/new');
    await type('A new conversation', 'two');
    await type(DONE, '/quit');
    await ended;
    expect(contents(requests[1]!)).toEqual(['two']);
  });

  it('/set changes what is asked next; a bad value changes nothing', async () => {
    const { requests, ended, type } = talk(() => words('', 'ok'));
    await type(START, '/set temperature 0');
    await type('temperature 0', '/set temperature 9');
    await type('expected a number', '/set system Be brief.');
    await type('system Be brief.', '/set');
    await type('thinking-budget', 'one');
    await type(DONE, '/quit');
    await ended;
    expect(requests[0]!.sampling.temperature).toBe(0);
    expect(contents(requests[0]!)).toEqual(['Be brief.', 'one']);
  });

  it('/fold hides the thought and /last shows it', async () => {
    const { terminal, ended, type } = talk(() => words('a\u001b[2Jsecret', 'ok'));
    await type(START, '/last');
    await type('no reply yet', '/fold');
    await type('hidden', 'one');
    await terminal.when(DONE, '');
    expect(terminal.text).not.toContain('secret');
    terminal.stdin.write(`/last${ENTER}`);
    await type('a[2Jsecret', '/fold');
    await type('shown', '/quit');
    await ended;
  });

  it('/save writes the conversation once, and nothing over another file', async () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'aha-chat-'));
    const [file, other] = [path.join(dir, 'talk.json'), path.join(dir, 'other.json')];
    writeFileSync(other, 'mine');
    const { ended, type } = talk(() => words('hm', 'ok'));
    await type(START, 'one');
    await type(DONE, '/save');
    await type('Name a file', `/save ${file}`);
    await type('Saved to', `/save ${other}`);
    await type('is there already', `/save ${dir}/none/x.json`);
    await type('ENOENT', '/quit');
    await ended;
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
      models: ['tiny'],
      turns: [{ user: 'one', replies: [{ reasoning_content: 'hm', content: 'ok' }] }],
    });
    expect(statSync(file).mode & 0o077).toBe(0);
    expect(readFileSync(other, 'utf8')).toBe('mine');
  });

  it('the up arrow brings the last message back', async () => {
    const { terminal, requests, ended, type } = talk(() => words('', 'ok'));
    await type(START, 'one');
    await type(DONE, '\u001b[A');
    await type(DONE, '/quit');
    await ended;
    expect(contents(requests[1]!).at(-1)).toBe('one');
    await eventually(() => expect(terminal.rows.filter((row) => row === '> one')).toHaveLength(2));
  });
});
