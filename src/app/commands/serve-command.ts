/** @file The options of `aha serve`; the work is in serve.ts. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { ERAS } from '../../serving/index.ts';
import { LOG_LEVELS } from '../../serving/observe/index.ts';
import { MODEL_DEFAULTS } from '../../serving/process/index.ts';
import type { Io } from '../cli/io.ts';
import { numberOption } from '../cli/numbers.ts';
import { addDeprecatedDtype, addDeprecatedPromptTemplate, servedModelOptions } from './checkpoint-options.ts';
import type { ServeOptions } from './serve.ts';

/** `*`, or an origin as browsers send it: scheme, host and port, nothing behind. */
function origin(text: string, earlier: readonly string[]): string[] {
  const isOrigin = /^https?:\/\//.test(text) && URL.canParse(text) && new URL(text).origin === text;
  if (text === '*' || isOrigin) return [...earlier, text];
  throw new InvalidArgumentError('Expected an origin such as https://app.example, or * for any.');
}

/** Adds `aha serve`. */
export function addServe(program: Command, io: Io): void {
  const count = numberOption({ integer: true, min: 1 });
  const whole = numberOption({ integer: true, min: 0 });
  const seconds = numberOption({ above: 0 });
  const one = (flags: string, text: string, values: readonly string[], value: string): Option =>
    new Option(flags, text).choices(values).default(value);
  const command = program
    .command('serve')
    .description(
      'serve checkpoints over HTTP, compatible with OpenAI’s, DeepSeek’s and Anthropic’s APIs, with a chat page',
    )
    .argument(
      '<checkpoints...>',
      'directories of checkpoints, or names on the hub (hf:owner/name), each as <dir> or <name>=<dir>; the first is the default model',
    )
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option(
      '--port <n>',
      'port to listen on; 0 picks a free one',
      numberOption({ integer: true, min: 0, max: 65_535 }),
      8000,
    )
    .addOption(
      one(
        '--era <era>',
        'DeepSeek’s API of a given time, with its limits; open honours every field',
        ERAS,
        'open',
      ),
    )
    .option('--keys <file>', 'file of API keys, made with aha keys add')
    .option('--allow-anonymous', 'accept requests without a key on any address')
    .option(
      '--cors <origin>',
      'web origin whose pages may call the API; repeatable, * allows any',
      origin,
      [],
    )
    .option(
      '--max-body <bytes>',
      'maximum size of a request body',
      numberOption({ integer: true, min: 1024 }),
      4_194_304,
    )
    .option(
      '--max-queue <n>',
      'replies that may wait for a model; beyond that, 429',
      whole,
      MODEL_DEFAULTS.maxQueue,
    )
    .option('--max-rows <n>', 'replies that a model generates concurrently', count, MODEL_DEFAULTS.maxRows)
    .option('--cache-tokens <n>', 'size of the KV cache in tokens (default: by memory)', count)
    .option('--block-size <n>', 'size of a block of the KV cache in tokens', count, MODEL_DEFAULTS.blockSize)
    .option(
      '--speculate',
      'draft tokens with the layer for multi-token prediction, and verify them',
      MODEL_DEFAULTS.speculate,
    )
    .option(
      '--update-weights-from <dir>',
      'sample for a trainer: POST /generate, and POST /update_weights_from_disk for checkpoints under this folder',
    )
    .addOption(
      one(
        '--thinking <when>',
        'always: the server opens the thought; never: it closes it; auto: the model decides',
        ['auto', 'always', 'never'],
        'auto',
      ),
    )
    .option(
      '--stall-timeout <seconds>',
      'abandon a reply whose client reads nothing for so long',
      seconds,
      MODEL_DEFAULTS.stallTimeoutMs / 1000,
    )
    .option(
      '--hang-timeout <seconds>',
      'kill and restart a model’s process that gives no sign of life for so long',
      numberOption({ min: 1 }),
      MODEL_DEFAULTS.hangTimeoutMs / 1000,
    )
    .option(
      '--drain-timeout <seconds>',
      'after a signal, let running replies continue for so long',
      numberOption({ min: 0 }),
      30,
    )
    .option('--no-page', 'disable the chat page at /')
    .addOption(one('--log-level <level>', 'lowest level that is logged', LOG_LEVELS, 'info'))
    .option('--json', 'print one line of JSON when ready; log as JSON')
    .action(async (checkpoints: string[], options: ServeOptions) => {
      const { serve } = await import('./serve.ts');
      await serve(checkpoints, options, io);
    });
  for (const option of servedModelOptions()) command.addOption(option);
  addDeprecatedDtype(command, io);
  addDeprecatedPromptTemplate(command, io);
}
