"""Ranks a user's candidates on a SaviorRec server, puts up a new item, and ranks it with them.

    pip install grpcio grpcio-tools
    python -m grpc_tools.protoc -I ../../proto/src/main/proto --python_out=. --grpc_python_out=. \
        saviorrec/v1/scoring.proto saviorrec/v1/items.proto
    python rank.py TARGET USER HISTORY CANDIDATES PICTURE

for instance: python rank.py localhost:8500 10072 1000017,1000034 1000051,1000068 scarf.png
"""

import json
import os
import sys

import grpc
from saviorrec.v1 import items_pb2, items_pb2_grpc, scoring_pb2, scoring_pb2_grpc

# What a page can wait, retries included; an item's picture takes the server longer.
SCORE_SECONDS = float(os.environ.get("SAVIOR_DEADLINE_MS", 300)) / 1000
UPSERT_SECONDS = 10
NEW_ITEM = 9000001

# A PEM file of the authorities that the servers' certificates are of; without it, plaintext.
AUTHORITIES = os.environ.get("SAVIOR_AUTHORITIES")

# Calls go round all addresses of the name. Retries have a budget: ten failures use it up, ten
# successes earn one back. Where a server says when to come back, gRPC waits so long.
SERVICE_CONFIG = {
    "loadBalancingConfig": [{"round_robin": {}}],
    "methodConfig": [
        {
            "name": [{"service": "saviorrec.v1.Scoring"}, {"service": "saviorrec.v1.Items"}],
            "retryPolicy": {
                "maxAttempts": 3,
                "initialBackoff": "0.02s",
                "maxBackoff": "0.5s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE", "RESOURCE_EXHAUSTED"],
            },
        }
    ],
    "retryThrottling": {"maxTokens": 10, "tokenRatio": 0.1},
}

# Nobody answers in time, or at all: show the page without scores. Anything else is a mistake.
NO_ANSWER = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.INTERNAL,
}


def connect(target):
    """One channel serves a whole process."""
    options = [("grpc.service_config", json.dumps(SERVICE_CONFIG))]
    if not AUTHORITIES:
        return grpc.insecure_channel(target, options)
    with open(AUTHORITIES, "rb") as file:
        return grpc.secure_channel(target, grpc.ssl_channel_credentials(file.read()), options)


def metadata():
    """Who calls, where servers ask for it. Only over TLS: whoever listens could use the token."""
    token = os.environ.get("SAVIOR_TOKEN")
    return [("authorization", "Bearer " + token)] if token and AUTHORITIES else []


def rank(scoring, user, history, candidates):
    """The candidates with click probability and source, the likeliest first; as they came, and
    with neither, where there is no answer."""
    request = scoring_pb2.ScoreRequest(
        user=scoring_pb2.User(user_id=user, history=history),
        candidate_ids=candidates,
        flags={"caller": "example"},
    )
    try:
        response = scoring.Score(request, timeout=SCORE_SECONDS, metadata=metadata())
    except grpc.RpcError as failure:
        if failure.code() not in NO_ANSWER:
            raise
        print(f"not ranked: {failure.code().name}: {failure.details()}", file=sys.stderr)
        return [(candidate, None, None) for candidate in candidates]
    sources = map(scoring_pb2.ScoreSource.Name, response.sources)
    return sorted(zip(candidates, response.pctr, sources), key=lambda scored: -scored[1])


def put_up(items, item_id, title, picture):
    """Once this returns, the item can be scored."""
    with open(picture, "rb") as file:
        item = items_pb2.Item(item_id=item_id, title=title, image=file.read())
    response = items.UpsertItems(
        items_pb2.UpsertItemsRequest(items=[item]), timeout=UPSERT_SECONDS, metadata=metadata()
    )
    # What is wrong with one item fails no other, so it is not the call's status.
    if response.results[0].error:
        raise ValueError(f"item {item_id}: {response.results[0].error}")


def main(target, user, history, candidates, picture):
    user = int(user)
    history = [int(item) for item in history.split(",")]
    candidates = [int(item) for item in candidates.split(",")]
    with connect(target) as channel:
        scoring = scoring_pb2_grpc.ScoringStub(channel)
        for scored in rank(scoring, user, history, candidates):
            print(*scored)
        put_up(items_pb2_grpc.ItemsStub(channel), NEW_ITEM, "Red scarf", picture)
        for scored in rank(scoring, user, history, [*candidates, NEW_ITEM]):
            print(*scored)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except grpc.RpcError as failure:
        sys.exit(f"{failure.code().name}: {failure.details()}")
