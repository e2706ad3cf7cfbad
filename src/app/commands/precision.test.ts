/** The options --precision and --template of the commands that load a model, and --dtype and --prompt-template before them. */
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { numericsOf } from '../../models/index.ts';
import { PRECISION_HELP, PRECISIONS, READING_PRECISION_HELP, READING_PRECISIONS } from '../../precision.ts';
import { buildProgram } from '../cli/main.ts';
import { aha } from '../cli/testing.ts';
import { addDeprecatedDtype, readingPrecisionOption } from './checkpoint-options.ts';

const BASE = 'models/tiny-base';
const COMMANDS = ['run', 'score', 'generate', 'eval', 'serve', 'chat'];

describe('--precision', () => {
  it('is an option of every command with --device, with one text for those that train and one for those that read', () => {
    const nowhere = { write: () => undefined };
    const { commands } = buildProgram({ stdout: nowhere, stderr: nowhere });
    const optionOf = (command: Command, flag: string) => command.options.find(({ long }) => long === flag);
    // `inspect` loads no weights: its figures are of every precision.
    const loading = commands.filter((command) => command.name() !== 'inspect');
    const withDevice = loading.filter((command) => optionOf(command, '--device') !== undefined);
    expect(withDevice.map((command) => command.name())).toEqual(COMMANDS);
    for (const command of withDevice) {
      const { description, argChoices } = optionOf(command, '--precision')!;
      const trains = command.name() === 'run';
      expect(argChoices).toEqual(trains ? PRECISIONS : READING_PRECISIONS);
      const help = trains ? PRECISION_HELP : READING_PRECISION_HELP;
      expect(description).toBe(help[0]!.toLowerCase() + help.slice(1));
    }
  });

  it.each(COMMANDS)('%s refuses an unknown precision: status 2, its values, no stack', async (command) => {
    const { code, stdout, stderr } = await aha(command, BASE, '--precision', 'fp64');
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain("'--precision <name>' argument 'fp64' is invalid");
    expect(stderr).toContain('Allowed choices are auto, bf16, fp32, tf32');
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it.each([
    [['--precision', 'bf16'], '--precision bf16: an endpoint computes in its own way'],
    [['--precision', 'auto'], '--precision auto: '],
    [['--dtype', 'float32'], '--precision fp32: '],
    [
      ['--rows', '8', '--device', 'cpu'],
      '--rows 8 --device cpu: an endpoint computes in its own way, and these',
    ],
    [['--prompt-template', 'plain'], '--template plain: '],
    [['--top-k', '5'], '--top-k 5: '],
    [['--thinking', 'on'], '--thinking on: '],
  ])('%j is refused for an endpoint', async (options, message) => {
    const address = ['http://127.0.0.1:9/v1', '--bench', 'chain', '--model', 'm'];
    const { code, stderr } = await aha('eval', ...address, ...options);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  it('changes what a checkpoint computes: bf16 is near fp32, and fp32 is the default of a CPU', async () => {
    const score = async (...precision: string[]): Promise<{ loss: number }> => {
      const { code, stdout } = await aha(
        'score',
        BASE,
        '--ids',
        '5,6,7,8,9',
        '--device',
        'cpu',
        '--json',
        ...precision,
      );
      expect(code).toBe(0);
      return JSON.parse(stdout) as { loss: number };
    };
    const wide = await score('--precision', 'fp32');
    const narrow = await score('--precision', 'bf16');
    expect(await score()).toEqual(wide);
    expect(await score('--precision', 'tf32')).toEqual(wide);
    expect(narrow.loss).not.toBe(wide.loss);
    expect(Math.abs(narrow.loss / wide.loss - 1)).toBeLessThan(0.02);
    for (const [precision, most] of [
      ['int8', 0.03],
      ['nf4', 0.1],
    ] as const) {
      const { loss } = await score('--precision', precision);
      expect(loss).not.toBe(wide.loss);
      expect(Math.abs(loss / wide.loss - 1)).toBeLessThan(most);
    }
  });
});

describe('--dtype', () => {
  /** What a command's action was given, and what was written to stderr. */
  const parse = async (...argv: string[]) => {
    let written = '';
    let given: unknown;
    const stream = {
      write: (text: string) => {
        written += text;
      },
    };
    const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
    const command = program.command('load').addOption(readingPrecisionOption());
    command.exitOverride().action((options: unknown) => {
      given = options;
    });
    addDeprecatedDtype(command, { stdout: stream, stderr: stream });
    await program.parseAsync(['load', ...argv], { from: 'user' });
    return { given, written };
  };

  it.each([
    ['float32', 'fp32'],
    ['bfloat16', 'bf16'],
    ['auto', 'auto'],
  ] as const)('%s means %s, and warns', async (dtype, precision) => {
    const { given, written } = await parse('--dtype', dtype);
    expect(given).toEqual({ precision });
    expect(written).toBe(`aha: warning: --dtype is deprecated, use --precision ${precision}\n`);
    expect(numericsOf(precision, 'cuda:0', 9).dtype).toBe(dtype === 'float32' ? 'float32' : 'bfloat16');
  });

  it('warns of nothing where it is not given', async () => {
    expect(await parse('--precision', 'tf32')).toEqual({ given: { precision: 'tf32' }, written: '' });
  });

  it('cannot be given beside --precision', async () => {
    await expect(parse('--dtype', 'auto', '--precision', 'bf16')).rejects.toThrow('cannot be used with');
  });

  it.each(['eval', 'serve', 'chat'])('%s refuses an unknown dtype: status 2', async (command) => {
    const bench = command === 'eval' ? ['--bench', 'chain'] : [];
    const { code, stderr } = await aha(command, BASE, ...bench, '--dtype', 'int8');
    expect(code).toBe(2);
    expect(stderr).toContain('Allowed choices are auto, float32, bfloat16');
  });
});

describe('--prompt-template', () => {
  it.each([
    ['eval', ['--bench', 'chain']],
    ['serve', []],
    ['chat', []],
  ])('of %s is --template under its former name, with a warning', async (command, more) => {
    const nowhere = ['no-such-checkpoint', ...more];
    const { code, stderr } = await aha(command, ...nowhere, '--prompt-template', 'plain');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^aha: warning: --prompt-template is deprecated, use --template plain\n/);
    const both = await aha(command, ...nowhere, '--prompt-template', 'plain', '--template', 'plain');
    expect(both.stderr).toContain('cannot be used with');
    const { stderr: plain } = await aha(command, ...nowhere, '--template', 'plain');
    expect(plain).not.toContain('warning');
    expect((await aha(command, ...nowhere, '--template', 'x')).stderr).toContain(
      'Allowed choices are r1-zero',
    );
  });
});
