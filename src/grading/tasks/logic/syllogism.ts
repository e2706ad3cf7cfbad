/**
 * @file Syllogisms: which of four conclusions follows from premises of the forms all, no, some, some … not.
 *
 * Decided exactly: a model is a set of kinds of things (which of the sets a thing is in); a conclusion follows when its
 * denial and the premises have no model. Empty sets are allowed, so "all" does not say "some", and the text says so.
 */
import type { Random } from '../../../random.ts';
import { plainAnswer } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { TaskFamily } from '../family.ts';
import { readWord } from '../read.ts';

type Form = 'all' | 'no' | 'some' | 'some-not';

/** A statement about the sets a and b, by index. */
interface Statement {
  readonly form: Form;
  readonly a: number;
  readonly b: number;
}

const FORMS: readonly Form[] = ['all', 'no', 'some', 'some-not'];
const DENIAL: { readonly [form in Form]: Form } = {
  all: 'some-not',
  no: 'some',
  some: 'no',
  'some-not': 'all',
};
const OPTIONS = 'ABCD';

/** Sets of each level; there is a premise for each two neighbours in a chain of them. */
const LEVELS = [3, 4, 5, 6, 7] as const;

const NOUNS = [
  'blickets', 'daxes', 'feps', 'gorps', 'jomps', 'kerns', 'lorps', 'mibs', 'nerps', 'plons', 'quims', 'rilks', 'snabs',
  'tomas', 'vints', 'wugs', 'yorps', 'zarns',
] as const; // biome-ignore format: table

/** Whether things of a kind (a bit for each set it is in) are what the statement speaks of. */
function speaksOf({ form, a, b }: Statement, kind: number): boolean {
  const [inA, inB] = [(kind >> a) & 1, (kind >> b) & 1];
  return inA === 1 && inB === (form === 'no' || form === 'some' ? 1 : 0);
}

/** Whether some world makes all statements true: the things that nothing forbids bear witness to every "some". */
export function consistent(statements: readonly Statement[], sets: number): boolean {
  const forbids = statements.filter(({ form }) => form === 'all' || form === 'no');
  const kinds = Array.from({ length: 2 ** sets }, (_, kind) => kind).filter(
    (kind) => !forbids.some((statement) => speaksOf(statement, kind)),
  );
  return statements
    .filter(({ form }) => form === 'some' || form === 'some-not')
    .every((statement) => kinds.some((kind) => speaksOf(statement, kind)));
}

/** Whether the conclusion is true wherever the premises are. */
export function follows(premises: readonly Statement[], conclusion: Statement, sets: number): boolean {
  return !consistent([...premises, { ...conclusion, form: DENIAL[conclusion.form] }], sets);
}

function inWords({ form, a, b }: Statement, nouns: readonly string[]): string {
  const word = form === 'all' ? 'All' : form === 'no' ? 'No' : 'Some';
  return `${word} ${nouns[a]} are ${form === 'some-not' ? 'not ' : ''}${nouns[b]}.`;
}

/** Premises along a chain of the sets, mostly "all", as little else passes anything on. */
function randomPremises(sets: number, random: Random): Statement[] {
  const form = () =>
    random.weighted([
      ['all', 6],
      ['no', 1],
      ['some', 2],
      ['some-not', 1],
    ] as [Form, number][]);
  return Array.from({ length: sets - 1 }, (_, i) => {
    const turned = random.chance(0.15);
    return { form: form(), a: turned ? i + 1 : i, b: turned ? i : i + 1 };
  });
}

interface Meta {
  readonly sets: number;
  readonly premises: Statement[];
  readonly options: Statement[];
}

/** The options that follow, as their letters. */
function right({ sets, premises, options }: Meta): string[] {
  return [...OPTIONS].filter((_, i) => follows(premises, options[i]!, sets));
}

/** Four different conclusions about the ends of the chain or sets near them, of which exactly one follows; or null. */
function randomOptions(premises: readonly Statement[], sets: number, random: Random): Statement[] | null {
  const pairs = [
    [0, sets - 1],
    [sets - 1, 0],
    [1, sets - 1],
    [sets - 1, 1],
    [0, sets - 2],
    [sets - 2, 0],
  ] as const;
  const said = (statement: Statement) =>
    premises.some(({ form, a, b }) => form === statement.form && a === statement.a && b === statement.b);
  const all = pairs
    .flatMap(([a, b]) => FORMS.map((form) => ({ form, a, b })))
    .filter((statement) => statement.a !== statement.b && !said(statement));
  const [valid, invalid] = [true, false].map((wanted) =>
    all.filter((statement) => follows(premises, statement, sets) === wanted),
  ) as [Statement[], Statement[]];
  // The ends are what takes the whole chain.
  const ends = valid.filter(({ a, b }) => Math.abs(a - b) === sets - 1);
  if (ends.length === 0 || invalid.length < OPTIONS.length - 1) return null;
  return random.shuffle([random.choice(ends), ...random.shuffle(invalid).slice(0, OPTIONS.length - 1)]);
}

/** Syllogisms. */
export const syllogism: TaskFamily = {
  name: 'syllogism',
  description: 'Choose the one of four conclusions that follows from the premises.',
  levels: LEVELS.length,
  unique: true,
  generate(random, level) {
    const sets = atLevel(LEVELS, level);
    for (;;) {
      const premises = randomPremises(sets, random);
      if (!consistent(premises, sets)) continue;
      const options = randomOptions(premises, sets, random);
      if (options === null) continue;
      const meta = { sets, premises, options, size: sets };
      const nouns = random.shuffle<string>(NOUNS).slice(0, sets);
      const text =
        'Take these statements as true, whatever the words mean ("some" means at least one; "all" does not say that ' +
        `there are any):\n${random.shuffle(premises.map((statement) => inWords(statement, nouns))).join('\n')}\n` +
        'Which of these conclusions follows?\n' +
        `${options.map((statement, i) => `${OPTIONS[i]}. ${inWords(statement, nouns)}`).join('\n')}\n` +
        'Answer with the letter alone.';
      return { text, answer: right(meta)[0]!, meta: meta as never };
    }
  },
  score: (answer, problem) =>
    readWord(plainAnswer(answer).replace(/^\((.)\)$/u, '$1')) === problem.answer.toLowerCase() ? 1 : 0,
  solve: ({ meta }) => right(meta as unknown as Meta),
};
