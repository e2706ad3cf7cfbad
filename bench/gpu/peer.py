"""The measurements of gpu.ts in transformers and plain torch: one JSON object a line, under the same names.

    python3 bench/gpu/peer.py MODE [key=value ...] [-- MODE [key=value ...]] ...

sft, rl     a training step. rows, len, prompt, shape, warm, runs; kinds: bf16, autocast, tf32, fp32 (commas between them),
            each with +ckpt for recomputed activations
gen         generate() with sampling. batches, prompt, new, shape, dtype; caches: dynamic, static; limit: seconds of warm-up
            beyond which a static cache is given up
copy        memory bandwidth, and FLOP/s of a matrix product
ops         microseconds of an operator call
make        writes a checkpoint with random weights and a byte-level tokenizer of the full vocabulary. out, shape

shape is tiny, qwen2 (Qwen2.5-0.5B) or qwen3 (Qwen3-0.6B); windows=FILE notes times for `npm run bench -- trace`.
"""
import gc
import json
import os
import statistics
import string
import sys
import time
import traceback

import torch
from transformers import (
    LogitsProcessorList,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

CUDA = torch.cuda.is_available()
DEVICE = "cuda" if CUDA else "cpu"
GIB = 2**30
PEAK_FLOPS = 989e12  # dense bfloat16 of an H100 or H200
ORDINARY_TOKENS = 150_000  # special tokens are above
CLIP = 0.2

SHAPES = {
    "tiny": (Qwen2ForCausalLM, Qwen2Config, dict(
        vocab_size=1000, hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, tie_word_embeddings=True)),
    "qwen2": (Qwen2ForCausalLM, Qwen2Config, dict(
        vocab_size=151936, hidden_size=896, intermediate_size=4864, num_hidden_layers=24, num_attention_heads=14,
        num_key_value_heads=2, max_position_embeddings=32768, tie_word_embeddings=True)),
    "qwen3": (Qwen3ForCausalLM, Qwen3Config, dict(
        vocab_size=151936, hidden_size=1024, intermediate_size=3072, num_hidden_layers=28, num_attention_heads=16,
        num_key_value_heads=8, head_dim=128, max_position_embeddings=40960, tie_word_embeddings=True)),
}


class Run:
    """One measurement: its mode and settings."""

    def __init__(self, mode, words):
        self.mode = mode
        self.settings = dict(word.split("=", 1) for word in words)
        self.shape = self.text("shape", "qwen2" if CUDA else "tiny")

    def text(self, key, otherwise):
        return self.settings.get(key, otherwise)

    def number(self, key, otherwise):
        return int(self.settings.get(key, otherwise))

    def sized(self, large, small):
        return large if CUDA else small

    def model(self, dtype):
        architecture, configuration, keys = SHAPES[self.shape]
        config = configuration(**keys)
        config._attn_implementation = "sdpa"
        torch.set_default_dtype(dtype)
        with torch.device(DEVICE):
            model = architecture(config)
        torch.set_default_dtype(torch.float32)
        return model.to(DEVICE, dtype), config

    def print(self, **figures):
        print(json.dumps({"who": "py", "mode": self.mode, **figures}), flush=True)

    def window(self, name, start, end, steps):
        if path := self.text("windows", ""):
            with open(path, "a") as file:
                file.write(f"{name} {start} {end} {steps}\n")


def synchronize():
    if CUDA:
        torch.cuda.synchronize()


def peak():
    return round(torch.cuda.max_memory_allocated() / GIB, 2) if CUDA else 0


def forget_peak():
    if CUDA:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


def tokens(config, rows, length):
    return torch.randint(0, min(ORDINARY_TOKENS, config.vocab_size), (rows, length), device=DEVICE)


def seconds(fn, runs):
    times = []
    for _ in range(runs):
        synchronize()
        start = time.perf_counter()
        fn()
        synchronize()
        times.append(time.perf_counter() - start)
    return times


def flops_per_token(model, config, length):
    parameters = sum(p.numel() for p in model.parameters())
    head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    return 6 * parameters + 6 * config.num_hidden_layers * config.num_attention_heads * head * length


def sft_loss(model, ids, prompt):
    return model(input_ids=ids, labels=ids, use_cache=False).loss


def rl_loss(model, ids, prompt):
    """As TRL computes it: logits of the response alone, float32 log-softmax, clipped surrogate, entropy as a metric."""
    rows, length = ids.shape
    advantages = torch.tensor([1.0 if row % 2 else -1.0 for row in range(rows)], device=DEVICE)[:, None]
    logits = model(input_ids=ids, use_cache=False, logits_to_keep=length - prompt + 1).logits[:, :-1]
    logprobs = torch.log_softmax(logits.float(), -1)
    chosen = logprobs.gather(-1, ids[:, prompt:].unsqueeze(-1)).squeeze(-1)
    with torch.no_grad():
        -(logprobs.exp() * logprobs).sum(-1).mean()
    ratio = (chosen + 12.0).exp()
    return -torch.min(ratio * advantages, ratio.clamp(1 - CLIP, 1 + CLIP) * advantages).mean()


def train(run, loss_of):
    rows, length = run.number("rows", run.sized(8, 2)), run.number("len", run.sized(1024, 64))
    prompt = run.number("prompt", run.sized(64, 16))
    for kind in run.text("kinds", run.sized("bf16,autocast,tf32,fp32", "fp32")).split(","):
        about = dict(kind=kind, shape=run.shape, rows=rows, len=length)
        forget_peak()
        try:
            train_kind(run, loss_of, prompt, about)
        except torch.OutOfMemoryError as error:
            run.print(**about, error="OOM " + str(error)[:120])
        gc.collect()


def train_kind(run, loss_of, prompt, about):
    rows, length = about["rows"], about["len"]
    base, *more = about["kind"].split("+")
    torch.backends.cuda.matmul.allow_tf32 = base == "tf32"
    model, config = run.model(torch.bfloat16 if base == "bf16" else torch.float32)
    model.train()
    if "ckpt" in more:
        model.gradient_checkpointing_enable()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5, betas=(0.9, 0.95), weight_decay=0.0, fused=CUDA)
    batches = [tokens(config, rows, length) for _ in range(4)]
    taken = 0

    def step():
        nonlocal taken
        with torch.autocast(DEVICE, torch.bfloat16, enabled=base == "autocast"):
            loss = loss_of(model, batches[taken % len(batches)], prompt)
        taken += 1
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return loss.item()

    for _ in range(run.number("warm", 3)):
        step()
    runs = run.number("runs", 7)
    start = time.monotonic_ns()
    times = [1000 * one for one in seconds(step, runs)]
    run.window(f"py-{run.mode}-{about['kind']}", start, time.monotonic_ns(), runs)
    ms = statistics.median(times)
    per_second = rows * length / ms * 1000
    mfu = flops_per_token(model, config, length) * per_second / PEAK_FLOPS * 100
    run.print(ms=round(ms, 2), min=round(min(times), 2), max=round(max(times), 2), tokps=round(per_second),
              mfu=round(mfu, 1), peakGiB=peak(), **about)


class Clock:
    """A logits processor that notes when it is called: once a token."""

    def __init__(self):
        self.at = []

    def __call__(self, ids, scores):
        self.at.append(time.monotonic_ns())
        return scores


def generate(run):
    prompt, new = run.number("prompt", run.sized(512, 128)), run.number("new", run.sized(512, 24))
    dtype = torch.float32 if run.text("dtype", "bfloat16" if CUDA else "float32") == "float32" else torch.bfloat16
    model, config = run.model(dtype)
    model.eval()
    for rows in map(int, run.text("batches", run.sized("1,64,256", "1,4")).split(",")):
        for cache in run.text("caches", "dynamic").split(","):
            forget_peak()
            try:
                generate_rows(run, model, tokens(config, rows, prompt), new, cache)
            except Exception as error:
                run.print(B=rows, cache=cache, error=repr(error)[:300])


def generate_rows(run, model, ids, new, cache):
    rows, prompt = ids.shape
    clock = Clock()
    implementation = {} if cache == "dynamic" else {"cache_implementation": "static"}

    def to_length(count):
        model.generate(
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=count, min_new_tokens=count, do_sample=True,
            temperature=1.0, top_k=0, top_p=1.0, pad_token_id=0, eos_token_id=None,
            logits_processor=LogitsProcessorList([clock]), **implementation)

    warm = seconds(lambda: to_length(min(8, new) if cache == "dynamic" else new), 1)[0]
    if cache != "dynamic" and warm > float(run.text("limit", "inf")):
        run.print(B=rows, cache=cache, note="warm-up too long", warm_s=round(warm, 1))
        return
    clock.at.clear()
    total = seconds(lambda: to_length(new), 1)[0]
    steps = [(end - start) / 1e6 for start, end in zip(clock.at, clock.at[1:])]
    middle = len(clock.at) // 2
    traced = min(40, len(clock.at) - 1 - middle)
    run.window(f"py-gen-B{rows}-{cache}", clock.at[middle], clock.at[middle + traced], traced)
    median = statistics.median(steps)
    run.print(B=rows, P=prompt, G=new, cache=cache, total_s=round(total, 2), step_ms=round(median, 3),
              step_first=round(statistics.median(steps[:50]), 3), step_last=round(statistics.median(steps[-50:]), 3),
              tokps=round(rows * new / total), decode_tokps=round(rows / median * 1000), peakGiB=peak(),
              warm_s=round(warm, 1))


def copy(run):
    source = torch.randn(run.sized(2**30, 2**20), device=DEVICE)
    target = torch.empty_like(source)
    target.copy_(source)
    bandwidth = 2 * source.numel() * 4 / statistics.median(seconds(lambda: target.copy_(source), 9))
    del source, target
    figures = {"copy_TBps": round(bandwidth / 1e12, 3)}
    size = run.sized(8192, 256)
    for name, dtype, tf32 in (("bf16", torch.bfloat16, False), ("tf32", torch.float32, True), ("fp32", torch.float32, False)):
        torch.backends.cuda.matmul.allow_tf32 = tf32
        a, b = (torch.randn(size, size, device=DEVICE, dtype=dtype) for _ in range(2))
        seconds(lambda: a @ b, 3)
        figures[f"{name}_TFLOPs"] = round(2 * size**3 / statistics.median(seconds(lambda: a @ b, 7)) / 1e12, 1)
    run.print(gpu=torch.cuda.get_device_name() if CUDA else "cpu", torch=torch.__version__, **figures)


@torch.no_grad()
def operators(run):
    x, y = (torch.ones(8, device=DEVICE) for _ in range(2))
    calls = 20_000

    def adds():
        for _ in range(calls):
            torch.add(x, y)

    adds()
    run.print(what="add, us per call", us=round(statistics.median(seconds(adds, 5)) / calls * 1e6, 2))


def make(run):
    from tokenizers.pre_tokenizers import ByteLevel

    out = run.settings["out"]
    model, config = run.model(torch.bfloat16)
    model.save_pretrained(out)
    # A few ids stay without a token, as in published vocabularies; the special tokens are the last that have one.
    count = config.vocab_size - (300 if config.vocab_size > 2000 else 10)
    vocabulary = {byte: i for i, byte in enumerate(sorted(ByteLevel.alphabet()))}
    for word in words():
        if len(vocabulary) == count:
            break
        vocabulary.setdefault("Ġ" + word, len(vocabulary))
    bytes_alone = dict(type="ByteLevel", add_prefix_space=False, trim_offsets=False, use_regex=True)
    special = [
        dict(id=count + i, content=name, single_word=False, lstrip=False, rstrip=False, normalized=False, special=True)
        for i, name in enumerate(["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    ]
    tokenizer = dict(
        version="1.0", truncation=None, padding=None, added_tokens=special, normalizer=None, pre_tokenizer=bytes_alone,
        post_processor=None, decoder=bytes_alone,
        model=dict(type="BPE", dropout=None, unk_token=None, continuing_subword_prefix="", end_of_word_suffix="",
                   fuse_unk=False, byte_fallback=False, vocab=vocabulary, merges=[]))
    settings = dict(tokenizer_class="PreTrainedTokenizerFast", eos_token="<|endoftext|>", pad_token="<|endoftext|>",
                    model_max_length=config.max_position_embeddings)
    for name, content in (("tokenizer.json", tokenizer), ("tokenizer_config.json", settings)):
        with open(os.path.join(out, name), "w") as file:
            json.dump(content, file, ensure_ascii=False)
    print(os.listdir(out), count)


def words():
    """a, b … 9, aa, ab …"""
    letters = string.ascii_lowercase + string.digits
    shorter = [""]
    while True:
        shorter = [word + letter for word in shorter for letter in letters]
        yield from shorter


MODES = {
    "sft": lambda run: train(run, sft_loss),
    "rl": lambda run: train(run, rl_loss),
    "gen": generate,
    "copy": copy,
    "ops": operators,
    "make": make,
}


def main(arguments):
    torch.manual_seed(0)
    groups = [[]]
    for word in arguments:
        if word == "--":
            groups.append([])
        else:
            groups[-1].append(word)
    unknown = [group[:1] for group in groups if not group or group[0] not in MODES]
    if unknown:
        sys.exit(f"peer.py: name a mode: {', '.join(MODES)}\n{__doc__}")
    for mode, *settings in groups:
        try:
            MODES[mode](Run(mode, settings))
        except Exception:
            traceback.print_exc()
        gc.collect()


if __name__ == "__main__":
    main(sys.argv[1:])
