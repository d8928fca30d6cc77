"""Compares `sluice eval perplexity` with llama.cpp on the same ids and windows.

    python tools/compare_perplexity.py SLUICE MODEL TEXT [TEXT...] [--window 512] [--characters N]
                                       [--reference FILE] [--activations 8]

SLUICE is the program, MODEL a GGUF file, TEXT files of UTF-8. The ids are Sluice's; llama.cpp (the
Python package llama-cpp-python, 0.3.36) evaluates the same windows, each on its own, with BOS in
front where the vocabulary wants one, and scores every token but the first. Prints both perplexities
and their ratio; exit status 1 if a ratio is further than 0.5 % from 1. Needs numpy.
"""

import argparse
import json
import math
import pathlib
import subprocess
import sys
import tempfile

import llama_cpp
import numpy

LIMIT = 0.005


def token_ids(sluice, model, text):
    """The ids of a text without BOS, as eval perplexity reads it."""
    done = subprocess.run([sluice, "tokenize", model, "--jsonl", "--special"], input=json.dumps(text).encode(),
                          stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def own_perplexity(sluice, model, text, window, activations):
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        done = subprocess.run([sluice, "eval", "perplexity", model, "-f", file.name, "--window", str(window),
                               "--activations", activations, "--json", "--quiet"], stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def llama_perplexity(llama, ids, window):
    """Scored tokens and the perplexity over them."""
    bos = [llama.token_bos()] if llama.metadata.get("tokenizer.ggml.add_bos_token", "true") == "true" else []
    total, count = 0.0, 0
    for begin in range(0, len(ids), window):
        tokens = bos + ids[begin:begin + window]
        if len(tokens) < 2:
            continue
        llama.reset()
        llama.eval(tokens)
        for i, token in enumerate(tokens[1:]):
            row = llama.scores[i].astype(numpy.float64)
            row -= row.max()
            total -= row[token] - math.log(numpy.exp(row).sum())
            count += 1
    return count, math.exp(total / count)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sluice")
    parser.add_argument("model")
    parser.add_argument("texts", nargs="+", type=pathlib.Path)
    parser.add_argument("--window", type=int, default=512)
    parser.add_argument("--reference", help="the model that llama.cpp reads, if it is another file: the same "
                        "weights as F32 (tools/dequantise.py) show whose rounding makes a difference")
    parser.add_argument("--activations", default="16", help="Sluice's option")
    parser.add_argument("--characters", type=int, help="of each text, from its beginning")
    options = parser.parse_args()
    llama = llama_cpp.Llama(options.reference or options.model, n_ctx=options.window + 1, n_batch=options.window + 1,
                            logits_all=True, verbose=False)
    worst = 0.0
    for path in options.texts:
        text = path.read_bytes().decode()[:options.characters]
        own = own_perplexity(options.sluice, options.model, text, options.window, options.activations)
        count, other = llama_perplexity(llama, token_ids(options.sluice, options.model, text), options.window)
        difference = own["perplexity"] / other - 1
        worst = max(worst, abs(difference))
        print(f"{path.name}: {own['tokens']} tokens scored here, {count} there; perplexity "
              f"{own['perplexity']:.4f}, llama.cpp {other:.4f}, {100 * difference:+.3f} %", flush=True)
    sys.exit(1 if worst > LIMIT else 0)


if __name__ == "__main__":
    main()
