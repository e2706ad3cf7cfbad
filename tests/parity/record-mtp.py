"""Records tests/reference/mtp, multi-token prediction of deepseek_v3: python record-mtp.py FOLDER

transformers has the layers of the model and leaves the predictor out. Here the predictor is written from equations 21 to 25 of
arXiv 2412.19437 around one more of its decoder layers, with the names and the order of the parts of DeepSeek's checkpoints.
Random weights, saved as float32; what they give is computed in float64 after that rounding. Needs transformers and torch.
"""
import json
import os
import sys

import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers.models.deepseek_v3.modeling_deepseek_v3 import DeepseekV3DecoderLayer

KEYS = dict(
    model_type="deepseek_v3",
    vocab_size=48,
    hidden_size=24,
    intermediate_size=40,
    num_hidden_layers=2,
    num_attention_heads=2,
    num_key_value_heads=2,
    max_position_embeddings=64,
    q_lora_rank=12,
    kv_lora_rank=10,
    qk_nope_head_dim=8,
    qk_rope_head_dim=4,
    v_head_dim=8,
    first_k_dense_replace=1,
    moe_intermediate_size=12,
    n_routed_experts=6,
    n_shared_experts=1,
    num_experts_per_tok=2,
    n_group=1,
    topk_group=1,
    num_nextn_predict_layers=1,
    bos_token_id=0,
    eos_token_id=1,
    tie_word_embeddings=False,
)
LENGTHS = (14, 9)
WEIGHT = 0.3

folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)
with open(os.path.join(folder, "config.json"), "w") as file:
    json.dump(KEYS, file, indent=2)
    file.write("\n")
config = transformers.AutoConfig.from_pretrained(folder)
config._attn_implementation = "eager"
model = transformers.AutoModelForCausalLM.from_config(config, attn_implementation="eager").double()
block = DeepseekV3DecoderLayer(config, KEYS["num_hidden_layers"]).double()
D = KEYS["hidden_size"]
own = {
    "enorm.weight": torch.empty(D),
    "hnorm.weight": torch.empty(D),
    "eh_proj.weight": torch.empty(D, 2 * D),
    "shared_head.norm.weight": torch.empty(D),
}
generator = torch.Generator().manual_seed(0)


def rounded(name, like):
    """Values near those of a fresh model, as float32 holds them."""
    around = 1.0 if "norm" in name else 0.0
    scale = 0.2 if like.ndim == 1 else like.shape[-1] ** -0.5
    return around + scale * torch.randn(like.shape, generator=generator)


state = {name: rounded(name, value) for name, value in model.state_dict().items()}
block_state = {name: rounded(name, value) for name, value in block.state_dict().items()}
own = {name: rounded(name, value) for name, value in own.items()}
model.load_state_dict(state)
block.load_state_dict(block_state)
parts = {name: value.double().requires_grad_() for name, value in own.items()}
model.requires_grad_(True)
block.requires_grad_(True)


def per_expert(state):
    """The names of checkpoints: an expert a tensor, where newer modules stack them."""
    named = {}
    for name, value in state.items():
        if name.endswith("experts.gate_up_proj"):
            for expert, both in enumerate(value):
                gate, up = both.chunk(2)
                named[name.replace("gate_up_proj", f"{expert}.gate_proj.weight")] = gate.contiguous()
                named[name.replace("gate_up_proj", f"{expert}.up_proj.weight")] = up.contiguous()
        elif name.endswith("experts.down_proj"):
            for expert, down in enumerate(value):
                named[name.replace("down_proj", f"{expert}.down_proj.weight")] = down.contiguous()
        else:
            named[name] = value
    return named


def rms(x, weight):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + config.rms_norm_eps) * weight


def predicted(tokens, hidden):
    """h' = M [norm(Emb(t_{i+1})); norm(h_i)], a layer, the norm before the head: for every token but the last."""
    embedded = model.model.embed_tokens(tokens[:, 1:])
    pair = torch.cat([rms(embedded, parts["enorm.weight"]), rms(hidden[:, :-1], parts["hnorm.weight"])], -1)
    x = pair @ parts["eh_proj.weight"].T
    length = x.shape[1]
    positions = torch.arange(length)[None]
    mask = torch.full((length, length), float("-inf"), dtype=x.dtype).triu(1)[None, None]
    x = block(x, attention_mask=mask, position_embeddings=model.model.rotary_emb(x, positions))
    x = x[0] if isinstance(x, tuple) else x
    return model.lm_head(rms(x, parts["shared_head.norm.weight"]))


sequences = [torch.randint(2, KEYS["vocab_size"], (1, n), generator=generator) for n in LENGTHS]
targets = sum(n - 1 for n in LENGTHS)
main, further = 0.0, 0.0
expected = {}
for number, tokens in enumerate(sequences):
    hidden = model.model(tokens, use_cache=False).last_hidden_state
    logits = model.lm_head(hidden)
    ahead = predicted(tokens, hidden)
    main = main - logits[0, :-1].log_softmax(-1).gather(1, tokens[0, 1:, None]).sum() / targets
    further = further - ahead[0, :-1].log_softmax(-1).gather(1, tokens[0, 2:, None]).sum() / targets
    expected[f"tokens.{number}"] = tokens
    expected[f"logits.{number}"] = logits.detach().float()
    expected[f"predicted.{number}"] = ahead.detach().float()
(main + WEIGHT * further).backward()

layer = f"model.layers.{KEYS['num_hidden_layers']}"
gradients = {name: value.grad for name, value in model.named_parameters()}
gradients |= {f"{layer}.{name}": value.grad for name, value in block.named_parameters()}
gradients |= {f"{layer}.{name}": value.grad for name, value in parts.items()}
norms = {name: value.norm().item() for name, value in gradients.items()}
saved = per_expert(state)
saved |= {f"{layer}.{name}": value for name, value in per_expert(block_state).items()}
saved |= {f"{layer}.{name}": value for name, value in own.items()}
saved[f"{layer}.embed_tokens.weight"] = state["model.embed_tokens.weight"].clone()
saved[f"{layer}.shared_head.head.weight"] = state["lm_head.weight"].clone()
save_file({name: value.float() for name, value in saved.items()}, os.path.join(folder, "model.safetensors"))
save_file(expected, os.path.join(folder, "expected.safetensors"))
with open(os.path.join(folder, "expected.json"), "w") as file:
    numbers = {"loss": main.item(), "further_loss": further.item(), "weight": WEIGHT, "grad_norms": norms}
    json.dump(numbers, file, indent=1)
    file.write("\n")
