/**
 * General examples of the four kinds that R1's second fine-tuning has (arXiv 2501.12948, Table 5): writing, factual questions,
 * self-cognition, translation. Their replies keep R1's form, with a short thought. `must` is what a good answer contains.
 */
import { Random } from '@aha-r1/aha';
import { isHeldOut } from './problems.ts';
import {
  ANIMALS, COUNTRIES, DAYS, ELEMENTS, EVENTS, LANGUAGES, PEOPLE, PLACES, QUALITIES, SELF, WORDS,
} from './tables.ts'; // biome-ignore format: one line

const SEED = 2026;

export type Kind = 'writing' | 'fact' | 'self' | 'translation';

/** A general prompt with a good reply. */
export interface GeneralItem {
  readonly kind: Kind;
  readonly prompt: string;
  readonly thought: string;
  readonly answer: string;
  /** Texts that a good answer contains, in any case of letters. */
  readonly must: readonly string[];
}

/** The reply in R1's form. */
export function replyOf({ thought, answer }: Pick<GeneralItem, 'thought' | 'answer'>): string {
  return `<think> ${thought} </think> <answer> ${answer} </answer>`;
}

function facts(): GeneralItem[] {
  const fact = (prompt: string, thought: string, answer: string, must: string): GeneralItem => ({
    kind: 'fact',
    prompt,
    thought,
    answer,
    must: [must],
  });
  const countries = COUNTRIES.flatMap(([country, capital, continent]) => [
    ...[`What is the capital of ${country}?`, `Name the capital of ${country}.`].map((prompt) =>
      fact(prompt, `The question is about ${country}.`, `The capital of ${country} is ${capital}.`, capital),
    ),
    fact(
      `Which country has the capital ${capital}?`,
      `${capital} is a capital.`,
      `${capital} is the capital of ${country}.`,
      country,
    ),
    fact(
      `On which continent is ${country}?`,
      `The question is about ${country}.`,
      `${country} is in ${continent}.`,
      continent,
    ),
  ]);
  const elements = ELEMENTS.flatMap(([element, symbol]) => [
    fact(
      `What is the chemical symbol of ${element}?`,
      `The question is about ${element}.`,
      `The symbol of ${element} is ${symbol}.`,
      `is ${symbol}.`,
    ),
    fact(
      `Which element has the symbol ${symbol}?`,
      `The symbol is ${symbol}.`,
      `${symbol} is the symbol of ${element}.`,
      element,
    ),
  ]);
  return [...countries, ...elements];
}

function translations(): GeneralItem[] {
  return WORDS.flatMap(([english, ...words]) =>
    LANGUAGES.flatMap((language, i) =>
      [`How do you say "${english}" in ${language}?`, `Translate "${english}" into ${language}.`].map(
        (prompt): GeneralItem => ({
          kind: 'translation',
          prompt,
          thought: `The word is "${english}", the language ${language}.`,
          answer: `In ${language}, "${english}" is "${words[i]}".`,
          must: [`"${words[i]}"`],
        }),
      ),
    ),
  );
}

const MANNERS = ['', 'Tell me: ', 'One question: ', 'Hello! '] as const;

function selfCognition(): GeneralItem[] {
  return SELF.flatMap(([wordings, answer, must]) =>
    wordings.flatMap((wording) =>
      MANNERS.map(
        (manner): GeneralItem => ({
          kind: 'self',
          prompt: manner + wording,
          thought: 'This asks about me.',
          answer,
          must: [must],
        }),
      ),
    ),
  );
}

function writings(): GeneralItem[] {
  const scenes = QUALITIES.flatMap((quality) =>
    ANIMALS.flatMap((animal) =>
      PLACES.map(
        (place): GeneralItem => ({
          kind: 'writing',
          prompt: `Write two sentences about a ${quality} ${animal} in the ${place}.`,
          thought: `Two sentences, with the ${animal} and the ${place}.`,
          answer: `A ${quality} ${animal} lived in the ${place}. Every evening the ${animal} looked at the sky and listened.`,
          must: [`${quality} ${animal}`, place],
        }),
      ),
    ),
  );
  const invitations = PEOPLE.flatMap((person) =>
    EVENTS.flatMap((event) =>
      DAYS.map(
        (day): GeneralItem => ({
          kind: 'writing',
          prompt: `Write an invitation for ${person} to a ${event} on ${day}.`,
          thought: `It needs the name, the ${event} and the day.`,
          answer: `Dear ${person}, please come to our ${event} on ${day}. We would be glad to see you!`,
          must: [person, event, day],
        }),
      ),
    ),
  );
  return [...scenes, ...invitations];
}

/** As many of each kind at most, so that none drowns the others. */
const MOST_OF_A_KIND = 360;

/** The general examples of one side of the split, mixed, the same on every machine. */
export function generalItems(heldOut: boolean): GeneralItem[] {
  const random = Random.derive(SEED, 'general');
  const kinds = [facts(), translations(), selfCognition(), writings()];
  const chosen = kinds.flatMap((items) => random.shuffle(items).slice(0, MOST_OF_A_KIND));
  return random.shuffle(chosen).filter(({ prompt }) => isHeldOut(prompt) === heldOut);
}
