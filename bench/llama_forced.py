"""Feeds token ids to llama.cpp (PyPI llama-cpp-python), memory-mapped: a prompt in one batch, then one
token at a time. Prints one JSON line with the rates.

    python llama_forced.py MODEL IDS_FILE PROMPT GENERATED THREADS [--resident]

Repacked copies of the weights are off: they would be anonymous memory of the size of the file, which
no budget below it could hold. --resident reads the file into memory instead of mapping it.
"""
import ctypes
import json
import sys
import time

import llama_cpp


def decode(context, ids):
    array = (llama_cpp.llama_token * len(ids))(*ids)
    if llama_cpp.llama_decode(context, llama_cpp.llama_batch_get_one(array, len(ids))) != 0:
        sys.exit("llama.cpp could not decode")
    llama_cpp.llama_get_logits(context)


def main():
    model_file, ids_file = sys.argv[1:3]
    prompt, generated, threads = (int(word) for word in sys.argv[3:6])
    with open(ids_file) as f:
        ids = [int(word) for word in f.read().split()][:prompt + generated]
    quiet = llama_cpp.llama_log_callback(lambda *_: None)
    llama_cpp.llama_log_set(quiet, ctypes.c_void_p())
    llama_cpp.llama_backend_init()
    params = llama_cpp.llama_model_default_params()
    params.use_mmap = "--resident" not in sys.argv
    params.use_extra_bufts = False
    model = llama_cpp.llama_model_load_from_file(model_file.encode(), params)
    options = llama_cpp.llama_context_default_params()
    options.n_ctx = prompt + generated
    options.n_batch = max(prompt, 32)
    options.n_threads = options.n_threads_batch = threads
    context = llama_cpp.llama_init_from_model(model, options)
    start = time.perf_counter()
    decode(context, ids[:prompt])
    middle = time.perf_counter()
    for token in ids[prompt:-1]:
        decode(context, [token])
    end = time.perf_counter()
    print(json.dumps({"prefill_tokens_per_second": prompt / (middle - start),
                      "decode_tokens_per_second": (generated - 1) / (end - middle)}))


main()
