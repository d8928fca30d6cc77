"""Feeds token ids to llama.cpp (PyPI llama-cpp-python), memory-mapped: a prompt in one batch, then one
token at a time. Prints one JSON line with the rates.

    python llama_forced.py MODEL IDS_FILE PROMPT GENERATED THREADS [--resident]
"""
import json
import sys
import time

import llama_cpp


def main():
    model, ids_file, prompt, generated, threads = sys.argv[1:6]
    prompt, generated, threads = int(prompt), int(generated), int(threads)
    with open(ids_file) as f:
        ids = [int(word) for word in f.read().split()][:prompt + generated]
    llm = llama_cpp.Llama(model, n_ctx=prompt + generated, n_batch=512, n_threads=threads,
                          n_threads_batch=threads, use_mmap="--resident" not in sys.argv, verbose=False)
    start = time.perf_counter()
    llm.eval(ids[:prompt])
    middle = time.perf_counter()
    for token in ids[prompt:-1]:
        llm.eval([token])
    end = time.perf_counter()
    print(json.dumps({"prefill_tokens_per_second": prompt / (middle - start),
                      "decode_tokens_per_second": (generated - 1) / (end - middle)}))


main()
