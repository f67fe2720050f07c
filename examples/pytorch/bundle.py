"""Writes a SaviorRec bundle, as docs/BUNDLE.md describes it. Knows nothing of the model in it."""

import hashlib
import json
import os
import shutil
import struct

import numpy as np
import torch
from safetensors.numpy import save

FILES = [
    "encoder.pt",
    "rq.pt",
    "mba.pt",
    "ranker.pt",
    "items.safetensors",
    "tokenizer.json",
    "golden.binpb",
]


def categorical(name, buckets):
    """A column of names: row 0 is "missing", the other rows are hashed into."""
    return {"name": name, "kind": "CATEGORICAL", "buckets": buckets, "boundaries": []}


def numeric(name, boundaries):
    """A column of numbers: row 0 is "missing", and one row for each interval."""
    return {"name": name, "kind": "NUMERIC", "buckets": len(boundaries) + 2, "boundaries": boundaries}


def table_size(columns):
    return sum(column["buckets"] for column in columns)


def rows(columns, values):
    """The rows of the columns' one table that stand for these values; None and "" are "missing"."""
    found, offset = [], 0
    for column in columns:
        value = values.get(column["name"])
        if value is None or value == "":
            row = 0
        elif column["kind"] == "CATEGORICAL":
            row = 1 + name_hash(column["name"], str(value)) % (column["buckets"] - 1)
        else:
            row = 1 + sum(boundary <= value for boundary in column["boundaries"])
        found.append(offset + row)
        offset += column["buckets"]
    return found


def name_hash(name, value):
    """FNV-1a with 64 bits over "name=value", finished by MurmurHash3's mix."""
    hashed = 0xCBF29CE484222325
    for byte in f"{name}={value}".encode():
        hashed = (hashed ^ byte) * 0x100000001B3 % 2**64
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        hashed = (hashed ^ hashed >> 33) * factor % 2**64
    return hashed ^ hashed >> 33


def content_hash(title, category="", text="", image=b""):
    """Says whether an item that is sent later is the one that z was computed from."""
    digest = hashlib.sha256()
    for part in (title.encode(), category.encode(), text.encode(), image):
        digest.update(struct.pack(">i", len(part)) + part)
    return struct.unpack(">q", digest.digest()[:8])[0]


def encoder_text(title, category="", text=""):
    """What the server gives to the tokenizer."""
    return " ".join(part.strip() for part in (title, category, text) if part.strip())


def word_tokenizer(words):
    """A tokenizer.json of whole words, lower-cased and split at blanks, and the same in Python.
    Any other tokenizer in the Hugging Face format will do as well."""
    vocabulary = {word: i for i, word in enumerate(["[PAD]", "[UNK]", *words])}
    file = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": {"type": "Lowercase"},
        "pre_tokenizer": {"type": "WhitespaceSplit"},
        "post_processor": None,
        "decoder": None,
        "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": "[UNK]"},
    }
    return file, lambda text: [vocabulary.get(word, 1) for word in text.lower().split()]


def write_items(path, item_ids, z, codes, stats, features, hashes, titles):
    """The item table; item ids ascend."""
    titles = [title.encode() for title in titles]
    tensors = {
        "item_id": np.asarray(item_ids, np.int64),
        "z": np.asarray(z, np.float32),
        "codes": np.asarray(codes, np.int32),
        "stats": np.asarray(stats, np.float32),
        "content_hash": np.asarray(hashes, np.int64),
        "title_offsets": np.cumsum([0, *map(len, titles)], dtype=np.int64),
        "title_bytes": np.frombuffer(b"".join(titles), np.uint8),
    }
    if len(features[0]) > 0:
        tensors["features"] = np.asarray(features, np.int64)
    with open(path, "wb") as file:  # not save_file, whose files nobody else may read
        file.write(save({name: np.ascontiguousarray(each) for name, each in tensors.items()}))


def write(repository, model, version, manifest, archives, tokenizer, golden, items):
    """Writes REPOSITORY/MODEL/VERSION beside where it is to be, and puts it there when it is whole.

    manifest: all but formatVersion, model, version and files
    archives: file name -> a module, as torch.jit.script takes it
    items: the arguments of write_items
    """
    folder = os.path.join(repository, model)
    staging = os.path.join(folder, f".staging-{version}")
    shutil.rmtree(staging, ignore_errors=True)
    os.makedirs(staging)
    for name, module in archives.items():
        torch.jit.script(module.eval()).save(os.path.join(staging, name))
    write_items(os.path.join(staging, "items.safetensors"), **items)
    with open(os.path.join(staging, "tokenizer.json"), "w", encoding="utf-8") as file:
        json.dump(tokenizer, file)
    with open(os.path.join(staging, "golden.binpb"), "wb") as file:
        file.write(golden.SerializeToString())
    hashes = {}
    for name in FILES:
        with open(os.path.join(staging, name), "rb") as file:
            hashes[name] = hashlib.sha256(file.read()).hexdigest()
    manifest = {
        "formatVersion": 4,
        "model": model,
        "version": version,
        **manifest,
        "files": hashes,
    }
    manifest["lineage"].update(encoderSha=hashes["encoder.pt"], rqSha=hashes["rq.pt"])
    with open(os.path.join(staging, "manifest.json"), "w", encoding="utf-8") as file:
        json.dump(manifest, file, indent=2)
    os.rename(staging, os.path.join(folder, str(version)))
    return os.path.join(folder, str(version))
