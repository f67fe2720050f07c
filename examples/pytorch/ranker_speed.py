"""Trains the ranker's network in plain PyTorch and says how fast, to be held against the trainer.

    pip install torch numpy pyarrow
    taskset -c 0 python ranker_speed.py DATASET
    taskset -c 0 savior train DATASET models

Both take the page views of DATASET's training period in batches of 500 impressions, on one core, with the defaults
of the preset `small`: what the history is attended with, the DNN, Adagrad for tables and AdamW for the rest. Only
shapes matter for speed, so z, semantic IDs and statistics are made up here. Page views are sorted by size within
windows of 20 batches, so that little is padded. Batches are assembled beforehand and not timed; the trainer's figure
has all that a step takes. DATASET has the files as `synth` and `import` write them, with `pctr_base`.
"""

import argparse
import json
import os
import time

import numpy as np
import pyarrow.parquet as pq
import torch
from torch import nn
from torch.nn import functional as F

Z, LEVELS, CODES, CODE_WIDTH, STATS, BUCKETS = 64, 4, 64, 16, 3, 16
ID_WIDTH, STAT_WIDTH, FEATURE_WIDTH, FEATURES = 16, 8, 8, 128
FIRST, SECOND = 256, 128


class Item(nn.Module):
    """h, and z after the alignment, of items. With smooth normalisation the fusion layer is applied to the codes."""

    def __init__(self, items, columns, uses_z):
        super().__init__()
        self.uses_z = uses_z
        self.identity = nn.Embedding(items + 1, ID_WIDTH, sparse=True)
        self.statistic = nn.Embedding((STATS + 1) * BUCKETS, STAT_WIDTH)
        self.feature = nn.Embedding(columns * FEATURES, FEATURE_WIDTH, sparse=True)
        self.register_buffer("boundaries", torch.linspace(0, 8, BUCKETS - 1).repeat(STATS + 1, 1))
        self.width = ID_WIDTH + (STATS + 1) * (STAT_WIDTH + 1) + columns * FEATURE_WIDTH
        if uses_z:
            self.codebook = nn.Parameter(torch.zeros(LEVELS, CODES, CODE_WIDTH))
            self.fusion = nn.Parameter(torch.randn(LEVELS, CODE_WIDTH, Z) * 0.1)

    def behaviour(self, ids, stats, features):
        rate = (stats[:, 1] + 0.5) / (stats[:, 0] + 10)
        values = torch.cat([stats, rate.unsqueeze(1)], 1)
        bucket = torch.searchsorted(self.boundaries, values.t().contiguous()).t()
        rows = self.statistic(bucket + torch.arange(STATS + 1) * BUCKETS)
        numbers = torch.cat([torch.log1p(stats), torch.logit(rate, 1e-6).unsqueeze(1)], 1).clamp(-4, 4)
        return torch.cat([self.identity(ids), rows.flatten(1), numbers, self.feature(features).flatten(1)], 1)

    def aligned(self, z, codes):
        at = codes + torch.arange(LEVELS) * CODES
        fused = torch.bmm(self.codebook, self.fusion).flatten(0, 1)
        square = F.embedding(at, self.codebook.pow(2).sum(2).view(-1, 1)).sum(1)
        return (z + F.embedding(at, fused).sum(1) * torch.rsqrt(square + 1)) * Z**0.5


class Attention(nn.Module):
    """The heads that ask with one side. No head projects the history: W^q W^k is one matrix of the candidate, and
    W^v comes after the sum over the history."""

    def __init__(self, asks, own, other, own_heads, other_heads, width):
        super().__init__()
        heads = own_heads + other_heads
        self.own_heads = own_heads
        self.query = nn.Linear(asks, heads * width, bias=False)
        self.key = nn.Parameter(torch.randn(heads, width, own) * own**-0.5)
        self.value = nn.Parameter(torch.randn(own_heads, own, width) * own**-0.5)
        self.cross = nn.Parameter(torch.randn(other_heads, other, width) * other**-0.5)

    def taken(self, weights, past, value, pages, candidates):
        heads = value.size(0)
        taken = torch.bmm(weights, past).view(pages, heads, candidates, -1).transpose(0, 1).flatten(1, 2)
        return torch.bmm(taken, value).view(heads, pages, candidates, -1).permute(1, 2, 0, 3)

    def forward(self, x, past, other, clicks):
        pages, candidates, _ = x.shape
        heads, width, _ = self.key.shape
        q = self.query(x) / (width**0.5 * clicks)
        asks = torch.bmm(q.view(pages * candidates, heads, width).transpose(0, 1), self.key)
        asks = asks.view(heads, pages, candidates, -1).transpose(0, 1).flatten(1, 2)
        scores = torch.bmm(asks, past.transpose(1, 2))
        own = self.own_heads * candidates
        scores_own, scores_other = torch.split(scores, [own, scores.size(1) - own], 1)
        out = self.taken(scores_own, past, self.value, pages, candidates)
        if self.cross.size(0) > 0:
            out = torch.cat([out, self.taken(scores_other, other, self.cross, pages, candidates)], 2)
        summary = scores.sum(2).view(pages, heads, candidates, 1).transpose(1, 2)
        return torch.cat([out, summary], 3).flatten(0, 1).flatten(1)


def rows_of(x, numbers):
    """Rows of x by their numbers, zero for the number after the last."""
    return torch.index_select(F.pad(x, (0, 0, 0, 1)), 0, numbers.flatten()).view(*numbers.shape, -1)


class Ranker(nn.Module):
    def __init__(self, items, columns, profile, context, heads, width, uses_z):
        super().__init__()
        self.item = Item(items, columns, uses_z)
        h = self.item.width
        cross = heads if uses_z else 0
        self.by_h = Attention(h, h, Z, heads, cross, width)
        self.by_z = Attention(Z, Z, h, heads, heads, width) if uses_z else None
        self.profile = nn.Embedding(max(1, profile) * FEATURES, FEATURE_WIDTH, sparse=True)
        self.context = nn.Embedding(max(1, context) * FEATURES, FEATURE_WIDTH, sparse=True)
        self.base = nn.Embedding(BUCKETS + 1, 8)
        self.register_buffer("base_boundaries", torch.linspace(-6, 2, BUCKETS - 1))
        blocks = (2 if uses_z else 0) + (2 if uses_z else 1)
        per_candidate = blocks * heads * (width + 1) + h + (Z if uses_z else 0) + 10
        self.first = nn.Linear(per_candidate, FIRST)
        self.first_user = nn.Linear((profile + context) * FEATURE_WIDTH + 1, FIRST, bias=False)
        self.second = nn.Linear(FIRST, SECOND)
        self.third = nn.Linear(SECOND, 1)

    def forward(self, b, dropout):
        rows = b["place"].size(0)
        both = self.item.behaviour(b["ids"], b["stats"], b["features"])
        past_h, h = both[:-rows], both[-rows:]
        past_h = rows_of(past_h, b["history"])
        clicks = b["clicks"].clamp(min=1).view(-1, 1, 1)
        parts = []
        if self.by_z is None:
            parts.append(torch.index_select(self.by_h(rows_of(h, b["grid"]), past_h, past_h, clicks), 0, b["place"]))
            per_item = [h]
        else:
            both_z = self.item.aligned(b["z"], b["codes"])
            past_z, z = both_z[:-rows], both_z[-rows:]
            past_z = rows_of(past_z, b["history_z"])
            parts.append(torch.index_select(self.by_h(rows_of(h, b["grid"]), past_h, past_z, clicks), 0, b["place"]))
            parts.append(torch.index_select(self.by_z(rows_of(z, b["grid"]), past_z, past_h, clicks), 0, b["place"]))
            per_item = [h, z]
        logit = torch.logit(b["pctr_base"], 1e-6)
        base = torch.cat([self.base(torch.bucketize(logit, self.base_boundaries)), logit.unsqueeze(1),
                          torch.ones(rows, 1)], 1)
        user = torch.cat([self.profile(b["profile"]).flatten(1), self.context(b["context"]).flatten(1),
                          torch.log1p(b["clicks"]).unsqueeze(1)], 1)
        user = torch.repeat_interleave(self.first_user(user), b["sizes"], 0)
        x = F.leaky_relu(self.first(torch.cat(parts + per_item + [base], 1)) + user)
        x = F.leaky_relu(self.second(F.dropout(x, dropout)))
        return self.third(F.dropout(x, dropout)).squeeze(1) + logit


def columns_of(table, without):
    """Every other column as numbers below FEATURES, of its own range of rows."""
    names = [name for name in table.column_names if name not in without]
    rows = [np.unique(table[name].to_numpy(zero_copy_only=False).astype(str), return_inverse=True)[1] % FEATURES
            + at * FEATURES for at, name in enumerate(names)]
    return np.stack(rows, 1) if rows else np.zeros((table.num_rows, 0), np.int64)


class Log:
    """The page views of a data set's training period with their histories."""

    def __init__(self, folder, history):
        with open(os.path.join(folder, "dataset.json"), encoding="utf-8") as file:
            cuts = json.load(file)
        table = pq.read_table(os.path.join(folder, "impressions.parquet")).sort_by(
            [("user_id", "ascending"), ("timestamp", "ascending")])
        user, time_, clicked = (table[name].to_numpy() for name in ("user_id", "timestamp", "clicked"))
        items = pq.read_table(os.path.join(folder, "items.parquet"), columns=["item_id", "category"])
        ids = np.sort(items["item_id"].to_numpy())
        self.items = len(ids)
        self.item = np.searchsorted(ids, table["item_id"].to_numpy())
        self.item_columns = columns_of(items, {"item_id"})
        self.context = columns_of(table, {"user_id", "item_id", "timestamp", "clicked", "pctr_base"})
        self.profile = np.zeros((int(user.max()) + 1, 0), np.int64)
        users = os.path.join(folder, "users.parquet")
        if os.path.exists(users):
            table_of_users = pq.read_table(users)
            columns = columns_of(table_of_users, {"user_id"})
            ids_of_users = table_of_users["user_id"].to_numpy()
            self.profile = np.zeros((int(max(user.max(), ids_of_users.max())) + 1, columns.shape[1]), np.int64)
            self.profile[ids_of_users] = columns
        self.clicked = clicked
        self.pctr_base = np.nan_to_num(table["pctr_base"].to_numpy(), nan=0.5).astype(np.float32)
        self.user = user
        start = np.flatnonzero(np.r_[True, (user[1:] != user[:-1]) | (time_[1:] != time_[:-1])])
        self.page = start[(time_[start] >= cuts.get("warmup_until", 0)) & (time_[start] < cuts["validation_from"])]
        self.end = np.r_[start[1:], len(user)][np.searchsorted(start, self.page)]
        self.day = time_[self.page] // 86400
        self.click = np.flatnonzero(clicked)
        self.history_end = np.searchsorted(self.click, self.page)
        first = np.searchsorted(self.click, np.searchsorted(user, user[self.page]))
        self.history_start = np.maximum(first, self.history_end - history)

    def batches(self, size, most, generator):
        """Page views in a random order, in batches of page views that are about equally long."""
        length = self.end - self.page
        order = generator.permutation(len(self.page))
        window = int(20 * size / length.mean())
        cut = []
        for at in range(0, len(order), window):
            part = order[at:at + window]
            part = part[np.argsort(length[part], kind="stable")]
            cut.extend(np.split(part, np.flatnonzero(np.diff(np.cumsum(length[part]) // size)) + 1))
        generator.shuffle(cut)
        return [self.batch(pages, generator) for pages in cut[:most]]

    def batch(self, pages, generator):
        samples = np.concatenate([np.arange(self.page[p], self.end[p]) for p in pages])
        sizes = self.end[pages] - self.page[pages]
        clicks = self.history_end[pages] - self.history_start[pages]
        longest, candidates = max(1, clicks.max()), sizes.max()
        held = np.arange(longest) < clicks[:, None]
        item = self.item[self.click[(self.history_start[pages][:, None] + np.arange(longest))[held]]]
        day = np.broadcast_to(self.day[pages][:, None], held.shape)[held]
        distinct, number = np.unique(day * self.items + item, return_inverse=True)
        distinct_z, number_z = np.unique(item, return_inverse=True)
        history = np.full(held.shape, len(distinct))
        history_z = np.full(held.shape, len(distinct_z))
        history[held], history_z[held] = number, number_z
        at = np.arange(candidates) < sizes[:, None]
        grid = np.full(at.shape, len(samples))
        grid[at] = np.arange(len(samples))
        ids = np.concatenate([distinct % self.items, self.item[samples]])
        of_z = np.concatenate([distinct_z, self.item[samples]])
        batch = {
            "ids": ids, "features": self.item_columns[ids],
            "stats": generator.integers(1, 1000, (len(ids), STATS)).astype(np.float32),
            "z": generator.standard_normal((len(of_z), Z)).astype(np.float32) / Z**0.5,
            "codes": generator.integers(0, CODES, (len(of_z), LEVELS)),
            "history": history, "history_z": history_z, "clicks": clicks.astype(np.float32),
            "grid": grid, "place": np.flatnonzero(at), "sizes": sizes,
            "pctr_base": self.pctr_base[samples], "profile": self.profile[self.user[self.page[pages]]],
            "context": self.context[self.page[pages]], "clicked": self.clicked[samples].astype(np.float32)}
        return {name: torch.from_numpy(np.ascontiguousarray(value)) for name, value in batch.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset")
    parser.add_argument("--variant", choices=["saviorrec", "base"], default="saviorrec")
    parser.add_argument("--history", type=int, default=100)
    parser.add_argument("--heads", type=int, default=8)
    parser.add_argument("--width", type=int, default=8, help="of one head")
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--batches", type=int, default=200, help="different ones that are kept in memory")
    parser.add_argument("--seconds", type=float, default=30)
    args = parser.parse_args()

    torch.set_num_threads(1)
    torch.manual_seed(1)
    log = Log(args.dataset, args.history)
    print(f"{len(log.page):,} page views of {(log.end - log.page).mean():.2f} impressions, with"
          f" {(log.history_end - log.history_start).mean():.1f} clicks before each")
    batches = log.batches(500, args.batches, np.random.default_rng(1))
    model = Ranker(log.items, log.item_columns.shape[1], log.profile.shape[1], log.context.shape[1], args.heads,
                   args.width, args.variant == "saviorrec")
    sparse = [m.weight for m in model.modules() if isinstance(m, nn.Embedding)]
    tables = sparse + ([model.item.codebook] if args.variant == "saviorrec" else [])
    dense = [p for p in model.parameters() if not any(p is t for t in tables)]
    optimizers = [torch.optim.Adagrad(tables, 0.02), torch.optim.AdamW(dense, 0.003, (0.9, 0.99), fused=True)]

    def step(batch):
        loss = F.binary_cross_entropy_with_logits(model(batch, args.dropout), batch["clicked"])
        loss.backward()
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        return batch["clicked"].numel(), loss.item()

    for batch in batches[:20]:
        step(batch)
    samples, steps, losses = 0, 0, []
    begun, cpu = time.perf_counter(), time.process_time()
    while time.perf_counter() - begun < args.seconds:
        count, loss = step(batches[steps % len(batches)])
        samples, steps = samples + count, steps + 1
        losses.append(loss)
    seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    print(f"PyTorch {torch.__version__}, {args.variant}: {samples / seconds:,.0f} samples/s,"
          f" {samples / cpu:,.0f} a CPU second, {steps} steps, last loss {np.mean(losses[-100:]):.4f}")


if __name__ == "__main__":
    main()
