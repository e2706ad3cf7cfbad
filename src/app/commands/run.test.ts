import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { beforeEach, describe, expect, it } from 'vitest';
import { programName } from '../../../setup/status.mjs';
import { UsageError } from '../../errors.ts';
import { ALONE } from '../../ranks.ts';
import { testStages } from '../recipes/testing.ts';
import { addRun } from './run-command.ts';

let base: string;
let recipe: string;
/** The kernel that the test's engine names. */
let kernel: string;
/** What the engine was told of deterministic operators. */
let deterministic: unknown[];
beforeEach(() => {
  kernel = 'Prescott';
  deterministic = [];
  base = mkdtempSync(join(tmpdir(), 'cli-run-'));
  recipe = join(base, 'recipe.json');
  const stages = [
    { stage: 'count', name: 'A' },
    { stage: 'interrupt', name: 'Stop' },
    { stage: 'count', name: 'B', from: '@A/number' },
  ];
  writeFileSync(recipe, JSON.stringify({ name: 'r', title: 'Counting', stages }));
});

/** Runs `aha run` with the test stages; what it wrote to stdout. */
async function run(...argv: string[]): Promise<string> {
  let written = '';
  const io = {
    stdout: {
      write: (text: string) => {
        written += text;
      },
    },
    stderr: { write: () => 0 },
  };
  const resolveDevice = (setting: string) => {
    if (setting === 'cuda:9') throw new UsageError('no such device', 'Use another.');
    return setting === 'auto' ? 'cpu' : setting;
  };
  const program = new Command().exitOverride();
  const deviceReport = () => ({ torchVersion: '0', devices: [{ device: 'cpu' }], threads: 1, kernel });
  const endOnSecondInterrupt = () => ({ again: () => undefined, [Symbol.dispose]: () => undefined });
  addRun(program, io, async () => ({
    stageDefinitions: testStages,
    resolveDevice,
    openRanks: (device) => ({ ranks: ALONE, device }),
    deviceReport,
    endOnSecondInterrupt,
    useDeterministic: (...told) => {
      deterministic = told;
    },
  }));
  await program.parseAsync(['run', recipe, ...argv], { from: 'user' });
  return written;
}

const out = () => join(base, 'out');

describe('aha run', () => {
  it('is interrupted with status 130 and the command that goes on, and goes on with it', async () => {
    const error = await run('--out', out(), '--set', 'A.steps=2').catch((caught: unknown) => caught);
    expect(error).toMatchObject({ exitCode: 130 });
    const resume = `${programName()} run ${recipe} --resume --out ${out()} --set A.steps=2`;
    expect((error as Error).message).toContain(resume);
    expect(existsSync(join(out(), 'lock'))).toBe(false);
    const text = await run(...resume.split(' ').slice(3));
    expect(text).toContain('A: complete, not run again');
    expect(text).toContain(`done: ${out()}`);
    expect(readFileSync(join(out(), 'B/number'), 'utf8')).toBe('5');
  });

  it('stops at its time limit with status 75 and the command that goes on', async () => {
    // The process of the tests has run for longer.
    const error = await run('--out', out(), '--max-minutes', '0.001', '--only', 'A').catch(
      (caught: unknown) => caught,
    );
    expect(error).toMatchObject({ exitCode: 75 });
    expect((error as Error).message).toContain(`run ${recipe} --resume --out ${out()} --only A`);
    expect(await run('--out', out(), '--resume', '--only', 'A')).toContain(`done: ${out()}`);
  });

  it('names the stages that were asked for in the command that goes on', async () => {
    const error = await run('--out', out(), '--only', 'A,Stop', '--set', 'A.steps=2').catch(
      (caught: unknown) => caught,
    );
    const resume = `${programName()} run ${recipe} --resume --out ${out()} --only A,Stop --set A.steps=2`;
    expect((error as Error).message).toContain(resume);
    expect(await run(...resume.split(' ').slice(3))).toContain(`done: ${out()}`);
  });

  it('warns when it goes on with another kernel, and keeps both in machines.json', async () => {
    await run('--out', out(), '--only', 'A');
    expect(await run('--out', out(), '--resume', '--only', 'A')).not.toContain('bit for bit');
    kernel = 'SkylakeX';
    const text = await run('--out', out(), '--resume', '--only', 'A,B');
    expect(text).toContain('kernel: Prescott there, SkylakeX now');
    expect(text).toContain('not bit for bit');
    const machines = JSON.parse(readFileSync(join(out(), 'machines.json'), 'utf8'));
    expect(machines.map((machine: { kernel: string }) => machine.kernel)).toEqual(['Prescott', 'SkylakeX']);
  });

  it('turns deterministic operators on where the recipe asks for them, and keeps that in its record', async () => {
    const asked = ['--out', out(), '--only', 'A', '--set', 'deterministic=true'];
    await run(...asked);
    expect(deterministic).toEqual([true, 'cpu']);
    expect(JSON.parse(readFileSync(join(out(), 'recipe.json'), 'utf8'))).toMatchObject({
      deterministic: true,
    });
    await expect(run('--out', out(), '--resume', '--only', 'A')).rejects.toThrow(
      'deterministic: true there, not set now',
    );
    expect(deterministic).toEqual([false, 'cpu']);
    expect(await run(...asked, '--resume')).toContain('A: complete, not run again');
  });

  it('speaks JSON lines', async () => {
    await run('--out', out(), '--json').catch(() => undefined);
    const events = (await run('--out', out(), '--resume', '--json'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events[0]).toMatchObject({ event: 'note', text: `run directory: ${out()}` });
    expect(events.filter(({ event }) => event === 'step')).toHaveLength(3);
  });

  it('--dry-run prints the resolved recipe and the estimate and makes nothing', async () => {
    const text = await run('--dry-run', '--out', out(), '--set', 'seed=7', '--device', 'cuda:1');
    expect(text).toContain('"seed": 7');
    expect(text).toContain('Counting (seed 7, on cuda:1)');
    expect(text).toMatch(/^A +count +812K +3K/m);
    expect(existsSync(out())).toBe(false);
    const json = JSON.parse(await run('--dry-run', '--json'));
    expect(json.stages.map(({ name }: { name: string }) => name)).toEqual(['A', 'Stop', 'B']);
  });

  it('--precision is that of every stage that computes, a precision of its own included; --set of one', async () => {
    const precisions = async (...argv: string[]) => {
      const { recipe: resolved } = JSON.parse(await run('--dry-run', '--json', ...argv));
      const ofStages = resolved.stages.map(({ precision }: { precision?: string }) => precision);
      return [resolved.precision, ...ofStages];
    };
    const none = undefined;
    expect(await precisions()).toEqual(['auto', none, none, none]);
    expect(await precisions('--precision', 'bf16')).toEqual(['bf16', 'bf16', none, 'bf16']);
    expect(await precisions('--set', 'precision=tf32', '--set', 'A.precision=fp32')).toEqual([
      'tf32',
      'fp32',
      none,
      'tf32',
    ]);
    const text = readFileSync(recipe, 'utf8').replace('"name":"A"', '"name":"A","precision":"tf32"');
    writeFileSync(recipe, text);
    expect(await precisions('--precision', 'bf16')).toEqual(['bf16', 'bf16', none, 'bf16']);
    expect(await precisions('--precision', 'bf16', '--set', 'A.precision=fp32')).toEqual([
      'bf16',
      'fp32',
      none,
      'bf16',
    ]);
  });

  it('names --precision in the command that goes on', async () => {
    const error = await run('--out', out(), '--precision', 'fp32').catch((caught: unknown) => caught);
    expect((error as Error).message).toContain(`--resume --out ${out()} --precision fp32`);
  });

  it('--only runs the named stages, where what they read is there', async () => {
    const missing = /^B\.\S+: @A is the artifact of a stage that has not run .*\n.*--set B\.\S+=<path>/;
    await expect(run('--out', out(), '--only', 'B')).rejects.toThrow(missing);
    // Nothing is left behind that a corrected command would be refused for.
    expect(existsSync(out())).toBe(false);
    const planned = JSON.parse(await run('--dry-run', '--json', '--only', 'A'));
    expect(planned.stages.map(({ name }: { name: string }) => name)).toEqual(['A']);
    await expect(run('--dry-run', '--only', 'nope')).rejects.toThrow('nope');
    const text = await run('--out', out(), '--only', 'A', '--set', 'A.steps=2');
    expect(text).not.toContain('Stop');
    await run('--out', out(), '--resume', '--only', 'B', '--set', 'A.steps=2');
    expect(readFileSync(join(out(), 'B/number'), 'utf8')).toBe('5');
    expect(existsSync(join(out(), 'Stop'))).toBe(false);
  });

  it('--redo makes a stage again, and what depends on it where it came out differently', async () => {
    await run('--out', out(), '--only', 'A,B');
    writeFileSync(join(out(), 'A/number'), 'spoilt');
    rmSync(join(out(), 'B'), { recursive: true });
    await expect(run('--out', out(), '--resume', '--only', 'B')).rejects.toThrow('A/number');
    const text = await run('--out', out(), '--redo', 'A', '--only', 'A,B');
    expect(text).not.toContain('A: complete');
    expect(readFileSync(join(out(), 'A/number'), 'utf8')).not.toBe('spoilt');
  });

  it.each([
    [['--only', 'A,b'], 'the recipe has no stage "b"'],
    [['--redo', 'C'], 'the recipe has no stage "C"'],
    [['--only', 'nothing'], /no stage "nothing"\n {2}Its stages are A, Stop, B\.$/],
    [['--only', 'a'], /Did you mean "A"\? Its stages are A, /],
    [['--device', 'gpu'], 'device: "gpu": expected auto, cpu, cuda or cuda:<number>  (--set device=gpu)'],
    [['--device', 'cuda:9'], 'no such device'],
    [['--set', 'precision=fp64'], /precision: "fp64".*"auto".*"bf16".*"fp32".*"tf32"/],
    [['--set', 'A.precision=half'], /A\.precision: "half"/],
    [['--set', 'A.stepz=1'], 'did you mean "steps"?'],
    [['--set', 'A.from=no-such-file'], 'no-such-file: there is no such file or directory'],
    [['--set', 'A.from=no-such-file', '--json'], 'no-such-file: there is no such file or directory'],
  ])('%j is refused before anything is made', async (argv, message) => {
    await expect(run('--out', out(), ...argv)).rejects.toThrow(message);
    expect(existsSync(out())).toBe(false);
  });
});
