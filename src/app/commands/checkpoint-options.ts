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

/** Accepts `--dtype` as another name of a command's `--precision`, with a warning. */
export function addDeprecatedDtype(command: Command, io: Io): Command {
  const option = new Option('--dtype <dtype>', 'deprecated: use --precision')
    .choices(Object.keys(DTYPES))
    .conflicts('precision')
    .hideHelp();
  return command.addOption(option).hook('preAction', (called) => {
    const { dtype } = called.opts<{ dtype?: string }>();
    if (dtype === undefined) return;
    const precision = DTYPES[dtype]!;
    io.stderr.write(`aha: warning: --dtype is deprecated, use --precision ${precision}\n`);
    called.setOptionValue('precision', precision);
    called.setOptionValue('dtype', undefined);
  });
}

export function threadsOption(): Option {
  const text = 'CPU threads of each model (default: libtorch’s choice)';
  return new Option('--threads <n>', text).argParser(count);
}

export function contextOption(): Option {
  const text = 'maximum length of prompt and reply together, in tokens (default: the model’s)';
  return new Option('--context <n>', text).argParser(count);
}

export function promptTemplateOption(): Option {
  const text = 'template that makes a prompt of the messages (default: the model’s own)';
  return new Option('--prompt-template <name>', text).choices(PROMPT_TEMPLATES);
}

const own = (otherwise: string): string => `(default: the checkpoint’s, else ${otherwise})`;

export function temperatureOption(): Option {
  const read = numberOption({ min: 0, max: 2 });
  return new Option('--temperature <t>', `0 takes the most probable token ${own('0.6')}`).argParser(read);
}

export function topPOption(): Option {
  const text = `sample from the most probable tokens that make up p ${own('0.95')}`;
  return new Option('--top-p <p>', text).argParser(numberOption({ above: 0, max: 1 }));
}

export function topKOption(): Option {
  const text = `sample from the k most probable tokens; 0 keeps all ${own('0')}`;
  return new Option('--top-k <k>', text).argParser(numberOption({ integer: true, min: 0 }));
}
