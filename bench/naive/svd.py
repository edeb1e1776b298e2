"""Projection of a layer on its first principal component over positions, by np.linalg.svd of the whole matrix."""

import sys
import time

import numpy as np

folder, channels, positions = sys.argv[1], *map(int, sys.argv[2:])
layer = np.fromfile(f"{folder}/layer", np.float32).reshape(channels, positions)
times = []
for _ in range(3):
    start = time.process_time()
    matrix = layer.T - layer.T.mean(0)
    _, _, axes = np.linalg.svd(matrix, full_matrices=True)
    answer = matrix @ axes[0]
    times.append(time.process_time() - start)
print(1000 * sorted(times)[1])
answer.astype(np.float32).tofile(f"{folder}/answer")
