#!/usr/bin/env bash
# run.sh [--quick]
# Checks onnx-cam's kernels on this machine's GPU, times them, and writes result.json beside this file.
# Exit status: 0 all right, 1 a kernel's answer is wrong, 2 it could not be found out.
set -u
kit=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
if command -v xz >/dev/null; then
  tar -xJf "$kit/kit.tar.xz" -C "$work" || exit 2
else
  python3 -c 'import sys, tarfile; tarfile.open(sys.argv[1], "r:xz").extractall(sys.argv[2])' "$kit/kit.tar.xz" "$work" || exit 2
fi
# Libraries that the kit brings come after the machine's own.
if [ -d "$work/lib" ]; then export LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$work/lib"; fi
export XDG_RUNTIME_DIR=${XDG_RUNTIME_DIR:-/tmp}
rm -f "$kit/result.json"
"$work/node" "$work/app/kit.js" "$kit/result.json" "$@"
status=$?
[ -e "$kit/result.json" ] || { echo 'no result: is there a GPU with a Vulkan driver? VK_DRIVER_FILES can name the driver.' >&2; exit 2; }
exit $status
