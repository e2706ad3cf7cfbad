"""Records models of tests/reference/models: python record-models.py FOLDER [NAME …], all that are below unless named.

Random weights in float64, saved as float32; what they give is computed after that rounding. Needs transformers and torch.
Each configuration runs longer than its original context and its window, so that a part left out changes the numbers.
"""
import json
import os
import sys

import torch
import transformers
from safetensors.torch import save_file
from transformers.integrations.mxfp4 import convert_moe_packed_tensors
from transformers.models.qwen3_5 import modeling_qwen3_5

BASE = dict(
    vocab_size=64,
    hidden_size=32,
    intermediate_size=48,
    num_hidden_layers=3,
    num_attention_heads=4,
    num_key_value_heads=2,
    max_position_embeddings=64,
    bos_token_id=1,
    eos_token_id=2,
    tie_word_embeddings=False,
)
YARN = dict(
    rope_type="yarn",
    factor=4.0,
    original_max_position_embeddings=16,
    beta_fast=4.0,
    beta_slow=0.25,
)
# The limit of swiglu is low enough to be reached.
GPT_OSS = dict(
    model_type="gpt_oss",
    num_hidden_layers=2,
    intermediate_size=32,
    head_dim=16,
    num_local_experts=4,
    num_experts_per_tok=2,
    sliding_window=7,
    swiglu_limit=0.7,
    rope_parameters=dict(YARN, rope_theta=100.0, truncate=False),
)
CONFIGS = {
    "qwen2-window-yarn": dict(
        model_type="qwen2",
        num_hidden_layers=4,
        head_dim=16,
        use_sliding_window=True,
        sliding_window=7,
        max_window_layers=2,
        rope_parameters=dict(YARN, rope_theta=100.0),
    ),
    "qwen3-window": dict(
        model_type="qwen3",
        head_dim=16,
        use_sliding_window=True,
        sliding_window=5,
        layer_types=["sliding_attention", "full_attention", "sliding_attention"],
        rope_parameters=dict(rope_type="default", rope_theta=10000.0),
    ),
    # Every layer has the window; transformers reads no layer_types here.
    "qwen3-moe-window": dict(
        model_type="qwen3_moe",
        num_hidden_layers=2,
        head_dim=16,
        moe_intermediate_size=16,
        num_experts=4,
        num_experts_per_tok=2,
        norm_topk_prob=True,
        mlp_only_layers=[],
        use_sliding_window=True,
        sliding_window=7,
        max_window_layers=2,
        rope_parameters=dict(rope_type="default", rope_theta=10000.0),
    ),
    # The older keys.
    "llama-yarn": dict(
        model_type="llama",
        head_dim=16,
        rope_theta=100.0,
        rope_scaling=dict(YARN, mscale=1.3, mscale_all_dim=0.6, truncate=False),
    ),
    "llama-dynamic": dict(
        model_type="llama",
        max_position_embeddings=32,
        rope_theta=100.0,
        rope_scaling=dict(type="dynamic", factor=3.0),
    ),
    "llama-longrope": dict(
        model_type="llama",
        max_position_embeddings=128,
        rope_theta=100.0,
        rope_scaling=dict(
            rope_type="longrope",
            short_factor=[1.0, 1.1, 1.3, 1.6],
            long_factor=[1.0, 2.0, 3.5, 6.0],
            original_max_position_embeddings=32,
        ),
    ),
    # More tokens than are computed at once, and groups of heads.
    "qwen3-5": dict(
        model_type="qwen3_5_text",
        num_hidden_layers=3,
        layer_types=["linear_attention", "full_attention", "linear_attention"],
        head_dim=16,
        max_position_embeddings=128,
        linear_key_head_dim=8,
        linear_value_head_dim=12,
        linear_num_key_heads=2,
        linear_num_value_heads=4,
        rope_parameters=dict(
            rope_type="default",
            rope_theta=100.0,
            partial_rotary_factor=0.5,
            mrope_section=[2, 1, 1],
            mrope_interleaved=True,
        ),
    ),
    "gpt-oss": GPT_OSS,
    "gpt-oss-mxfp4": dict(
        GPT_OSS, num_local_experts=3, quantization_config=dict(quant_method="mxfp4", modules_to_not_convert=["lm_head"])
    ),
    "mistral": dict(
        model_type="mistral",
        head_dim=16,
        sliding_window=7,
        rope_parameters=dict(rope_type="default", rope_theta=10000.0),
    ),
    # The fourth layer has no positions, and the window.
    "smollm3": dict(
        model_type="smollm3",
        pad_token_id=0,
        num_hidden_layers=4,
        use_sliding_window=True,
        sliding_window=9,
        tie_word_embeddings=True,
        rope_parameters=dict(rope_type="default", rope_theta=10000.0),
    ),
    # Every third layer sees all; scores are not divided by the root of a head's size; logits are capped.
    "gemma3": dict(
        model_type="gemma3_text",
        head_dim=16,
        query_pre_attn_scalar=24,
        sliding_window=7,
        layer_types=["sliding_attention", "sliding_attention", "full_attention"],
        final_logit_softcapping=3.0,
        tie_word_embeddings=True,
        rope_parameters=dict(
            full_attention=dict(rope_type="linear", factor=4.0, rope_theta=1000.0),
            sliding_attention=dict(rope_type="default", rope_theta=100.0),
        ),
    ),
    "olmo2": dict(
        model_type="olmo2",
        rope_parameters=dict(rope_type="default", rope_theta=10000.0),
    ),
    "olmo3": dict(
        model_type="olmo3",
        sliding_window=7,
        layer_types=["sliding_attention", "full_attention", "sliding_attention"],
        rope_parameters=dict(
            full_attention=dict(YARN, rope_theta=100.0),
            sliding_attention=dict(rope_type="default", rope_theta=100.0),
        ),
    ),
    # Six of the eight dimensions of a head turn.
    "phi3": dict(
        model_type="phi3",
        num_key_value_heads=2,
        max_position_embeddings=128,
        original_max_position_embeddings=32,
        sliding_window=11,
        pad_token_id=0,
        partial_rotary_factor=0.75,
        rope_theta=100.0,
        rope_scaling=dict(type="longrope", short_factor=[1.0, 1.2, 1.6], long_factor=[1.0, 2.5, 6.0]),
    ),
}
LENGTHS = {"qwen3-5": 80}
# Weights that bfloat16 comes near to, in transformers as well.
SEEDS = {"qwen3-5": 3}
LENGTH = 48
PROMPT, DECODED = 8, 16


def fresh(folder):
    """From the disk each time: rotary tables that depend on the length remember the longest one."""
    model = transformers.AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float64, **implementation(transformers.AutoConfig.from_pretrained(folder))
    )
    return model.eval()


def implementation(config):
    """Sinks are computed by the eager attention alone."""
    if config.model_type != "gpt_oss":
        return dict(attn_implementation="sdpa")
    return dict(attn_implementation="eager", experts_implementation="eager")


def logits(folder, tokens, **named):
    with torch.no_grad():
        return fresh(folder)(tokens, use_cache=False, **named).logits


def greedy(folder, prompt):
    tokens = prompt
    for _ in range(DECODED):
        tokens = torch.cat([tokens, logits(folder, tokens)[:, -1].argmax(-1, keepdim=True)], 1)
    return tokens


def center(name, config):
    """What the random values of a parameter are spread around."""
    if name.endswith("A_log"):
        return -2.0
    above_one = config.model_type in ("gemma3_text", "qwen3_5_text") and "linear_attn.norm" not in name
    return 1.0 if "norm" in name and not above_one else 0.0


class InFloat64:
    """torch, where float32 is asked for by name giving float64: the delta rule asks so whatever the model computes in."""

    float32 = torch.float64

    def __getattr__(self, name):
        return getattr(torch, name)


modeling_qwen3_5.torch = InFloat64()


def write_config(folder, keys):
    with open(os.path.join(folder, "config.json"), "w") as file:
        json.dump(keys, file, indent=2)
        file.write("\n")


def packed(state, generator):
    """Experts in MXFP4 of random codes: the tensors of the file; those of `state` become what they stand for."""
    stored = {}
    for name, value in state.items():
        if not name.endswith(("experts.gate_up_proj", "experts.down_proj")):
            stored[name] = value
            continue
        experts, inputs, out = value.shape
        blocks = torch.randint(0, 256, (experts, out, inputs // 32, 16), generator=generator, dtype=torch.uint8)
        scales = torch.randint(122, 126, (experts, out, inputs // 32), generator=generator, dtype=torch.uint8)
        stored[name + "_blocks"], stored[name + "_scales"] = blocks, scales
        state[name] = convert_moe_packed_tensors(blocks, scales, dtype=torch.float32)
    return stored


def apart(state):
    """The experts of Qwen3-MoE one by one, as its checkpoints have them."""
    stored = {}
    for name, value in state.items():
        at, _, kind = name.rpartition(".experts.")
        if kind == "gate_up_proj":
            for expert, both in enumerate(value):
                gate, up = both.chunk(2)
                stored[f"{at}.experts.{expert}.gate_proj.weight"] = gate.contiguous()
                stored[f"{at}.experts.{expert}.up_proj.weight"] = up.contiguous()
        elif kind == "down_proj":
            for expert, down in enumerate(value):
                stored[f"{at}.experts.{expert}.down_proj.weight"] = down.contiguous()
        else:
            stored[name] = value
    return stored


def record(folder, keys):
    os.makedirs(folder, exist_ok=True)
    keys = {**BASE, **keys}
    plain = {name: value for name, value in keys.items() if name != "quantization_config"}
    write_config(folder, plain)
    config = transformers.AutoConfig.from_pretrained(folder)
    model = transformers.AutoModelForCausalLM.from_config(config, **implementation(config))
    generator = torch.Generator().manual_seed(SEEDS.get(os.path.basename(folder), 0))
    state = {}
    for name, value in model.state_dict().items():
        if name == "lm_head.weight" and keys["tie_word_embeddings"]:
            continue
        state[name] = center(name, config) + 0.2 * torch.randn(value.shape, generator=generator)
    state = apart(state) if config.model_type == "qwen3_moe" else state
    stored = packed(state, generator) if "quantization_config" in keys else state
    weights = os.path.join(folder, "model.safetensors")
    save_file(state, weights, metadata={"format": "pt"})

    length = LENGTHS.get(os.path.basename(folder), LENGTH)
    tokens = torch.randint(3, BASE["vocab_size"], (2, length), generator=generator)
    mask = torch.ones_like(tokens)
    mask[1, :9] = 0
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    trained = fresh(folder)
    loss = trained(tokens, labels=tokens, use_cache=False).loss
    loss.backward()
    norms = {name: parameter.grad.norm().item() for name, parameter in trained.named_parameters()}
    padded = logits(folder, tokens, attention_mask=mask, position_ids=positions)
    expected = {
        "input_ids": tokens,
        "logits": logits(folder, tokens),
        "padded_input_ids": tokens,
        "attention_mask": mask,
        "padded_logits": torch.where(mask.bool().unsqueeze(2), padded, 0.0),
        "greedy_tokens": greedy(folder, tokens[:, :PROMPT]),
    }
    expected = {
        name: value.to(torch.float32 if value.is_floating_point() else torch.int64).clone().contiguous()
        for name, value in expected.items()
    }
    save_file(expected, os.path.join(folder, "expected.safetensors"))
    with open(os.path.join(folder, "expected.json"), "w") as file:
        json.dump({"loss": loss.item(), "grad_norms": norms}, file, indent=1)
        file.write("\n")
    write_config(folder, keys)
    save_file(stored, weights, metadata={"format": "pt"})


for name in sys.argv[2:] or CONFIGS:
    record(os.path.join(sys.argv[1], name), CONFIGS[name])
