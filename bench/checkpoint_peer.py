"""The same measurement of a checkpoint as bench/checkpoint-client.ts, with transformers.

    python3 bench/checkpoint_peer.py '{"checkpoint": "...", ...}'
"""
import json
import sys
import time

import torch
from transformers import AutoModelForCausalLM

config = json.loads(sys.argv[1])
torch.set_num_threads(config["threads"])
model = AutoModelForCausalLM.from_pretrained(config["checkpoint"], dtype=getattr(torch, config["dtype"])).eval()
WARMUP = 1


def times(fn):
    wall, cpu = [], []
    for i in range(WARMUP + config["runs"]):
        start, used = time.perf_counter(), time.process_time()
        fn()
        if i >= WARMUP:
            wall.append(time.perf_counter() - start)
            cpu.append(time.process_time() - used)
    return {"wall": wall, "cpu": cpu}


tokens = []


def decoded(count):
    global tokens
    ids = torch.tensor([config["prompt"]])
    out = model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=count, min_new_tokens=count,
                         do_sample=False, pad_token_id=0)
    tokens = out[0, ids.shape[1]:].tolist()


with torch.inference_mode():
    first, every = times(lambda: decoded(1)), times(lambda: decoded(config["decode"]))
    ids = torch.tensor([config["prefill"]])
    prefill = times(lambda: model(ids, logits_to_keep=1))
    loss = torch.nn.functional.cross_entropy(model(ids).logits[0, :-1].float(), ids[0, 1:]).item()
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(json.dumps({
    "torch": torch.__version__,
    "prefill": prefill,
    "decode": {clock: [a - b for a, b in zip(every[clock], first[clock])] for clock in ("wall", "cpu")},
    "loss": loss,
    "tokens": tokens,
    "peak": int(status["VmHWM"].split()[0]) * 1024,
    "resident": int(status["VmRSS"].split()[0]) * 1024,
}))
