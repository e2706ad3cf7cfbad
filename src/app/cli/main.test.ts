import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { buildProgram } from './main.ts';
import { aha } from './testing.ts';

const nowhere = { write: () => undefined };

describe('the command line', () => {
  it('is frozen: a change here changes what people have typed into scripts', () => {
    const { commands } = buildProgram({ stdout: nowhere, stderr: nowhere });
    const linesOf = (command: Command): string[] => {
      const args = command.registeredArguments.map((argument) => `<${argument.name()}>`);
      const line = [command.name(), ...args, ...command.options.map((option) => option.flags)].join(' ');
      return [line, ...command.commands.flatMap(linesOf).map((sub) => `${command.name()} ${sub}`)];
    };
    expect(commands.flatMap(linesOf)).toEqual([
      'init <dir> --model <checkpoint> --task <file|family> --test <file> --question <column> --answer <column> --hardware <kind> --memory <GiB> --yes --force --json',
      'run <recipe> --set <path=value> --out <dir> --resume --overwrite --only <stages> --redo <stages> --max-minutes <minutes> --dry-run --nodes <count> --gpus <count> --gpu-type <card> --network <Gbit/s> --gpu-price <dollars> --device <device> --precision <name> --nproc <n> --rank-timeout <minutes> --json',
      'score <checkpoint> --ids <ids> --text <text> --device <device> --precision <name> --json',
      'verify <reference> <response> --jsonl <file> --json',
      'generate <checkpoint> --ids <ids> --prompt <text> --max-tokens <n> --temperature <t> --top-p <p> --top-k <k> --seed <n> --ignore-eos --device <device> --precision <name> --json',
      'eval <checkpoint> --bench <names...> --data <path> --form <name> --shots <n> --shots-data <path> --thinking <mode> --k <n> --problems <n> --level <n> --temperature <t> --top-p <p> --top-k <k> --max-tokens <n> --seed <n> --template <name> --rows <n> --device <device> --precision <name> --label <name> --model <name> --api-key-env <name> --concurrency <n> --spend-limit <dollars> --token-limit <n> --prices <file> --timeout <seconds> --compare <dir> --out <dir> --json --dtype <dtype> --prompt-template <name>',
      'report <dirs> --markdown --json',
      'serve <checkpoints> --host <address> --port <n> --era <era> --keys <file> --allow-anonymous --cors <origin> --max-body <bytes> --max-queue <n> --max-rows <n> --cache-tokens <n> --block-size <n> --speculate --update-weights-from <dir> --thinking <when> --stall-timeout <seconds> --hang-timeout <seconds> --drain-timeout <seconds> --no-page --log-level <level> --json --device <device> --precision <name> --threads <n> --context <n> --template <name> --temperature <t> --top-p <p> --top-k <k> --dtype <dtype> --prompt-template <name>',
      'keys',
      'keys add <name> --file <file> --requests-per-minute <n> --tokens-per-minute <n> --concurrent <n> --expires <when> --json',
      'keys list --file <file> --json',
      'keys remove <name> --file <file> --json',
      'chat <checkpoints> --max-tokens <n> --thinking-budget <n> --system <text> --seed <n> --no-thinking --fold --no-color --json --device <device> --precision <name> --threads <n> --context <n> --template <name> --temperature <t> --top-p <p> --top-k <k> --dtype <dtype> --prompt-template <name>',
      'convert <checkpoint> <out> --to <form> --type <type> --base <checkpoint> --overwrite --json',
      'fetch <names> --dataset --revision <revision> --json',
      'inspect <checkpoint> --batch <n> --context <n> --recompute --device <device> --json',
      'data <file> --out <file> --report <file> --question <column> --answer <column> --against <file> --ngram <n> --dedup <how> --min-characters <n> --max-characters <n> --language <tag> --match <pattern> --reject <pattern> --has-answer --where <range> --json',
      'tokenizer',
      'tokenizer train <files> --vocab-size <n> --out <dir> --column <name> --end <token> --special <token> --min-count <n> --overwrite --json',
      'setup --json',
      'doctor --json',
      'bundle --out <dir> --bench --run <dir> --run-only --chunk-size <MiB> --json',
      'unpack <bundle> <dir> --json',
    ]);
  });

  it.each([
    'init',
    'run',
    'score',
    'generate',
    'serve',
    'chat',
    'convert',
    'fetch',
    'inspect',
    'setup',
    'doctor',
    'bundle',
  ])('%s --help describes every option', async (command) => {
    const { code, stdout } = await aha(command, '--help');
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: aha ${command}`);
    expect(stdout).toContain('--json');
  });

  it('says its version', async () => {
    expect((await aha('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each([
    [['rnu'], "unknown command 'rnu'\n(Did you mean run?)"],
    [['run'], "missing required argument 'recipe'"],
    [['run', 'x.ts', '--sett', 'a=1'], "unknown option '--sett'"],
    [['run', 'x.ts', '--resume', '--overwrite'], 'cannot be used with'],
    [['run', 'no-such-recipe.ts'], 'no-such-recipe.ts: cannot be read'],
    [['run', 'recipes/r1-zero-tiny.ts', '--set', 'steps'], '--set steps: not of the form path=value'],
    [['score', 'x', '--ids', '5,x'], 'Expected token ids'],
    [['generate', 'x', '--temperature', '-1'], 'Expected a number from 0.'],
    [['generate', 'x', '--top-p', '1.5'], 'Expected a number above 0 up to 1.'],
    [['generate', 'x', '--top-p', '0'], 'Expected a number above 0 up to 1.'],
    [['generate', 'x', '--seed', '18446744073709551616'], 'Expected a whole number from 0.'],
    [['bundle', '--out', 'package.json'], 'Name a directory that can be written'],
    [['generate', 'models/tiny-base', '--prompt', ''], 'the prompt has no token'],
    [['generate', 'x', '--max-tokens', '2.5'], 'Expected a whole number from 1.'],
    [['generate', 'x', '--seed', ''], 'Expected a whole number from 0.'],
  ])('%j is wrong usage: status 2, a message and no stack', async (argv, message) => {
    const { code, stdout, stderr } = await aha(...argv);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^aha: /);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it('prints errors as JSON with --json', async () => {
    const { code, stderr } = await aha('run', 'none.ts', '--json');
    expect(code).toBe(2);
    expect(JSON.parse(stderr).error.message).toContain('none.ts: cannot be read');
  });

  it('shows the help and fails when no command is given', async () => {
    const { code, stderr } = await aha();
    expect(code).toBe(2);
    expect(stderr).toMatch(/^Usage: aha/);
    expect(stderr).not.toContain('outputHelp');
  });
});
