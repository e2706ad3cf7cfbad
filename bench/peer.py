"""The tiny model in plain PyTorch, as one would write it by hand: what the benchmarks compare with.

Prints one JSON object: seconds of operator calls, of training steps and of sampling a batch of responses, by the clock
and of the processor. Same shapes, dtype, threads and kernels as the TypeScript side; weights are random.

    python3 bench/peer.py '{"threads": 2, ...}'
"""
import json
import sys
import time

import torch
import torch.nn.functional as F

config = json.loads(sys.argv[1])
torch.set_num_threads(config["threads"])
torch.manual_seed(0)
D, LAYERS, HEADS, KV, FFN, VOCAB = 128, 4, 4, 1, 344, 80
HEAD = D // HEADS


class RMSNorm(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(D))

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * self.weight


def rotate(x, cos, sin):
    a, b = x.chunk(2, -1)
    return x * cos + torch.cat((-b, a), -1) * sin


class Layer(torch.nn.Module):
    def __init__(self):
        super().__init__()
        def linear(i, o):
            return torch.nn.Linear(i, o, bias=False)
        self.q, self.k, self.v, self.o = linear(D, D), linear(D, KV * HEAD), linear(D, KV * HEAD), linear(D, D)
        self.gate, self.up, self.down = linear(D, FFN), linear(D, FFN), linear(FFN, D)
        self.norm1, self.norm2 = RMSNorm(), RMSNorm()

    def forward(self, x, cos, sin, mask, past):
        B, T, _ = x.shape
        h = self.norm1(x)
        q = rotate(self.q(h).view(B, T, HEADS, HEAD).transpose(1, 2), cos, sin)
        k = rotate(self.k(h).view(B, T, KV, HEAD).transpose(1, 2), cos, sin)
        v = self.v(h).view(B, T, KV, HEAD).transpose(1, 2)
        if past is not None:
            k, v = torch.cat((past[0], k), 2), torch.cat((past[1], v), 2)
        keys, values = k.repeat_interleave(HEADS // KV, 1), v.repeat_interleave(HEADS // KV, 1)
        scores = q @ keys.transpose(-1, -2) * HEAD**-0.5
        if mask is not None:
            scores = scores + mask
        mixed = (scores.softmax(-1) @ values).transpose(1, 2).reshape(B, T, D)
        x = x + self.o(mixed)
        h = self.norm2(x)
        return x + self.down(F.silu(self.gate(h)) * self.up(h)), (k, v)


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = torch.nn.Embedding(VOCAB, D)
        self.layers = torch.nn.ModuleList(Layer() for _ in range(LAYERS))
        self.norm = RMSNorm()
        self.head = torch.nn.Linear(D, VOCAB, bias=False)
        angles = torch.outer(torch.arange(256.0), 10000.0 ** (-torch.arange(0, HEAD, 2.0) / HEAD))
        self.cos, self.sin = torch.cat((angles, angles), -1).cos(), torch.cat((angles, angles), -1).sin()

    def forward(self, tokens, past=None):
        start = 0 if past is None else past[0][0].shape[2]
        T = tokens.shape[1]
        cos, sin = self.cos[start : start + T], self.sin[start : start + T]
        mask = torch.full((T, T), float("-inf")).triu(1) if T > 1 else None
        x, presents = self.embed(tokens), []
        for i, layer in enumerate(self.layers):
            x, present = layer(x, cos, sin, mask, past[i] if past else None)
            presents.append(present)
        return self.head(self.norm(x)), presents


model = Model()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, betas=(0.9, 0.95), weight_decay=0.0)


def training_step(tokens):
    for rows in tokens.split(config["rowsPerMicroBatch"]):
        logits, _ = model(rows[:, :-1])
        loss = F.cross_entropy(logits.reshape(-1, VOCAB), rows[:, 1:].reshape(-1))
        (loss * len(rows) / len(tokens)).backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)


@torch.no_grad()
def sample(prompts):
    """Plain KV-cached sampling: every row of every group prefilled, all rows decoded to the end."""
    tokens, past, out = prompts, None, []
    for _ in range(config["maxTokens"]):
        logits, past = model(tokens, past)
        logprobs = logits[:, -1].log_softmax(-1)
        tokens = torch.multinomial(logprobs.exp(), 1)
        out.append((tokens, logprobs.gather(1, tokens)))
    return out


def times(fn):
    wall, cpu = [], []
    for i in range(config["warmup"] + config["runs"]):
        start, used = time.perf_counter(), time.process_time()
        fn()
        if i >= config["warmup"]:
            wall.append(time.perf_counter() - start)
            cpu.append(time.process_time() - used)
    return {"wall": wall, "cpu": cpu}


rows = torch.randint(0, VOCAB, (config["rows"], config["rowLength"]))
prompts = torch.randint(8, VOCAB, (config["prompts"], config["promptLength"]))
prompts = prompts.repeat_interleave(config["groupSize"], 0)
one = torch.ones(1)


@torch.no_grad()
def operator_calls():
    for _ in range(config["calls"]):
        torch.add(one, one)


print(json.dumps({
    "torch": torch.__version__,
    "operator": times(operator_calls),
    "training": times(lambda: training_step(rows)),
    "sampling": times(lambda: sample(prompts)),
}))
