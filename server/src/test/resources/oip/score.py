"""Scores candidates by Triton's own client, as it is published: ADDRESS MODEL ID,…"""

import sys

import numpy as np
import tritonclient.grpc as triton
from tritonclient.utils import InferenceServerException

address, model = sys.argv[1], sys.argv[2]
ids = np.array([int(id) for id in sys.argv[3].split(",")])


def tensor(name, values, datatype):
    given = triton.InferInput(name, list(values.shape), datatype)
    given.set_data_from_numpy(values)
    return given


with triton.InferenceServerClient(address) as client:
    print("ready", client.is_server_live(), client.is_server_ready(), client.is_model_ready(model))
    print("server", client.get_server_metadata().name)
    print("inputs", *(given.name for given in client.get_model_metadata(model).inputs))
    inputs = [
        tensor("candidate_ids", ids, "INT64"),
        tensor("user_id", np.array([b"somebody"], dtype=object), "BYTES"),
        tensor("history", ids[:2], "INT64"),
    ]
    result = client.infer(model, inputs, request_id="first")
    print("pctr", *(float(pctr) for pctr in result.as_numpy("pctr")))
    print("source", *(source.decode() for source in result.as_numpy("source")))
    best = client.infer(model, inputs, parameters={"top_k": 1})
    print("ranked", *best.as_numpy("ranked"))
    try:
        client.infer(model, [tensor("candidate_ids", ids.astype(np.float32), "FP32")])
    except InferenceServerException as refused:
        print("refused", refused.status())
