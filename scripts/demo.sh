#!/bin/sh
# Answers a few questions with the small model in models/, whose experts do not fit the memory that
# it is given: they are streamed from disk.
set -eu
cd "$(dirname "$0")/.."

sluice=build/release/sluice
model=models/sluice-demo-Q4_K_M.gguf
memory=18MiB
options="--memory $memory --ctx 512 --threads 2"

echo
echo "The model: $model, a mixture of 192 experts of 21.3 MiB together (models/README.md)."
echo "The whole process may use $memory: the trunk stays in memory, experts are read as needed."
echo
echo "\$ sluice plan $model $options"
$sluice plan $model $options
ask() {
  echo
  echo "\$ sluice run $model $options --greedy -p \"$1\""
}
for question in "Who are you?" "What is a mixture of experts?" "Is my data private?"; do
  ask "$question"
  $sluice run $model $options --greedy --quiet -p "$question"
done
ask "Explain streaming."
$sluice run $model $options --greedy -p "Explain streaming." 2>&1
