/** @file Options of the commands that load checkpoints, each added where its command lists it. */
import { type Command, Option } from 'commander';
import {
  PRECISION_HELP,
  PRECISIONS,
  READING_PRECISION_HELP,
  READING_PRECISIONS,
  type ReadingPrecision,
} from '../../precision.ts';
import { PROMPT_TEMPLATES } from '../../text/index.ts';
import type { Io } from '../cli/io.ts';
import { numberOption } from '../cli/numbers.ts';

/** Help of an argument that is a checkpoint. */
export const CHECKPOINT = 'directory of the checkpoint, or its name on the hub such as hf:Qwen/Qwen3-0.6B';

const count = numberOption({ integer: true, min: 1 });

/** `--precision` of a command that trains. */
export function precisionOption(): Option {
  return optionOf(PRECISION_HELP, PRECISIONS);
}

/** `--precision` of a command that only reads a checkpoint. */
export function readingPrecisionOption(): Option {
  return optionOf(READING_PRECISION_HELP, READING_PRECISIONS).default('auto' satisfies ReadingPrecision);
}

function optionOf(help: string, precisions: readonly string[]): Option {
  return new Option('--precision <name>', help[0]!.toLowerCase() + help.slice(1)).choices(precisions);
}

/** The values of `--dtype`, which `--precision` replaces. */
const DTYPES: Readonly<Record<string, ReadingPrecision>> = {
  auto: 'auto',
  float32: 'fp32',
  bfloat16: 'bf16',
};

/** An option that another replaces. */
interface Deprecated {
  /** The option with its placeholder: `--dtype <dtype>`. */
  readonly flags: string;
  /** The one in its place: `precision` of `--precision`. */
  readonly by: string;
  /** What each of its values is called there. */
  readonly values: Readonly<Record<string, string>>;
}

/** Accepts an option under its former name, with a warning. It cannot be given beside the one in its place. */
function addDeprecated(command: Command, io: Io, { flags, by, values }: Deprecated): Command {
  const option = new Option(flags, `deprecated: use --${by}`)
    .choices(Object.keys(values))
    .conflicts(by)
    .hideHelp();
  const former = option.attributeName();
  return command.addOption(option).hook('preAction', (called) => {
    const given = called.getOptionValue(former) as string | undefined;
    if (given === undefined) return;
    const value = values[given]!;
    io.stderr.write(`aha: warning: ${option.long} is deprecated, use --${by} ${value}\n`);
    called.setOptionValueWithSource(by, value, 'cli');
    called.setOptionValue(former, undefined);
  });
}

/** Accepts `--dtype` as another name of a command's `--precision`, with a warning. */
export function addDeprecatedDtype(command: Command, io: Io): Command {
  return addDeprecated(command, io, { flags: '--dtype <dtype>', by: 'precision', values: DTYPES });
}

/** Accepts `--prompt-template` as another name of a command's `--template`, with a warning. */
export function addDeprecatedPromptTemplate(command: Command, io: Io): Command {
  const values = Object.fromEntries(PROMPT_TEMPLATES.map((name) => [name, name]));
  return addDeprecated(command, io, { flags: '--prompt-template <name>', by: 'template', values });
}

/** How a checkpoint is loaded and sampled by those that talk: `aha serve` and `aha chat`, in the order of their help. */
export function servedModelOptions(): Option[] {
  return [
    new Option('--device <device>', 'auto, cpu, cuda or cuda:<n>').default('auto'),
    readingPrecisionOption(),
    threadsOption(),
    contextOption(),
    templateOption('template that makes a prompt of the messages'),
    temperatureOption(),
    topPOption(),
    topKOption(),
  ];
}

/** `--template`; without it the model's own is taken. */
export function templateOption(about: string): Option {
  return new Option('--template <name>', `${about} (default: the model’s own)`).choices(PROMPT_TEMPLATES);
}

function threadsOption(): Option {
  const text = 'CPU threads of each model (default: libtorch’s choice)';
  return new Option('--threads <n>', text).argParser(count);
}

function contextOption(): Option {
  const text = 'maximum length of prompt and reply together, in tokens (default: the model’s)';
  return new Option('--context <n>', text).argParser(count);
}

const own = (otherwise: string): string => `(default: the checkpoint’s, else ${otherwise})`;

function temperatureOption(): Option {
  const read = numberOption({ min: 0, max: 2 });
  return new Option('--temperature <t>', `0 takes the most probable token ${own('0.6')}`).argParser(read);
}

function topPOption(): Option {
  const text = `sample from the most probable tokens that make up p ${own('0.95')}`;
  return new Option('--top-p <p>', text).argParser(numberOption({ above: 0, max: 1 }));
}

function topKOption(): Option {
  const text = `sample from the k most probable tokens; 0 keeps all ${own('0')}`;
  return new Option('--top-k <k>', text).argParser(numberOption({ integer: true, min: 0 }));
}
