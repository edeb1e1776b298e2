"""Mutual information of each map with the grey image, counted by np.histogram2d. Upsampling is not timed."""

import sys
import time

import numpy as np

folder, channels, height, width, size, bins = sys.argv[1], *map(int, sys.argv[2:])


def interpolation(length):
    """[size, length]: bilinear, half-pixel centres, edges held."""
    at = np.clip((np.arange(size) + 0.5) * length / size - 0.5, 0, length - 1)
    low = np.floor(at).astype(int)
    matrix = np.zeros((size, length))
    matrix[np.arange(size), low] += 1 - (at - low)
    matrix[np.arange(size), np.minimum(low + 1, length - 1)] += at - low
    return matrix


def entropy(counts):
    share = counts[counts > 0] / counts.sum()
    return -(share * np.log(share)).sum()


layer = np.fromfile(f"{folder}/layer", np.float32).reshape(channels, height, width)
gray = np.fromfile(f"{folder}/gray", np.uint32).astype(float)
maps = interpolation(height) @ layer @ interpolation(width).T
start = time.process_time()
mi = []
for one in maps:
    values = one.ravel()
    lo, hi = values.min(), values.max()
    joint, _, _ = np.histogram2d(gray, values, bins, [[0, 256], [lo, hi if hi > lo else lo + 1]])
    mi.append(entropy(joint.sum(0)) + entropy(joint.sum(1)) - entropy(joint))
print(1000 * (time.process_time() - start))
np.asarray(mi, np.float32).tofile(f"{folder}/answer")
