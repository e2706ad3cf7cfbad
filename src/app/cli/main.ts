/**
 * @file The command line: `aha <command>`. One file per command; this one only puts them together.
 */
import { Command } from 'commander';
import { VERSION } from '../../version.ts';
import { addBundle, addUnpack } from '../commands/bundle.ts';
import { addChat } from '../commands/chat-command.ts';
import { addConvert } from '../commands/convert-command.ts';
import { addData } from '../commands/data-command.ts';
import { addDoctor } from '../commands/doctor.ts';
import { addEval, addReport } from '../commands/eval-command.ts';
import { addFetch } from '../commands/fetch-command.ts';
import { addGenerate } from '../commands/generate-command.ts';
import { addInit } from '../commands/init-command.ts';
import { addInspect } from '../commands/inspect-command.ts';
import { addKeys } from '../commands/keys-command.ts';
import { addRun } from '../commands/run-command.ts';
import { addScore } from '../commands/score-command.ts';
import { addServe } from '../commands/serve-command.ts';
import { addSetup } from '../commands/setup-command.ts';
import { addTokenizer } from '../commands/tokenizer-command.ts';
import { addVerify } from '../commands/verify-command.ts';
import { describeFailure } from './errors.ts';
import { exitWhenClosed, type Io } from './io.ts';

/** Each adds its command to the program. The order is the order in the help. */
const COMMANDS: readonly ((program: Command, io: Io) => void)[] = [
  addInit,
  addRun,
  addScore,
  addVerify,
  addGenerate,
  addEval,
  addReport,
  addServe,
  addKeys,
  addChat,
  addConvert,
  addFetch,
  addInspect,
  addData,
  addTokenizer,
  addSetup,
  addDoctor,
  addBundle,
  addUnpack,
];

/** The program with all its commands. Errors are thrown, not printed; the process is never ended. */
export function buildProgram(io: Io): Command {
  const program = new Command('aha')
    .description('The DeepSeek-R1 training recipe, end to end')
    .version(VERSION)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      outputError: () => undefined,
    });
  for (const add of COMMANDS) add(program, io);
  return program;
}

/**
 * Runs a command line.
 *
 * @param argv - the arguments after `aha`
 * @returns the exit status
 */
export async function main(argv: readonly string[], io: Io = process): Promise<number> {
  if (io === process) for (const stream of [process.stdout, process.stderr]) exitWhenClosed(stream);
  try {
    await buildProgram(io).parseAsync(argv, { from: 'user' });
    return 0;
  } catch (error) {
    const { exitCode, text } = describeFailure(error, argv.includes('--json'));
    if (text !== null) io.stderr.write(text);
    return exitCode;
  }
}
