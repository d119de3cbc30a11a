"""Serves a tiny random model with the server of llama.cpp, on loopback.

The model is made on the spot: a llama of one layer with seeded random weights and
a vocabulary of bytes and a few words. It says nothing of sense, which is enough
for what is tested with it: protocols, streams, usage and errors of a server that
nobody here wrote. Needs only the package xllamacpp, which holds that server.

    python3 llama.py FOLDER

writes the model into FOLDER and a line "listening URL" to stdout, and ends when
stdin does.
"""

import os
import random
import struct
import sys

# Of a model, in the words of the GGUF specification
# (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md).
EMBEDDING, HEADS, FEED_FORWARD, CONTEXT = 32, 4, 64, 2048
UINT32, FLOAT32, STRING, ARRAY, INT32 = 4, 6, 8, 9, 5
NORMAL, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6
ALIGNMENT = 32

WORDS = "alder birch cedar dogwood elm fir ginkgo hazel ivy juniper larch maple oak pine rowan spruce willow yew".split()


def vocabulary():
    """Tokens with their types: what SentencePiece needs, and some words."""
    tokens = [("<unk>", UNKNOWN), ("<s>", CONTROL), ("</s>", CONTROL)]
    tokens += [("<0x%02X>" % b, BYTE) for b in range(256)]
    tokens += [("\u2581" + word, NORMAL) for word in WORDS]
    return tokens


def text(s):
    b = s.encode()
    return struct.pack("<Q", len(b)) + b


def entry(key, kind, value):
    packed = {UINT32: lambda v: struct.pack("<I", v), FLOAT32: lambda v: struct.pack("<f", v), STRING: text}[kind](value)
    return text(key) + struct.pack("<I", kind) + packed


def entries(key, kind, values):
    pack = {STRING: text, FLOAT32: lambda v: struct.pack("<f", v), INT32: lambda v: struct.pack("<i", v)}[kind]
    return text(key) + struct.pack("<IIQ", ARRAY, kind, len(values)) + b"".join(map(pack, values))


def metadata(tokens):
    return [
        entry("general.architecture", STRING, "llama"),
        entry("general.name", STRING, "exhibit test model"),
        entry("llama.context_length", UINT32, CONTEXT),
        entry("llama.embedding_length", UINT32, EMBEDDING),
        entry("llama.block_count", UINT32, 1),
        entry("llama.feed_forward_length", UINT32, FEED_FORWARD),
        entry("llama.rope.dimension_count", UINT32, EMBEDDING // HEADS),
        entry("llama.attention.head_count", UINT32, HEADS),
        entry("llama.attention.head_count_kv", UINT32, HEADS),
        entry("llama.attention.layer_norm_rms_epsilon", FLOAT32, 1e-5),
        entry("tokenizer.ggml.model", STRING, "llama"),
        entries("tokenizer.ggml.tokens", STRING, [t for t, _ in tokens]),
        entries("tokenizer.ggml.scores", FLOAT32, [-float(i) for i in range(len(tokens))]),
        entries("tokenizer.ggml.token_type", INT32, [k for _, k in tokens]),
        entry("tokenizer.ggml.unknown_token_id", UINT32, 0),
        entry("tokenizer.ggml.bos_token_id", UINT32, 1),
        entry("tokenizer.ggml.eos_token_id", UINT32, 2),
    ]


def tensors(tokens):
    """Names, sizes and values. Only words have weights at the output, so that
    what the model says is text."""
    chance = random.Random(20261121)

    def weights(n, scale):
        return [chance.gauss(0, scale) for _ in range(n)]

    square, wide = EMBEDDING * EMBEDDING, EMBEDDING * FEED_FORWARD
    output = []
    for _, kind in tokens:
        output += weights(EMBEDDING, 1.0) if kind == NORMAL else [0.0] * EMBEDDING
    yield "token_embd.weight", [EMBEDDING, len(tokens)], weights(EMBEDDING * len(tokens), 1.0)
    yield "output_norm.weight", [EMBEDDING], [1.0] * EMBEDDING
    yield "output.weight", [EMBEDDING, len(tokens)], output
    yield "blk.0.attn_norm.weight", [EMBEDDING], [1.0] * EMBEDDING
    for part in ("q", "k", "v", "output"):
        yield "blk.0.attn_%s.weight" % part, [EMBEDDING, EMBEDDING], weights(square, 0.3)
    yield "blk.0.ffn_norm.weight", [EMBEDDING], [1.0] * EMBEDDING
    yield "blk.0.ffn_gate.weight", [EMBEDDING, FEED_FORWARD], weights(wide, 0.3)
    yield "blk.0.ffn_up.weight", [EMBEDDING, FEED_FORWARD], weights(wide, 0.3)
    yield "blk.0.ffn_down.weight", [FEED_FORWARD, EMBEDDING], weights(wide, 0.3)


def write_model(path):
    tokens = vocabulary()
    about, parts = metadata(tokens), list(tensors(tokens))
    head, data = b"", b""
    for name, size, values in parts:
        head += text(name) + struct.pack("<I%dQIQ" % len(size), len(size), *size, 0, len(data))
        data += struct.pack("<%df" % len(values), *values)
        data += b"\0" * (-len(data) % ALIGNMENT)
    head = struct.pack("<4sIQQ", b"GGUF", 3, len(parts), len(about)) + b"".join(about) + head
    with open(path, "wb") as f:
        f.write(head + b"\0" * (-len(head) % ALIGNMENT) + data)


def main():
    # The line that tests wait for goes to the stdout of the start; what the
    # library says goes to stderr.
    lines = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    import xllamacpp

    path = os.path.join(sys.argv[1], "model.gguf")
    write_model(path)
    params = xllamacpp.CommonParams()
    params.model.path = path
    params.model_alias = {"tiny-random"}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_ctx, params.n_parallel = CONTEXT, 1
    params.cpuparams.n_threads = 1
    params.use_jinja = True
    params.warmup = False
    params.offline = True
    server = xllamacpp.Server(params)
    print("listening", server.listening_address, flush=True, file=lines)
    sys.stdin.read()


if __name__ == "__main__":
    main()
