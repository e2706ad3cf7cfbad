import { describe, expect, it } from 'vitest';
import { textWidth } from '../../text/text-width.ts';
import { createWatcher, type WatcherOptions } from './terminal.ts';

/** A stream that keeps what is written, and a clock that tests set. */
function setup(stream: { isTTY?: boolean; columns?: number }, options: Partial<WatcherOptions> = {}) {
  const written: string[] = [];
  const time = { now: 0 };
  const watcher = createWatcher({
    output: { ...stream, write: (text: string) => written.push(text) },
    env: {},
    clock: () => time.now,
    ...options,
  });
  return { watcher, time, written, text: () => written.join('') };
}

const report = (step: number) => ({
  step,
  reward: 1 + step / 10,
  'rewards/accuracy/mean': step / 10,
  'completions/mean_length': 9 + step,
  'rewards/format/mean': 0.5,
  loss: 0,
  tokens_per_second: 12_345,
});

/** What a terminal would show: line feeds, returns and erasures applied. */
function screen(text: string): string[] {
  const lines = [''];
  for (const piece of text.replaceAll('\u001b[2K', '\f').split(/([\n\r\f])/)) {
    if (piece === '\n') lines.push('');
    else if (piece === '\r') continue;
    else if (piece === '\f') lines[lines.length - 1] = '';
    else lines[lines.length - 1] += piece;
  }
  return lines;
}

describe('a run of several stages', () => {
  const plan = [{ name: 'zero', seconds: 20 }, { name: 'check', seconds: 10 }, { name: 'later' }];

  it('says which stage it is, and the time left in the run beside that in the stage', () => {
    const { watcher, time, text } = setup({ columns: 120 }, { interval: 0 });
    watcher.startStage('zero', plan);
    time.now = 4;
    watcher.step(report(1), 10);
    time.now = 40;
    watcher.endStage();
    watcher.startStage('check', plan);
    time.now = 41;
    watcher.step(report(1), 2);
    watcher.startStage('later', plan);
    time.now = 42;
    watcher.step(report(1), 2);
    const lines = text().split('\n');
    expect(lines.filter((line) => line.includes('stage'))).toEqual([
      'zero  stage 1 of 3',
      'check  stage 2 of 3',
      'later  stage 3 of 3',
    ]);
    expect(
      lines.filter((line) => line.endsWith(' left')).map((line) => line.slice(line.indexOf('12,345') + 8)),
    ).toEqual(['36s left  run over 46s left', '1s left  run over 1s left', '1s left']);
  });

  it('gives up the time left in the stage before the format, on a narrow terminal', () => {
    const { watcher, time, text } = setup({ columns: 80 }, { interval: 0 });
    watcher.startStage('zero', plan.slice(0, 2));
    time.now = 4;
    watcher.step(report(1), 10);
    expect(text()).toContain('length 10  format 50%  run 46s left\n');
  });

  it('is numbered for programs', () => {
    const { watcher, text } = setup({}, { mode: 'json' });
    watcher.startStage('check', plan);
    expect(JSON.parse(text())).toEqual({ event: 'stage', stage: 'check', index: 2, of: 3 });
  });
});

describe('on a terminal', () => {
  it('redraws one line in place, with notes above it', () => {
    const { watcher, time, text } = setup({ isTTY: true, columns: 100 }, { env: { NO_COLOR: '1' } });
    watcher.startStage('zero');
    for (let step = 1; step <= 3; step++) {
      time.now = step * 2;
      watcher.step(report(step), 10);
      if (step === 2) watcher.note('checkpoint saved');
    }
    expect(screen(text())).toMatchInlineSnapshot(`
      [
        "zero",
        "checkpoint saved",
        "zero  3/10  reward 1.30  accuracy 30%  length 12  format 50%  tok/s 12,345  14s left",
      ]
    `);
    watcher.endStage();
    expect(screen(text()).slice(3)).toMatchInlineSnapshot(`
      [
        "reward    ▁▄█  1.10 → 1.30",
        "accuracy  ▁▅█  10% → 30%",
        "length    ▁▅█  10 → 12",
        "zero took 6s",
        "",
      ]
    `);
  });

  it('never draws wider than the terminal', () => {
    for (let columns = 1; columns <= 120; columns++) {
      const { watcher, written } = setup({ isTTY: true, columns }, { env: { NO_COLOR: '1' } });
      watcher.startStage('a-stage-with-a-long-name');
      written.length = 0;
      watcher.step(report(3), 1000);
      for (const line of screen(written.join(''))) expect(textWidth(line)).toBeLessThan(Math.max(2, columns));
    }
  });

  it('takes a terminal that claims to have no columns for one of 80', () => {
    const { watcher, written } = setup({ isTTY: true, columns: 0 }, { env: { NO_COLOR: '1' } });
    watcher.step(report(3), 10);
    expect(written.join('')).toContain('3/10  reward 1.30');
  });

  it('keeps counter and reward when it is narrow', () => {
    const { watcher, text } = setup({ isTTY: true, columns: 24 }, { env: { NO_COLOR: '1' } });
    watcher.startStage('zero');
    watcher.step(report(3), 10);
    expect(screen(text()).at(-1)).toBe('zero  3/10  reward 1.30');
  });

  it('colours, unless told otherwise', () => {
    const bold = '\u001b[1mzero';
    const first = (stream: object, env: NodeJS.ProcessEnv) => {
      const { watcher, text } = setup(stream, { env });
      watcher.startStage('zero');
      return text();
    };
    expect(first({ isTTY: true }, {})).toContain(bold);
    expect(first({ isTTY: true }, { NO_COLOR: '1' })).not.toContain(bold);
    expect(first({}, {})).not.toContain(bold);
    expect(first({}, { FORCE_COLOR: '1' })).toContain(bold);
  });

  it('does not redraw where the terminal cannot', () => {
    const { watcher, text } = setup({ isTTY: true, columns: 80 }, { env: { TERM: 'dumb' } });
    watcher.startStage('zero');
    watcher.step(report(1), 10);
    expect(text()).not.toContain('\u001b');
  });

  it('leaves the last line of a stage that never ended', () => {
    const { watcher, text } = setup({ isTTY: true, columns: 40 }, { env: { NO_COLOR: '1' } });
    watcher.startStage('a');
    watcher.step({ step: 1, loss: 2 }, 2);
    watcher.startStage('b');
    expect(screen(text())).toEqual(['a', 'a 1/2  loss 2.00  0s left', 'b', '']);
  });
});

describe('through a pipe', () => {
  it('prints the first step, then one every few seconds, and the last', () => {
    const { watcher, time, text } = setup({}, { interval: 10 });
    watcher.startStage('sft');
    for (let step = 1; step <= 30; step++) {
      time.now = step;
      watcher.step({ step, loss: 30 - step }, 30);
    }
    watcher.endStage();
    const steps = text()
      .split('\n')
      .filter((line) => line.includes('/30'));
    expect(steps.map((line) => line.slice(0, 9))).toEqual([
      'sft  1/30',
      'sft 11/30',
      'sft 21/30',
      'sft 30/30',
    ]);
    expect(steps[1]).toBe('sft 11/30  loss 19.00  19s left');
    expect(text()).not.toContain('\r');
    expect(text()).toMatch(/\nsft took 30s\n$/);
  });

  it('tells the time left of a stage that reports many steps at once from its second report on', () => {
    const { watcher, time, text } = setup({}, { interval: 0 });
    watcher.startStage('check');
    for (const step of [512, 1024, 1536]) {
      time.now += 2;
      watcher.step({ step }, 1536);
    }
    watcher.endStage();
    const left = text().match(/check +\d+\/1536.*/g);
    expect(left).toEqual(['check  512/1536', 'check 1024/1536  2s left', 'check 1536/1536  0s left']);
  });

  it('prints the last step known of a stage that was interrupted', () => {
    const { watcher, time, text } = setup({}, { interval: 10 });
    watcher.startStage('sft');
    for (let step = 41; step <= 43; step++) {
      time.now += 2;
      watcher.step({ step, loss: 1 }, 90);
    }
    watcher.endStage();
    // Resumed after step 40: 2 s a step, 47 to go.
    expect(text()).toContain('sft 43/90  loss 1.00  1m 34s left\n');
  });

  it('warns once an id', () => {
    const { watcher, text } = setup({});
    watcher.warn('clipped', 'most completions hit the limit');
    watcher.warn('clipped', 'most completions hit the limit');
    watcher.warn('zero-std', 'other');
    expect(text()).toBe('warning: most completions hit the limit\nwarning: other\n');
  });
});

describe('as JSON lines', () => {
  it('writes every event as one object', () => {
    const { watcher, written } = setup({ isTTY: true }, { mode: 'json' });
    watcher.note('two\nlines');
    watcher.startStage('zero');
    watcher.step({ step: 1, reward: 0.5, loss: Number.NaN }, 2);
    watcher.warn('id', 'text');
    watcher.warn('id', 'text');
    watcher.endStage();
    expect(written.every((line) => line.indexOf('\n') === line.length - 1)).toBe(true);
    expect(written.map((line) => JSON.parse(line))).toEqual([
      { event: 'note', stage: null, text: 'two\nlines' },
      { event: 'stage', stage: 'zero' },
      { event: 'step', stage: 'zero', step: 1, total: 2, reward: 0.5, loss: null },
      { event: 'warn', stage: 'zero', id: 'id', text: 'text' },
      { event: 'end', stage: 'zero' },
    ]);
  });
});
