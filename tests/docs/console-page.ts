/**
 * @file Commands and outputs of a documentation page: its ```console blocks are parsed, run and compared.
 *
 *   ```console            or ```console long: run only with AHA_LONG=1
 *   $ command             ends in `\` where it goes on in the next line, in ` &` where it serves the rest of the block (ready with its first line)
 *   expected output       `…` stands for any text of one line, alone in a line for any number of lines; `≈12.5` for
 *                         a number at most a fifth away; any run of spaces for any other
 *   ```
 *
 * Blocks run in the order of the page, in the root of the repository. `runs/` becomes a directory of the test's own and
 * the port PAGE_PORT a free one; output is compared with both put back.
 */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { distIsCurrent } from '../../setup/compile.mjs';
import { freePort } from '../support/ranks.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const FENCE = /^```console(?<long> long)?\n(?<body>.*?)^```$/gms;
const PAGE_PORT = '8123';
/** Of figures marked ≈, as a share. */
const TOLERANCE = 0.2;

export interface Step {
  readonly command: string;
  readonly expected: string;
}

export interface Block {
  /** Heading above the block. */
  readonly section: string;
  readonly isLong: boolean;
  readonly steps: readonly Step[];
}

/** The console blocks of a page, in order. */
export function consoleBlocks(markdown: string): Block[] {
  return [...markdown.matchAll(FENCE)].map(({ index, groups }) => ({
    section:
      /^#+ (.*)$/m.exec(
        markdown
          .slice(0, index)
          .split(/^(?=#+ )/m)
          .at(-1)!,
      )?.[1] ?? '',
    isLong: groups!.long !== undefined,
    steps: stepsOf(groups!.body!),
  }));
}

function stepsOf(body: string): Step[] {
  return body
    .split(/^\$ /m)
    .slice(1)
    .map((text) => {
      const [, command, expected] = /^((?:.*\\\n)*.*)\n([\s\S]*)$/.exec(text)!;
      return { command: command!, expected: expected!.trimEnd() };
    });
}

/** The page with other outputs: of each block one text a step, undefined where a block was not run. */
export function withOutputs(markdown: string, outputs: readonly (readonly string[] | undefined)[]): string {
  let block = 0;
  return markdown.replaceAll(FENCE, (text, long: string | undefined, body: string) => {
    const own = outputs[block++];
    if (own === undefined) return text;
    const steps = stepsOf(body).map(
      ({ command }, i) => `$ ${command}\n${own[i] === '' ? '' : `${own[i]}\n`}`,
    );
    return `\`\`\`console${long ?? ''}\n${steps.join('')}\`\`\``;
  });
}

/** Whether an output is as the page has it. */
export function agrees(expected: string, actual: string): boolean {
  const figures: number[] = [];
  const line = (text: string) =>
    text
      .split(/(…| ?≈[\d.]*\d)/)
      .map((part) => {
        if (part === '…') return '.*';
        const about = /≈(.*)/.exec(part);
        if (about === null) return part.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
        figures.push(Number(about[1]));
        return ' ?([\\d.]*\\d)';
      })
      .join('');
  const pattern = oneSpace(expected)
    .split('\n')
    .map((text) => (text === '…' ? '(?:.*\\n)*?' : `${line(text)}\\n`))
    .join('');
  const found = new RegExp(`^${pattern}$`).exec(`${oneSpace(actual)}\n`);
  return found?.slice(1).every((text, i) => isNear(Number(text), figures[i]!)) ?? false;
}

/** Runs of spaces as one, none at the end of a line. */
function oneSpace(text: string): string {
  return text.replaceAll(/[ \t]+/g, ' ').replaceAll(/ $/gm, '');
}

function isNear(actual: number, about: number): boolean {
  return Math.abs(actual - about) <= TOLERANCE * about;
}

/** Runs the commands of pages; `runs` is the directory that stands for runs/. */
export class Console {
  private readonly runs: string;
  private readonly port: string;

  private constructor(runs: string, port: string) {
    this.runs = runs;
    this.port = port;
  }

  static async open(runs: string): Promise<Console> {
    return new Console(runs, String(await freePort()));
  }

  /** The outputs of a block's commands, standard output and error together. */
  async run(block: Block): Promise<string[]> {
    const servers: (() => Promise<void>)[] = [];
    const outputs: string[] = [];
    try {
      for (const { command } of block.steps) {
        const isServer = command.endsWith(' &');
        const { end, firstLine, stop } = this.start(isServer ? `exec ${command.slice(0, -2)}` : command);
        if (isServer) servers.push(stop);
        outputs.push(await (isServer ? firstLine : end));
      }
      return outputs;
    } finally {
      await Promise.all(servers.map((stop) => stop()));
    }
  }

  private start(command: string) {
    const aha = distIsCurrent() ? './bin/aha' : 'node --import tsx tests/support/aha.ts';
    const own = command
      .replaceAll('./bin/aha', aha)
      .replaceAll(/(?<=[ =])runs\//g, `${this.runs}/`)
      .replaceAll(PAGE_PORT, this.port);
    const child = spawn('bash', ['-c', `exec 2>&1\n${own}`], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    const read = () => output.replaceAll(`${this.runs}/`, 'runs/').replaceAll(this.port, PAGE_PORT).trimEnd();
    const end = new Promise<string>((resolve, reject) => {
      child.once('error', reject).once('close', () => resolve(read()));
    });
    const firstLine = new Promise<string>((resolve) => {
      child.stdout.on('data', () => output.includes('\n') && resolve(read()));
      void end.then(resolve);
    });
    const stop = async () => {
      child.kill('SIGTERM');
      await end;
    };
    return { end, firstLine, stop };
  }
}
