#!/usr/bin/env python3
"""Makes crates/luna-voice/src/speaker/weights.bin, the network that tells voices apart.

    python3 -m pip download --no-deps resemblyzer==0.1.4
    python3 scripts/speaker-weights.py Resemblyzer-0.1.4-py3-none-any.whl

Takes the voice encoder of Resemblyzer (Apache-2.0, trained on LibriSpeech and VoxCeleb) as it is: nothing is trained. Only
the standard library is used, and nothing of the pickle but its tensors is built.

File, little endian, each number an IEEE half: for each of the three layers what is heard × gates, what is remembered ×
gates, and the gates' biases (the two of PyTorch added); then the last layer, memory × voice, and its biases. Gates in
PyTorch's order: in, forget, cell, out.
"""
import argparse
import collections
import pathlib
import pickle
import struct
import zipfile

LAYERS = 3
FILE = pathlib.Path(__file__).parent.parent / "crates/luna-voice/src/speaker/weights.bin"


class Pieces(pickle.Unpickler):
    """Reads PyTorch's first file format; tensors become (storage's key, offset, shape)."""

    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, shape, *_: (storage, offset, shape)
        if module == "torch" and name.endswith("Storage"):
            return name
        raise pickle.UnpicklingError(f"{module}.{name} is no tensor")

    def persistent_load(self, found):
        return found[2]


def tensors(file):
    for _ in range(3):  # magic number, protocol, sizes of types
        pickle.load(file)
    named = Pieces(file).load()["model_state"]
    storages = {}
    for key in pickle.load(file):
        (count,) = struct.unpack("<q", file.read(8))
        storages[key] = struct.unpack(f"<{count}f", file.read(4 * count))
    for name, (key, offset, shape) in named.items():
        count = 1
        for side in shape:
            count *= side
        yield name, shape, storages[key][offset : offset + count]


def turned(shape, numbers):
    rows, columns = shape
    return [numbers[row * columns + column] for column in range(columns) for row in range(rows)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("wheel", type=pathlib.Path)
    wheel = zipfile.ZipFile(parser.parse_args().wheel)
    with wheel.open("resemblyzer/pretrained.pt") as file:
        found = {name: (shape, numbers) for name, shape, numbers in tensors(file)}
    numbers = []
    for layer in range(LAYERS):
        for part in ("ih", "hh"):
            numbers += turned(*found[f"lstm.weight_{part}_l{layer}"])
        biases = (found[f"lstm.bias_{part}_l{layer}"][1] for part in ("ih", "hh"))
        numbers += [sum(pair) for pair in zip(*biases)]
    numbers += turned(*found["linear.weight"])
    numbers += found["linear.bias"][1]
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_bytes(struct.pack(f"<{len(numbers)}e", *numbers))
    print(f"{len(numbers)} numbers written to {FILE}")


if __name__ == "__main__":
    main()
