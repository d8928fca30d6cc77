"""Sluice beside llama.cpp on the same file, the same tokens and the same memory: both run in a control
group whose limit is the budget, in turns, each from a cold page cache. Root needed.

    python bench/side_by_side.py MODEL IDS --memory BYTES --prompt N --gen N [--repeat R]

Python needs llama-cpp-python and numpy. Also measures the disk with fio, direct random reads of the
size of a unit's part, at the same depth, in the same minutes.
"""
import argparse
import json
import os
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
    return json.loads(done.stdout)


def sluice(args):
    report = run([SLUICE, "bench", args.model, "--ids", args.ids, "--prompt", str(args.prompt),
                  "--gen", str(args.gen), "--memory", str(args.memory), "--threads",
                  str(args.threads), "--repeat", "1", "--cold", "--json"], args.memory)
    row = report["rows"][0]
    result = {key: row[key]["median"] for key in row if isinstance(row[key], dict)}
    result["commit"], result["environment"] = report["commit"], report["environment"]
    return result


def llama(args):
    gen = min(args.gen, args.llama_gen)
    return run([sys.executable, os.path.join(HERE, "llama_forced.py"), args.model, args.ids,
                str(args.prompt), str(gen), str(args.threads)], args.memory)


def fio(args):
    """Bandwidth of direct random reads of one part of a unit, in bytes per second."""
    done = subprocess.run(
        ["fio", "--name=x", f"--filename={args.model}", "--readonly", "--direct=1", "--rw=randread",
         f"--bs={args.read_bytes}", f"--iodepth={args.depth}", "--ioengine=io_uring",
         "--runtime=6", "--time_based", "--output-format=json"], capture_output=True, text=True)
    return json.loads(done.stdout)["jobs"][0]["read"]["bw_bytes"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("ids")
    parser.add_argument("--memory", type=int, required=True)
    parser.add_argument("--prompt", type=int, default=16)
    parser.add_argument("--gen", type=int, default=128)
    parser.add_argument("--llama-gen", type=int, default=24, help="llama.cpp generates at most this many")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--read-bytes", type=int, default=884736)
    parser.add_argument("--depth", type=int, default=8)
    args = parser.parse_args()

    samples = {"sluice": [], "llama.cpp": []}
    disk = []
    for round_number in range(args.repeat):
        disk.append(fio(args))
        samples["sluice"].append(sluice(args))
        samples["llama.cpp"].append(llama(args))
        print(f"round {round_number + 1}: sluice {samples['sluice'][-1]['decode_tokens_per_second']:.2f}, "
              f"llama.cpp {samples['llama.cpp'][-1]['decode_tokens_per_second']:.3f} tokens/s, "
              f"fio {disk[-1] / 1e9:.2f} GB/s", file=sys.stderr)
    for name, rows in samples.items():
        for key in ("prefill_tokens_per_second", "decode_tokens_per_second",
                    "flash_bandwidth_bytes_per_second", "hit_rate"):
            values = sorted(row[key] for row in rows if key in row)
            if values:
                print(f"{name:10} {key:34} median {statistics.median(values):.4g} "
                      f"[{values[0]:.4g} .. {values[-1]:.4g}]")
    print(f"{'fio':10} {'bandwidth_bytes_per_second':34} median {statistics.median(disk):.4g} "
          f"[{min(disk):.4g} .. {max(disk):.4g}]")
    first = samples["sluice"][0]
    print(f"memory {args.memory}, prompt {args.prompt}, gen {args.gen} (llama.cpp {args.llama_gen}), "
          f"threads {args.threads}, commit {first['commit']}, {first['environment']}, "
          f"{time.strftime('%Y-%m-%d')}")


main()
