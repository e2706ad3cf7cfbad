/**
 * @file A tokenizer.json at work: text → added tokens → normalized text → pieces → ids, and tokens → text.
 *
 * Computes what the Rust library `tokenizers` computes, or refuses the file by the name of what is not supported. Leaves out
 * truncation, padding and offsets.
 */
import type { JsonObject } from '../../records.ts';
import { AddedVocabulary, addedEntries } from './added-vocabulary.ts';
import { type Decoder, decoder, joinsBytes } from './decoders.ts';
import { type Frame, frameOf } from './frame.ts';
import { type Model, modelOf } from './model.ts';
import { normalizer, normalizeText } from './normalizers.ts';
import { type PreTokenizer, preTokenizer } from './pre-tokenizers.ts';

/** What bytes become that are no whole characters. */
const BROKEN = '\u{FFFD}';

/** A tokenizer.json, ready to be used. */
export class Pipeline {
  /** null where a text is taken as it is. */
  readonly normalizer: { normalize(text: string): string } | null;
  /** Ids that go around a text. */
  readonly frame: Frame;
  /** Tokens by their ids, added ones among them; undefined where an id is not used. */
  readonly vocab: readonly (string | undefined)[];
  readonly #model: Model;
  readonly #added: AddedVocabulary;
  readonly #split: PreTokenizer;
  readonly #decoder: Decoder;
  /** Of tokens asked for by `textOf`, by id; null where no token has a text of its own. */
  readonly #texts: (string | null | undefined)[] | null;

  /**
   * @param json - the file
   * @param unknown - the unknown token, for models that do not name theirs
   * @throws Error naming what is not supported or damaged
   */
  constructor(json: JsonObject, unknown: string | undefined) {
    const { model, normalizer: normal, pre_tokenizer: pre, post_processor: post, decoder: back } = json;
    const entries = addedEntries(json);
    this.#model = modelOf(model, unknown);
    const normalize = normal == null ? null : normalizer(normal);
    this.normalizer = normalize === null ? null : { normalize: (text) => normalizeText(normalize, text) };
    this.#added = new AddedVocabulary(entries, normalize);
    this.vocab = Object.assign([...this.#model.names], this.#added.contents);
    this.#split = pre == null ? (piece) => [piece] : preTokenizer(pre);
    this.frame = post == null ? [[], []] : frameOf(post);
    // As written: what a normalizer made of a token may be letters of bytes.
    const added = new Set(this.#added.ids.keys());
    this.#decoder = back == null ? (tokens) => [tokens.join(' ')] : decoder(back, added);
    this.#texts = back != null && joinsBytes(back) ? Array(this.vocab.length).fill(undefined) : null;
  }

  /** Ids of a text, without the frame. */
  encode(text: string): number[] {
    return this.#added
      .sections(text)
      .flatMap((section) =>
        typeof section === 'number'
          ? [section]
          : this.#split(section).flatMap((piece) => this.#model.ids(piece.text)),
      );
  }

  /** Text of ids that the vocabulary has. */
  decode(ids: readonly number[]): string {
    return this.#decoder(ids.map((id) => this.vocab[id] ?? '')).join('');
  }

  /** The text that a token adds wherever it stands; null where that depends on its neighbours. */
  textOf(id: number): string | null {
    if (this.#texts === null) return null;
    const known = this.#texts[id];
    if (known !== undefined) return known;
    const alone = this.decode([id]);
    const text = alone.includes(BROKEN) ? null : alone;
    this.#texts[id] = text;
    return text;
  }

  /** The id of a token as it is written in the vocabulary. */
  idOf(token: string): number | undefined {
    return this.#added.ids.get(token) ?? this.#model.vocab.get(token);
  }
}
