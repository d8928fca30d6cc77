"""Sluice beside other engines on the same file in the same memory: each runs in a control group whose
limit is the budget, in turns, from a cold page cache. Root needed.

    python bench/side_by_side.py MODEL IDS --memory BYTES --prompt N --gen N [--repeat R]
           [--activations 16 8] [--llama-gen N] [--bmoe PROGRAM --prompt-text FILE --bmoe-cache MIB [MIB...]]

llama.cpp (Python package llama-cpp-python, memory mapping) is fed the same tokens as Sluice, at most
--llama-gen of them; 0 leaves it out. BigMoeOnEdge (program bmoe-cli) takes no token ids: it gets the
beginning of --prompt-text, which must be IDS as text (one word a token), and samples at temperature
0.8 as many tokens as Sluice is fed; 0 MiB of cache is without one. Also measures the disk with fio,
direct random reads of the size of a unit's part, in the same minutes.
"""
import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import time

from memory_group import memory_group

HERE = os.path.dirname(os.path.abspath(__file__))
SLUICE = os.path.join(HERE, "../build/release/sluice")


def drop_page_cache():
    os.sync()
    with open("/proc/sys/vm/drop_caches", "w") as f:
        f.write("1")


def run(command, limit):
    drop_page_cache()
    with memory_group("sluice-bench", limit) as enter:
        done = subprocess.run(command, preexec_fn=enter, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{command[0]} failed with {done.returncode}: {done.stderr[-500:]}")
    return done.stdout


def sluice(args, activations):
    report = json.loads(run(
        [args.sluice, "bench", args.model, "--ids", args.ids, "--prompt", str(args.prompt), "--gen", str(args.gen),
         "--memory", str(args.memory), "--threads", str(args.threads), "--repeat", "1", "--cold", "--json",
         "--activations", str(activations)],
        args.memory))
    row = report["rows"][0]
    result = {key: row[key]["median"] for key in row if isinstance(row[key], dict)}
    result["commit"], result["environment"] = report["commit"], report["environment"]
    return result


def llama(args):
    gen = min(args.gen, args.llama_gen)
    return json.loads(run([sys.executable, os.path.join(HERE, "llama_forced.py"), args.model, args.ids,
                           str(args.prompt), str(gen), str(args.threads)], args.memory))


def bmoe(args, cache):
    with open(args.prompt_text, encoding="utf-8") as file:
        words = file.read().split(" ")
    # The text begins with a blank, so the first word is empty.
    prompt = " ".join(words[:args.prompt + 1])
    text = run([args.bmoe, "-m", args.model, "-p", prompt, "-n", str(args.gen), "-t", str(args.threads),
                "-c", str(args.prompt + args.gen + 16), "--temp", "0.8", "--top-k", "0", "--top-p", "1", "--seed", "1",
                "--moe-stream", "--cache-mb", str(cache), "--force-cache"], args.memory)
    generation = re.search(r"generation: (\d+) tokens, .*\(([\d.]+) tok/s\)", text)
    prefill = re.search(r"prefill: (\d+) tokens, .* s \(([\d.]+) tok/s\)", text)
    hits = re.search(r"moe-cache: ([\d.]+)% hit", text)
    return {"decode_tokens_per_second": float(generation[2]), "generated": int(generation[1]),
            "prefill_tokens_per_second": float(prefill[2]), "prompt": int(prefill[1]),
            **({"hit_rate": float(hits[1]) / 100} if hits else {})}


def fio(args):
    """Bandwidth of direct random reads of one part of a unit, in bytes per second."""
    done = subprocess.run(
        ["fio", "--name=x", f"--filename={args.model}", "--readonly", "--direct=1", "--rw=randread",
         f"--bs={args.read_bytes}", f"--iodepth={args.depth}", "--ioengine=io_uring",
         "--runtime=6", "--time_based", "--output-format=json"], capture_output=True, text=True)
    return json.loads(done.stdout)["jobs"][0]["read"]["bw_bytes"]


def engines(args):
    """Name and function of each engine, in the order of a round."""
    all_engines = {}
    for bits in args.activations:
        all_engines[f"sluice {bits} bits"] = lambda bits=bits: sluice(args, bits)
    if args.bmoe:
        for cache in args.bmoe_cache:
            all_engines[f"bmoe {cache} MiB"] = lambda cache=cache: bmoe(args, cache)
    if args.llama_gen:
        all_engines["llama.cpp mmap"] = lambda: llama(args)
    return all_engines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("ids")
    parser.add_argument("--memory", type=int, required=True)
    parser.add_argument("--prompt", type=int, default=16)
    parser.add_argument("--gen", type=int, default=256)
    parser.add_argument("--llama-gen", type=int, default=24, help="llama.cpp generates at most this many")
    parser.add_argument("--bmoe", help="program bmoe-cli of BigMoeOnEdge")
    parser.add_argument("--prompt-text")
    parser.add_argument("--bmoe-cache", type=int, nargs="+", default=[0, 600, 1200])
    parser.add_argument("--sluice", default=SLUICE, help="program")
    parser.add_argument("--activations", type=int, nargs="+", default=[16], help="Sluice's: 16, 8")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--read-bytes", type=int, default=884736)
    parser.add_argument("--depth", type=int, default=8)
    args = parser.parse_args()

    samples, disk = {}, []
    for number in range(1, args.repeat + 1):
        for name, measure in engines(args).items():
            disk.append(fio(args))
            samples.setdefault(name, []).append(measure())
            last = samples[name][-1]
            print(f"round {number}: fio {disk[-1] / 1e9:.2f} GB/s; {name}: prefill "
                  f"{last['prefill_tokens_per_second']:.4g}, decode {last['decode_tokens_per_second']:.4g} tokens/s",
                  file=sys.stderr, flush=True)
    for name, rows in samples.items():
        for key in ("prefill_tokens_per_second", "decode_tokens_per_second",
                    "flash_bandwidth_bytes_per_second", "hit_rate", "roofline"):
            values = sorted(row[key] for row in rows if key in row)
            if values:
                print(f"{name:14} {key:34} median {statistics.median(values):.4g} "
                      f"[{values[0]:.4g} .. {values[-1]:.4g}]")
    print(f"{'fio':14} {'bandwidth_bytes_per_second':34} median {statistics.median(disk):.4g} "
          f"[{min(disk):.4g} .. {max(disk):.4g}]")
    first = next(iter(samples.values()))[0]
    print(f"memory {args.memory}, prompt {args.prompt}, generated {args.gen} (llama.cpp {args.llama_gen}), "
          f"threads {args.threads}, commit {first['commit']}, {first['environment']}, "
          f"{time.strftime('%Y-%m-%d')}")


main()
