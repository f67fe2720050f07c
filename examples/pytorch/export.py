"""Trains a click model on a made-up log and writes it as a bundle that SaviorRec serves.

    pip install torch numpy safetensors grpcio-tools
    python -m grpc_tools.protoc -I ../../proto/src/main/proto --python_out=. \
        saviorrec/v1/golden.proto saviorrec/v1/items.proto saviorrec/v1/scoring.proto
    python export.py REPOSITORY
    savior bundle check REPOSITORY/mlp/1
    savior serve --repository REPOSITORY

modules.py has the model, bundle.py the files. What PyTorch says of some requests is written to
REPOSITORY/expected.json, to be compared with what the server says.
"""

import json
import math
import os
import sys
from datetime import datetime, timezone

import torch
from google.protobuf.json_format import MessageToDict
from saviorrec.v1 import golden_pb2, scoring_pb2

import bundle
from modules import Alignment, ClickModel, Encoder, Quantizer, Ranker

ITEMS, USERS, TOKENS, Z, LEVELS, CODES = 300, 100, 8, 16, 2, 8
HISTORY = 10
COLOURS, THINGS = ["red", "green", "blue", "black"], ["scarf", "mug", "lamp", "robot", "杯子"]
PROFILE = [bundle.categorical("city", 16), bundle.numeric("age", [18.0, 30.0, 50.0])]
CONTEXT = [bundle.categorical("device", 8)]
ITEM = [bundle.categorical("category", 32)]
STATS = ["pv", "clicks"]

torch.manual_seed(1)


def number(most):
    return int(torch.randint(most, ()))


def make_items(encoder, quantizer, tokens):
    """The catalogue: what the item table holds."""
    titles = [f"{COLOURS[i % 4]} {THINGS[i % 5]}" for i in range(ITEMS)]
    categories = [THINGS[i % 5] for i in range(ITEMS)]
    ids = torch.zeros(ITEMS, TOKENS, dtype=torch.long)
    mask = torch.zeros(ITEMS, TOKENS, dtype=torch.bool)
    for i in range(ITEMS):
        words = tokens(bundle.encoder_text(titles[i], categories[i]))[:TOKENS]
        ids[i, : len(words)] = torch.tensor(words)
        mask[i, : len(words)] = True
    with torch.no_grad():
        no_images = torch.zeros(ITEMS, 3, 32, 32, dtype=torch.uint8)
        z = encoder(no_images, torch.zeros(ITEMS, dtype=torch.bool), ids, mask)
        codes = quantizer.quantize(z)
    views = torch.randint(1000, (ITEMS,)).float()
    return {
        "item_ids": [1001 + 3 * i for i in range(ITEMS)],
        "z": z.numpy(),
        "codes": codes.numpy(),
        "stats": torch.stack([views, (views * 0.1).floor()], 1).numpy(),
        "features": [bundle.rows(ITEM, {"category": c}) for c in categories],
        "hashes": [bundle.content_hash(t, c) for t, c in zip(titles, categories)],
        "titles": titles,
    }


def make_request(items):
    """A page view, as a caller of the server would send it."""
    request = scoring_pb2.ScoreRequest()
    request.user.user_id = 1 + number(USERS)
    request.user.profile["city"].text = f"city {number(5)}"
    request.user.profile["age"].number = 15 + number(50)
    request.context["device"].text = ["phone", "tablet"][number(2)]
    request.user.history.extend(items["item_ids"][number(ITEMS)] for _ in range(number(HISTORY + 3)))
    for _ in range(1 + number(12)):
        candidate = request.candidates.add(item_id=items["item_ids"][number(ITEMS)])
        if number(4) > 0:
            candidate.pctr_base = 0.01 + number(50) / 100
    return request


def values(columns):
    return {name: value.text or value.number for name, value in columns.items()}


def logits(model, items, request):
    """What the model says of a request, without any of the server's tables and slots."""
    place = {item_id: i for i, item_id in enumerate(items["item_ids"])}
    vectors = model.item(
        torch.tensor(items["item_ids"]),
        torch.tensor(items["stats"]),
        torch.tensor(items["features"]),
        torch.tensor(items["z"]),
    )
    history = [place[item_id] for item_id in request.user.history][-HISTORY:]
    candidates = [place[candidate.item_id] for candidate in request.candidates]
    user = model.user(
        torch.tensor([bundle.rows(PROFILE, values(request.user.profile))]),
        torch.tensor([bundle.rows(CONTEXT, values(request.context))]),
    )
    clicked = vectors[history].mean(0) if history else torch.zeros(model.item_width)
    base = [
        candidate.pctr_base if candidate.HasField("pctr_base") else math.nan
        for candidate in request.candidates
    ]
    n = len(candidates)
    return model.logit(
        user.expand(n, -1), clicked.expand(n, -1), vectors[candidates], torch.tensor(base)
    )


def train(model, items):
    """Somebody who clicked a colour clicks it again: enough for weights that are not as they began."""
    optimizer = torch.optim.Adam(model.parameters(), 0.002)
    for _ in range(150):
        request = make_request(items)
        liked = {(item_id - 1001) // 3 % 4 for item_id in request.user.history}
        clicks = [float((c.item_id - 1001) // 3 % 4 in liked) for c in request.candidates]
        loss = torch.nn.functional.binary_cross_entropy_with_logits(
            logits(model, items, request), torch.tensor(clicks)
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def scored(model, items):
    request = make_request(items)
    with torch.no_grad():
        return request, torch.sigmoid(logits(model, items, request)).tolist()


def make_golden(model, items, encoder, quantizer, tokens):
    """Requests and an item with what PyTorch says of them; servers refuse a bundle that says else."""
    golden = golden_pb2.Golden()
    for _ in range(20):
        request, pctr = scored(model, items)
        golden.scores.add(request=request, pctr=pctr)
    words = tokens("red robot")
    ids = torch.tensor([words + [0] * (TOKENS - len(words))])
    with torch.no_grad():
        no_image = torch.zeros(1, 3, 32, 32, dtype=torch.uint8)
        z = encoder(no_image, torch.tensor([False]), ids, ids > 0)
        codes = quantizer.quantize(z)
    item = golden.items.add(z=z[0].tolist(), codes=codes[0].tolist())
    item.item.item_id, item.item.title = 9000001, "Red robot"
    return golden


def main(repository):
    tokenizer, tokens = bundle.word_tokenizer(COLOURS + THINGS)
    encoder = Encoder(2 + len(COLOURS + THINGS), Z).eval()
    quantizer = Quantizer(torch.randn(LEVELS, CODES, Z) * 0.3)
    items = make_items(encoder, quantizer, tokens)
    model = ClickModel(
        items["item_ids"],
        bundle.table_size(ITEM),
        bundle.table_size(PROFILE),
        bundle.table_size(CONTEXT),
        len(STATS),
        Z,
    )
    train(model, items)
    no_shift = {"withBase": 0.0, "withoutBase": 0.0}
    manifest = {
        "variant": "mlp",
        "createdAt": datetime.now(timezone.utc).isoformat(),
        "dims": {
            "zDim": Z,
            "levels": LEVELS,
            "codebookSize": CODES,
            "mbaDim": 1,
            "heads": 1,
            "historyLength": HISTORY,
            "stateWidth": model.item_width,
            "userWidth": model.user_width,
            "stateHoldsHistory": False,
        },
        "features": {"profile": PROFILE, "context": CONTEXT, "item": ITEM, "itemStats": STATS},
        "image": {"size": 32},
        "text": {"maxTokens": TOKENS},
        "lineage": {"dataSet": "made up", "seed": 1, "trainedUntil": 0, "rankerParent": None},
        "provenance": {
            "command": sys.argv,
            "dataSha": "",
            "threads": torch.get_num_threads(),
            "settings": {},
            "stages": {},
            "versions": {"torch": torch.__version__},
        },
        "metrics": {},
        "fallback": {"unknownItem": no_shift, "sharedCategory": no_shift, "sharedCodes": no_shift},
        "goldenTolerance": 1e-5,
    }
    golden = make_golden(model, items, encoder, quantizer, tokens)
    archives = {
        "encoder.pt": encoder,
        "rq.pt": quantizer,
        "mba.pt": Alignment(),
        "ranker.pt": Ranker(model, len(PROFILE)),
    }
    print(bundle.write(repository, "mlp", 1, manifest, archives, tokenizer, golden, items))
    expected = [scored(model, items) for _ in range(50)]
    with open(os.path.join(repository, "expected.json"), "w", encoding="utf-8") as file:
        for request, pctr in expected:
            file.write(json.dumps({"request": MessageToDict(request), "pctr": pctr}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
