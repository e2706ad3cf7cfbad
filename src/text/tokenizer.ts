/**
 * @file The tokenizer of a checkpoint: text ↔ token ids.
 *
 * Adds to tokenizer.json (tokenization/) what training and serving need: user text that cannot turn into control tokens, the list
 * of end tokens, and files that are saved exactly as they were loaded. Leaves out truncation, padding and offsets:
 * sequences are built by the callers.
 */
import { UserError } from '../errors.ts';
import { isJsonObject, type JsonObject } from '../records.ts';
import { DEFAULT_TAGS } from './answer.ts';
import { boundTokenizer } from './bounded-tokenizer.ts';
import type { ChatTemplate } from './chat-template.ts';
import { readTokenizerFiles } from './checkpoint-files.ts';
import { addedTokens, ControlMarker, isControl, segments, withoutControl } from './control-tokens.ts';
import { Pipeline, Unsupported } from './tokenization/index.ts';
import { objectOf, pathOf, type TokenizerFiles, writeTokenizerFiles } from './tokenizer-files.ts';
import { chatTemplateOf, generationIds, specialNames } from './tokenizer-settings.ts';

const MODELS: readonly unknown[] = ['BPE', 'WordPiece', 'Unigram', 'WordLevel'];

/** Options of {@link Tokenizer.encode}. */
export interface EncodeOptions {
  /** Read control tokens in the text as such (default). With false they are letters, whatever the text says. */
  readonly special?: boolean;
  /** Add what the tokenizer puts around a text, such as the begin-of-sequence token. Default false. */
  readonly addSpecial?: boolean;
}

/** Options of {@link Tokenizer.decode}. */
export interface DecodeOptions {
  /** Leave out special tokens (end of sequence, padding …); thinking and answer tags stay. Default false. */
  readonly skipSpecial?: boolean;
}

/** A loaded tokenizer. Immutable. */
export class Tokenizer {
  /** Number of ids: one more than the greatest. A model's embedding may have more rows. */
  readonly vocabSize: number;
  /** Ids that end a reply; the first is the one to train on. Empty when the checkpoint names none. */
  readonly eosIds: readonly number[];
  /** Id for padding. Falls back to the first end token, so an end token is not a sign of padding: use lengths. */
  readonly padId: number | undefined;
  readonly bosId: number | undefined;
  /** Stands for text that the vocabulary has no token for; none where every text has tokens. */
  readonly unknownId: number | undefined;
  /** Texts of the special tokens, for chat templates. */
  readonly bosToken: string | undefined;
  readonly eosToken: string | undefined;
  /** The checkpoint's chat template. */
  readonly chatTemplate: ChatTemplate | undefined;
  /** Marks control tokens inside user text before it goes through a template. */
  readonly control: ControlMarker;

  readonly #files: TokenizerFiles;
  readonly #pipeline: Pipeline;
  readonly #json: JsonObject;
  readonly #config: JsonObject;
  readonly #names: readonly (string | undefined)[];
  readonly #controlIds: ReadonlySet<number>;
  readonly #skipIds: ReadonlySet<number>;
  readonly #unknown: string | undefined;
  #plainPipeline: Pipeline | undefined;
  #frame: readonly [readonly number[], readonly number[]] | undefined;

  /**
   * Reads tokenizer.json and, where they are there, tokenizer_config.json, special_tokens_map.json,
   * generation_config.json (else the ids in config.json) and chat_template.jinja.
   * @throws UserError naming the file that is missing, not JSON, or of an unsupported kind
   */
  static load(dir: string): Tokenizer {
    return new Tokenizer(readTokenizerFiles(dir));
  }

  /** @param files - as read, or made in memory */
  constructor(files: TokenizerFiles) {
    const path = pathOf(files, 'tokenizer.json');
    const json = objectOf(files, 'tokenizer.json');
    if (json === undefined) throw new UserError(`${path}: not found`, 'A tokenizer needs a tokenizer.json.');
    const model = supportedModel(json, path);
    const names = specialNames(files);
    this.#files = files;
    this.#unknown = typeof model.unk_token === 'string' ? model.unk_token : names.unk_token;
    this.#json = {
      normalizer: null,
      pre_tokenizer: null,
      post_processor: null,
      decoder: null,
      added_tokens: [],
      ...json,
    };
    this.#config = objectOf(files, 'tokenizer_config.json') ?? {};
    this.#pipeline = build(this.#json, this.#unknown, path);
    this.#names = this.#pipeline.vocab;
    this.vocabSize = this.#names.length;

    const added = addedTokens(this.#json);
    const control = added.filter((token) => isControl(token) && token.content !== this.#unknown);
    this.#controlIds = new Set(control.map((token) => token.id));
    const tags: readonly string[] = Object.values(DEFAULT_TAGS);
    const skipped = added.filter((token) => token.special && !tags.includes(token.content));
    this.#skipIds = new Set(skipped.map((token) => token.id));
    const { normalizer } = this.#pipeline;
    this.control = new ControlMarker(
      control.map((token) => token.content),
      (text) => normalizer?.normalize(text) ?? text,
    );

    this.bosToken = names.bos_token;
    this.eosToken = names.eos_token;
    this.chatTemplate = chatTemplateOf(files);
    const ids = generationIds(files);
    const eos = names.eos_token === undefined ? undefined : this.idOf(names.eos_token);
    this.eosIds = [...new Set([...(eos === undefined ? [] : [eos]), ...ids.eos])];
    const pad = names.pad_token === undefined ? undefined : this.idOf(names.pad_token);
    this.padId = pad ?? ids.pad[0] ?? this.eosIds[0];
    this.unknownId = this.#unknown === undefined ? undefined : this.idOf(this.#unknown);
    const bos = names.bos_token === undefined ? undefined : this.idOf(names.bos_token);
    this.bosId = bos ?? ids.bos[0];
  }

  /**
   * The id of the end token that training appends to a reply.
   * @throws UserError when the checkpoint names no end token
   */
  get eosId(): number {
    const id = this.eosIds[0];
    if (id !== undefined) return id;
    throw new UserError(
      `${pathOf(this.#files, 'tokenizer_config.json')}: no eos_token, and neither generation_config.json nor config.json has an eos_token_id`,
      'Name the end-of-sequence token in one of them.',
    );
  }

  /** Ids of a text. */
  encode(text: string, options: EncodeOptions = {}): Int32Array {
    return this.#framed(this.#ids(text, options.special ?? true), options.addSpecial ?? false);
  }

  /** Ids of a text in which `control.mark` marked what must stay letters. */
  encodeMarked(marked: string, options: { readonly addSpecial?: boolean } = {}): Int32Array {
    const ids = segments(marked).flatMap((part) => this.#ids(part.text, part.special));
    return this.#framed(ids, options.addSpecial ?? false);
  }

  /**
   * Text of ids. Ids the tokenizer does not know (rows a model's embedding was padded with) give nothing. Bytes
   * that are not UTF-8 give U+FFFD. Spaces are never "cleaned up", so decoding inverts encoding.
   */
  decode(ids: ArrayLike<number>, options: DecodeOptions = {}): string {
    const skip = options.skipSpecial === true;
    const known = Array.from(ids).filter(
      (id) => this.#names[id] !== undefined && !(skip && this.#skipIds.has(id)),
    );
    if (known.length === 0) return '';
    return this.#pipeline.decode(known);
  }

  /** The text that a token adds wherever it stands; null where that depends on its neighbours. */
  textOf(id: number): string | null {
    return this.#names[id] === undefined ? null : this.#pipeline.textOf(id);
  }

  /** Whether `decode` leaves the id out when told to skip special tokens. */
  isSkipped(id: number): boolean {
    return this.#skipIds.has(id);
  }

  /** Whether the id is of a token that means something to the model beyond its letters, see control-tokens.ts. */
  isControl(id: number): boolean {
    return this.#controlIds.has(id);
  }

  /** Ids of the tokens that were added to the vocabulary by their text. */
  get addedIds(): readonly number[] {
    return addedTokens(this.#json).map(({ id }) => id);
  }

  /** tokenizer.json as it was read. */
  get definition(): JsonObject {
    return this.#json;
  }

  /** The id of a token, as written in the vocabulary. */
  idOf(token: string): number | undefined {
    return this.#pipeline.idOf(token);
  }

  /** The token of an id, as written in the vocabulary. */
  tokenOf(id: number): string | undefined {
    return this.#names[id];
  }

  /** Writes the tokenizer's files into a folder, byte for byte as they were loaded. */
  save(dir: string): void {
    writeTokenizerFiles(this.#files, dir);
  }

  #ids(text: string, special: boolean): number[] {
    if (text === '') return [];
    try {
      if (special || this.#controlIds.size === 0) return this.#pipeline.encode(text);
      // The filter is the promise kept whatever a vocabulary holds: a control id cannot leave here.
      return this.#plain()
        .encode(text)
        .filter((id) => !this.#controlIds.has(id));
    } catch (error) {
      if (!(error instanceof Unsupported)) throw error;
      throw new UserError(
        `${pathOf(this.#files, 'tokenizer.json')}: ${error.message}`,
        'Mend what is named in the file (a missing token: name an unknown token), or use another tokenizer.',
        { cause: error },
      );
    }
  }

  #plain(): Pipeline {
    if (this.#plainPipeline === undefined) {
      const json = withoutControl(this.#json, new Set(this.#unknown === undefined ? [] : [this.#unknown]));
      this.#plainPipeline = build(json, this.#unknown, pathOf(this.#files, 'tokenizer.json'));
    }
    return this.#plainPipeline;
  }

  /** What goes around a text: the post-processor's tokens, and those tokenizer_config.json asks for by name. */
  #frameIds(): readonly [readonly number[], readonly number[]] {
    const [before, after] = this.#pipeline.frame;
    const bos = this.#config.add_bos_token === true && this.bosId !== undefined ? [this.bosId] : [];
    const eos = this.#config.add_eos_token === true ? this.eosIds.slice(0, 1) : [];
    return [before.length > 0 ? before : bos, after.length > 0 ? after : eos];
  }

  #framed(ids: readonly number[], addSpecial: boolean): Int32Array {
    if (!addSpecial) return Int32Array.from(ids);
    this.#frame ??= this.#frameIds();
    return Int32Array.from([...this.#frame[0], ...ids, ...this.#frame[1]]);
  }
}

function supportedModel(json: JsonObject, path: string): JsonObject {
  const model = json.model;
  if (!isJsonObject(model)) {
    throw new UserError(
      `${path}: no "model" in it`,
      'It is not a tokenizer.json as Hugging Face tokenizers writes it.',
    );
  }
  // Files of old versions of that library carry no type; it tells them apart by their fields.
  if (model.type === undefined || MODELS.includes(model.type)) return model;
  throw new UserError(
    `${path}: tokenizer model ${JSON.stringify(model.type)} is not supported`,
    `Use a tokenizer of type ${MODELS.join(', ')}.`,
  );
}

function build(json: JsonObject, unknown: string | undefined, path: string): Pipeline {
  try {
    const pipeline = new Pipeline(json, unknown);
    boundTokenizer(pipeline, json, path);
    return pipeline;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(
      `${path}: ${reason}`,
      'This kind of tokenizer is not supported, or the file is damaged.',
      {
        cause: error,
      },
    );
  }
}
