# The ranker: behaviour features, MBA, bi-directional target attention (eqs. 10-15) and the DNN (eq. 16).
#
# G page views, C candidates of each, n history items, F item columns, S statistics, D = z_dim,
# B = d_b width of h (ID, statistics and item columns),
# T attention heads in all, of width w. Heads stand in the order b, b2m, m, m2b (eqs. 11, 14, 12, 13): the first two
# ask with h, the last two with z. A variant without a block has no heads for it; nothing else changes.
#
# Training and serving compute the same function in two ways. Training (`logits`) takes every item by its features.
# Serving keeps in tables what depends on an item alone and on a user alone, and leaves to `score` only what depends on
# both; its part of the text begins at "Serving".


# ids i64[...] -> 1 + position in the sorted vocabulary, 0 for an id that is not in it.
def position(self, ids: Tensor, vocabulary: Tensor) -> Tensor:
    at = torch.searchsorted(vocabulary, ids).clamp(max=vocabulary.size(0) - 1)
    known = torch.embedding(vocabulary.unsqueeze(1), at).squeeze(-1) == ids
    return (at + 1) * known.to(ids.dtype)


# stats f32[N, S], raw -> f32[N, (S+1)*width]: each statistic, and last the click rate smoothed towards the prior.
def statistics(self, stats: Tensor) -> Tensor:
    rate = ((stats[:, self.clicks_column] + self.rate_prior * self.rate_strength)
            / (stats[:, self.pv_column] + self.rate_strength))
    values = torch.cat([stats, rate.unsqueeze(1)], 1)
    buckets = self.stat_boundaries.size(1) + 1
    index = torch.searchsorted(self.stat_boundaries, values.t().contiguous()).t()
    return torch.embedding(self.stat_table, index + torch.arange(values.size(1), device=index.device) * buckets).flatten(1)


# h f32[N, B]: the behaviour side of an item. An item with pv = 0 of an unknown id still has its statistics' buckets.
def behaviour(self, item_id: Tensor, stats: Tensor, features: Tensor) -> Tensor:
    identity = torch.embedding(self.item_table, self.position(item_id, self.item_vocabulary))
    return torch.cat([identity, self.statistics(stats), torch.embedding(self.feature_table, features).flatten(1)], 1)


# z_align f32[N, D], scaled by sqrt(D) so that its coordinates are of order one.
def modal(self, z: Tensor, codes: Tensor) -> Tensor:
    return self.mba.align(z, codes) * self.z_scale


# What a candidate asks with: f32[N, T*w].
def query(self, h: Tensor, za: Tensor) -> Tensor:
    return torch.cat([torch.linear(h, self.query_h), torch.linear(za, self.query_z)], 1)


# The item's part of the first DNN layer: f32[N, W1].
def item_first_layer(self, h: Tensor, za: Tensor) -> Tensor:
    return torch.linear(h, self.first_h) + torch.linear(za[:, :self.first_z.size(1)], self.first_z)


# Sum over the history of k v^T: k f32[G, n, T, w], v f32[G, n, T, u] -> f32[G, T, w, u]. For one page a matrix product
# for each head; for many pages these are too many and too small for BLAS, and sums of products are faster.
def moments(self, k: Tensor, v: Tensor) -> Tensor:
    if k.size(0) == 1:
        return torch.matmul(k.permute(0, 2, 3, 1), v.transpose(1, 2))
    rows = []
    for column in torch.unbind(k, 3):
        rows.append((column.unsqueeze(3) * v).sum(1))
    return torch.stack(rows, 2)


# h f32[G, n, B], za f32[G, n, D], mask bool[G, n] -> all that the attention needs of the history:
# linear norms  f32[G, T, w, w (+1)]: K^T V / sqrt(w), and K^T 1 / sqrt(w) for the score summary
# softmax       f32[G, T, n, 2w+1]: K, V and the mask
def attend_history(self, h: Tensor, za: Tensor, mask: Tensor) -> Tensor:
    pages = h.size(0)
    n = h.size(1)
    w = self.head_width
    split_h = self.behaviour_heads * w
    split_z = self.cross_heads * w
    keys = torch.cat([torch.linear(h, self.key_h), torch.linear(za, self.key_z)], 2)
    values_h = torch.linear(h, self.value_h)
    values_z = torch.linear(za, self.value_z)
    values = torch.cat(
        [values_h[:, :, :split_h], values_z[:, :, :split_z], values_z[:, :, split_z:], values_h[:, :, split_h:]], 2)
    k = keys.view(pages, n, -1, w)
    v = values.view(pages, n, -1, w)
    valid = mask.to(h.dtype)
    if self.attention_norm == 0:
        flag = valid.view(pages, 1, n, 1).expand(pages, k.size(2), n, 1)
        return torch.cat([k.transpose(1, 2), v.transpose(1, 2), flag], 3)
    weight = valid * self.score_scale
    if self.attention_norm == 2:
        weight = weight / valid.sum(1, True).clamp(min=1.0)
    k = k * weight.view(pages, n, 1, 1)
    if self.summaries == 1:
        v = torch.cat([v, torch.ones_like(v[:, :, :, :1])], 3)
    return self.moments(k, v)


# query f32[G, C, T*w] against the history's state -> f32[G, C, T*(w + summaries)]. Eqs. 10-15.
def attend(self, query: Tensor, state: Tensor) -> Tensor:
    pages = query.size(0)
    candidates = query.size(1)
    w = self.head_width
    q = query.view(pages, candidates, -1, w)
    if self.attention_norm != 0:
        if pages == 1:
            return torch.matmul(q.transpose(1, 2), state).transpose(1, 2).flatten(2)
        return (q.unsqueeze(4) * state.unsqueeze(1)).sum(3).flatten(2)
    q = q.transpose(1, 2)
    k = state[:, :, :, :w]
    v = state[:, :, :, w:2 * w]
    valid = state[:, :, :, 2 * w].unsqueeze(2)
    count = valid.sum(3, True)
    scores = torch.matmul(q, k.transpose(2, 3)) * self.score_scale
    masked = scores.masked_fill(valid == 0, -1e9)
    some = (count > 0).to(scores.dtype)
    out = torch.matmul(torch.softmax(masked, 3), v) * some
    if self.summaries == 0:
        return out.transpose(1, 2).flatten(2)
    count = count.clamp(min=1.0)
    mean = (scores * valid).sum(3, True) / count
    log_mean_exp = (torch.logsumexp(masked, 3, True) - torch.log(count)) * some
    return torch.cat([out, mean, log_mean_exp], 3).transpose(1, 2).flatten(2)


# The user's part of the first DNN layer, with the bias: clicks f32[G, 1], the length of the history -> f32[G, W1].
def user_first(self, user_id: Tensor, profile: Tensor, context: Tensor, clicks: Tensor) -> Tensor:
    identity = torch.embedding(self.user_table, self.position(user_id, self.user_vocabulary))
    features = torch.cat([
        identity[:, :self.user_width],
        torch.embedding(self.profile_table, profile).flatten(1),
        torch.embedding(self.context_table, context).flatten(1),
        torch.log1p(clicks),
    ], 1)
    return torch.linear(features, self.first_user, self.first_bias)


# logit(pctr_base) f32[G, C], 0 where absent (NaN).
def base_logit(self, pctr_base: Tensor) -> Tensor:
    absent = torch.isnan(pctr_base)
    p = torch.where(absent, torch.full_like(pctr_base, 0.5), pctr_base).clamp(1e-6, 1 - 1e-6)
    return torch.log(p) - torch.log1p(-p)


# The base model's prediction as input of the DNN: f32[..., base_width + 2].
def base_input(self, logit: Tensor, absent: Tensor, present: Tensor) -> Tensor:
    bucket = torch.bucketize(logit, self.base_boundaries)
    bucket = bucket.masked_fill(absent, self.base_boundaries.size(0) + 1)
    standard = (logit - self.base_mean) / self.base_deviation * present
    return torch.cat([torch.embedding(self.base_table, bucket), standard.unsqueeze(-1), present.unsqueeze(-1)], -1)


# The DNN, eq. 16. attention f32[G, C, *], item_first f32[G, C, W1], user_first f32[G, W1] -> logits f32[G, C].
def dnn(self, attention: Tensor, item_first: Tensor, user_first: Tensor, pctr_base: Tensor, train: bool) -> Tensor:
    logit = self.base_logit(pctr_base)
    absent = torch.isnan(pctr_base)
    present = (~absent).to(logit.dtype)
    base = self.base_input(logit, absent, present)
    x = torch.linear(attention, self.first_attention) + item_first + user_first.unsqueeze(1)
    x = torch.leaky_relu(x + torch.linear(base, self.first_base), 0.01)
    x = torch.dropout(x, self.dropout, train)
    x = torch.leaky_relu(torch.linear(x, self.second, self.second_bias), 0.01)
    x = torch.dropout(x, self.dropout, train)
    out = torch.linear(x, self.third, self.third_bias).squeeze(2)
    return out + self.residual * logit * present


# Training and offline prediction: every item by its features, nothing cached.
# history_* [G, n, ...], candidate_* [G, C, ...] -> logits f32[G, C].
def logits(self, user_id: Tensor, profile: Tensor, context: Tensor,
           history_id: Tensor, history_stats: Tensor, history_features: Tensor, history_z: Tensor,
           history_codes: Tensor, history_mask: Tensor,
           candidate_id: Tensor, candidate_stats: Tensor, candidate_features: Tensor, candidate_z: Tensor,
           candidate_codes: Tensor, pctr_base: Tensor, train: bool) -> Tensor:
    pages = history_id.size(0)
    n = history_id.size(1)
    candidates = candidate_id.size(1)
    # One pass over history and candidates: the same lookups, once.
    rows = pages * n
    h = self.behaviour(
        torch.cat([history_id.flatten(), candidate_id.flatten()]),
        torch.cat([history_stats.flatten(0, 1), candidate_stats.flatten(0, 1)]),
        torch.cat([history_features.flatten(0, 1), candidate_features.flatten(0, 1)]))
    za = self.modal(
        torch.cat([history_z.flatten(0, 1), candidate_z.flatten(0, 1)]),
        torch.cat([history_codes.flatten(0, 1), candidate_codes.flatten(0, 1)]))
    state = self.attend_history(
        h[:rows].view(pages, n, -1), za[:rows].view(pages, n, -1), history_mask)
    h = h[rows:]
    za = za[rows:]
    attention = self.attend(self.query(h, za).view(pages, candidates, -1), state)
    return self.dnn(
        attention, self.item_first_layer(h, za).view(pages, candidates, -1),
        self.user_first(user_id, profile, context, history_mask.to(h.dtype).sum(1, True)), pctr_base, train)


# --- Serving ----------------------------------------------------------------------------------------------------------
#
# An item's state has three parts, each with a table of its own, by slot:
#   keys     linear norms: x = [h (B) | z_align*sqrt(D) (D)], which K, V and Q are linear in
#            softmax: [K (T*w) | V (T*w)]
#   query    softmax: Q (T*w) / sqrt(w); nothing with linear norms, where a candidate asks with its x
#   first    the item's part of the first DNN layer (W1)
# A user's state is a row of `users`, f32: [sums (T*w*(w+s)) | clicks | the user's part of the first DNN layer (W1)],
# where the sums are those of k (v, 1)^T over the history, s = `summaries`; nothing with softmax, which needs the history
# itself. Row 0 of either table stands for one of which nothing is known.


# Copies of the weights and empty tables in the type of the scores' arithmetic: precision i64[1], 0 for float32 and
# 1 for bfloat16. What comes in and goes out, and the users' states, are float32 with both.
def prepare(self, precision: Tensor) -> Tensor:
    kind = self.bfloat16 if int(precision.item()) == 1 else self.float32
    w = self.head_width
    wide = w + self.summaries
    weights = self.first_attention.detach().t().view(-1, wide, self.second.size(1))
    if self.attention_norm == 0:
        # Serving has all outputs of the heads first, then all means, then all logarithms.
        parts = [weights[:, :w].flatten(0, 1)]
        for column in range(w, wide):
            parts.append(weights[:, column])
        weights = torch.cat(parts)
    self.serve_attention = torch.cat([weights.reshape(-1, weights.size(-1)), self.first_base.detach().t()]).to(kind)
    self.serve_query_h = self.query_h.detach().view(self.query_h.size(0) // w, w, self.behaviour_width).transpose(1, 2).contiguous()
    self.serve_query_z = self.query_z.detach().view(self.query_z.size(0) // w, w, self.z_dim).transpose(1, 2).contiguous()
    self.serve_second = self.second.detach().to(kind)
    self.serve_second_bias = self.second_bias.detach().to(kind)
    device = self.second.device
    keys, query = self.item_widths()
    self.item_keys = torch.zeros([1, keys], dtype=kind, device=device)
    self.item_queries = torch.zeros([1, query], dtype=kind, device=device)
    self.item_first = torch.zeros([1, self.second.size(1)], dtype=kind, device=device)
    self.users = torch.zeros([1, self.user_row()], device=device)
    return precision


# Widths of an item's keys and of its query.
def item_widths(self) -> Tuple[int, int]:
    if self.attention_norm == 0:
        heads = self.query_h.size(0) + self.query_z.size(0)
        return 2 * heads, heads
    return self.behaviour_width + self.z_dim, 0


# Sums in a user's state.
def sum_count(self) -> int:
    if self.attention_norm == 0:
        return 0
    return (self.query_h.size(0) + self.query_z.size(0)) * (self.head_width + self.summaries)


def user_row(self) -> int:
    return self.sum_count() + 1 + self.second.size(1)


# Allocates the tables of item states: capacity i64[1].
def resize_items(self, capacity: Tensor) -> Tensor:
    rows = int(capacity.item())
    self.item_keys = self.item_keys.new_zeros([rows, self.item_keys.size(1)])
    self.item_queries = self.item_queries.new_zeros([rows, self.item_queries.size(1)])
    self.item_first = self.item_first.new_zeros([rows, self.item_first.size(1)])
    return capacity


# Allocates the table of user states: capacity i64[1].
def resize_users(self, capacity: Tensor) -> Tensor:
    self.users = self.users.new_zeros([int(capacity.item()), self.users.size(1)])
    return capacity


# Once per item: item_id i64[B], stats f32[B,S], features i64[B,F], z f32[B,D], codes i64[B,L] -> f32[B,E].
def item_state(self, item_id: Tensor, stats: Tensor, features: Tensor, z: Tensor, codes: Tensor) -> Tensor:
    h = self.behaviour(item_id, stats, features)
    za = self.modal(z, codes)
    first = self.item_first_layer(h, za)
    if self.attention_norm != 0:
        return torch.cat([h, za, first], 1)
    split_h = self.behaviour_heads * self.head_width
    split_z = self.cross_heads * self.head_width
    values_h = torch.linear(h, self.value_h)
    values_z = torch.linear(za, self.value_z)
    return torch.cat([
        torch.linear(h, self.key_h), torch.linear(za, self.key_z),
        values_h[:, :split_h], values_z[:, :split_z], values_z[:, split_z:], values_h[:, split_h:],
        self.query(h, za) * self.score_scale, first], 1)


# Writes rows of the tables of item states: slots i64[B], states f32[B,E].
def put_items(self, slots: Tensor, states: Tensor) -> Tensor:
    keys = self.item_keys.size(1)
    query = self.item_queries.size(1)
    kind = self.item_keys.dtype
    self.item_keys.index_copy_(0, slots, states[:, :keys].to(kind))
    self.item_queries.index_copy_(0, slots, states[:, keys:keys + query].to(kind))
    self.item_first.index_copy_(0, slots, states[:, keys + query:].to(kind))
    return slots


# Sums of k (v, 1)^T, f32[G, T*w*(w+s)], from those of x (x, 1)^T, f32[G, B+D, B+D+1]: K and V are linear in x, so that
# an item of a history costs one product with itself and no projection.
def sums(self, gram: Tensor) -> Tensor:
    w = self.head_width
    b = self.behaviour_width
    x = b + self.z_dim
    split_h = self.behaviour_heads * w
    split_z = self.cross_heads * w
    sides: List[Tensor] = []
    of_h = torch.cat([
        torch.matmul(gram[:, :b, :b], self.value_h[:split_h].t()),
        torch.matmul(gram[:, :b, b:x], self.value_z[:split_z].t())], 2)
    of_z = torch.cat([
        torch.matmul(gram[:, b:, b:x], self.value_z[split_z:].t()),
        torch.matmul(gram[:, b:, :b], self.value_h[split_h:].t())], 2)
    sides.append(self.by_head(self.key_h, of_h, gram[:, :b, x:]))
    sides.append(self.by_head(self.key_z, of_z, gram[:, b:, x:]))
    return torch.cat(sides, 1)


# keys f32[t*w, u], sums of x v^T f32[G, u, t*w] and of x f32[G, u, 1] -> sums of k (v, 1)^T, f32[G, t*w*(w+s)].
def by_head(self, keys: Tensor, of_values: Tensor, of_ones: Tensor) -> Tensor:
    w = self.head_width
    heads = keys.size(0) // w
    each = of_values.view(of_values.size(0), of_values.size(1), heads, w)
    if self.summaries == 1:
        each = torch.cat([each, of_ones.unsqueeze(2).expand(-1, -1, heads, 1)], 3)
    return torch.matmul(keys.view(heads, w, keys.size(1)), each.transpose(1, 2)).flatten(1)


# Once per user, or per change of a history: writes rows of `users`. slots i64[G]; previous i64[G], the row to start
# from, row 0 for none; user_id i64[G]; profile i64[G,P]; context i64[G,X]; changes i64[G,3]: items that are added and
# taken away, and the length of the history after that; items i64[M], the slots of all these, request by request.
def put_users(self, slots: Tensor, previous: Tensor, user_id: Tensor, profile: Tensor, context: Tensor,
              changes: Tensor, items: Tensor) -> Tensor:
    clicks = changes[:, 2:].to(self.users.dtype)
    first = self.user_first(user_id, profile, context, clicks)
    count = self.sum_count()
    if count == 0:
        self.users.index_copy_(0, slots, torch.cat([clicks, first], 1))
        return slots
    parts: List[int] = changes[:, :2].flatten().tolist()
    grams: List[Tensor] = []
    at = 0
    rows = torch.index_select(self.item_keys, 0, items).to(self.users.dtype)
    for g in range(slots.size(0)):
        gram = self.gram(rows[at:at + parts[2 * g]])
        at += parts[2 * g]
        if parts[2 * g + 1] > 0:
            gram = gram - self.gram(rows[at:at + parts[2 * g + 1]])
            at += parts[2 * g + 1]
        grams.append(gram)
    all = self.sums(torch.stack(grams)) + torch.index_select(self.users, 0, previous)[:, :count]
    self.users.index_copy_(0, slots, torch.cat([all, clicks, first], 1))
    return slots


# The sum over rows x of x (x, 1)^T.
def gram(self, x: Tensor) -> Tensor:
    return torch.cat([torch.mm(x.t(), x), x.sum(0).unsqueeze(1)], 1)


# Once per request, G requests together: users i64[G,3]: slot, candidates, history items; items i64[R+N]: the slots of all
# candidates, request by request, then those of all history items; pctr_base f32[R], NaN = absent -> click
# probabilities f32[R]. History items are needed with softmax only.
def score(self, users: Tensor, items: Tensor, pctr_base: Tensor) -> Tensor:
    counts: List[int] = users.flatten().tolist()
    requests = users.size(0)
    rows = pctr_base.size(0)
    candidates = items[:rows]
    logit = self.base_logit(pctr_base)
    absent = torch.isnan(pctr_base)
    present = (~absent).to(logit.dtype)
    base = self.base_input(logit, absent, present).to(self.item_first.dtype)
    x = torch.index_select(self.item_first, 0, candidates)
    states = torch.index_select(self.users, 0, users[:, 0])
    count = self.sum_count()
    first = states[:, count + 1:].to(x.dtype)
    if count == 0:
        queries = torch.index_select(self.item_queries, 0, candidates)
        keys = torch.index_select(self.item_keys, 0, items[rows:])
        x = self.first_softmax(counts, queries, keys, base, x, first)
    else:
        asked = torch.index_select(self.item_keys, 0, candidates)
        scale = self.score_scale
        factor = torch.full_like(states[:, :1], scale)
        if self.attention_norm == 2:
            factor = scale / states[:, count:count + 1].clamp(min=1.0)
        sums = states[:, :count] * factor
        if requests == 1 and rows >= self.fold_rows:
            x = self.first_folded(sums, asked, base, x, first)
        else:
            x = self.first_linear(counts, sums, asked, base, x, first)
    x = torch.leaky_relu_(x, 0.01)
    x = torch.leaky_relu_(torch.linear(x, self.serve_second, self.serve_second_bias), 0.01)
    out = torch.mv(x.to(logit.dtype), self.third[0]) + self.third_bias
    return torch.sigmoid(out + self.residual * logit * present)


# What turns an x into the outputs of its side's heads: weights f32[t, u, w] of their queries, sums
# f32[G, t*w*(w+s)] -> f32[G, u, t*(w+s)]. The outputs are q (K^T V) = x (W^q K^T V), eqs. 10-15.
def attention_weights(self, weights: Tensor, sums: Tensor) -> Tensor:
    wide = self.head_width + self.summaries
    each = torch.matmul(weights, sums.view(sums.size(0), weights.size(0), self.head_width, wide))
    return each.transpose(1, 2).flatten(2)


# The first layer for requests with few candidates: the outputs of the heads, then one product for all rows.
def first_linear(self, counts: List[int], sums: Tensor, asked: Tensor, base: Tensor, x: Tensor, first: Tensor) -> Tensor:
    b = self.behaviour_width
    split = self.query_h.size(0) * (self.head_width + self.summaries)
    of_h = self.attention_weights(self.serve_query_h, sums[:, :split]).to(x.dtype)
    of_z = self.attention_weights(self.serve_query_z, sums[:, split:]).to(x.dtype)
    outputs: List[Tensor] = []
    at = 0
    for g in range(of_h.size(0)):
        to = at + counts[3 * g + 1]
        outputs.append(torch.cat([
            torch.mm(asked[at:to, :b], of_h[g]), torch.mm(asked[at:to, b:], of_z[g]), base[at:to]], 1))
        x[at:to].add_(first[g])
        at = to
    return x.addmm_(outputs[0] if len(outputs) == 1 else torch.cat(outputs), self.serve_attention)


# The first layer for one request with many candidates: the heads and the first layer become one matrix of the user.
def first_folded(self, sums: Tensor, asked: Tensor, base: Tensor, x: Tensor, first: Tensor) -> Tensor:
    wide = self.head_width + self.summaries
    split = self.query_h.size(0) * wide
    heads = sums.size(1) // self.head_width
    of_h = self.attention_weights(self.serve_query_h, sums[:, :split])[0].to(x.dtype)
    of_z = self.attention_weights(self.serve_query_z, sums[:, split:])[0].to(x.dtype)
    at_h = of_h.size(1)
    weights = torch.cat([
        torch.mm(of_h, self.serve_attention[:at_h]),
        torch.mm(of_z, self.serve_attention[at_h:heads]),
        self.serve_attention[heads:],
        first])
    return x.addmm_(torch.cat([asked, base, torch.ones_like(base[:, :1])], 1), weights)


# The first layer with softmax attention.
def first_softmax(self, counts: List[int], queries: Tensor, keys: Tensor, base: Tensor, x: Tensor,
                  first: Tensor) -> Tensor:
    outputs: List[Tensor] = []
    at = 0
    from_key = 0
    for g in range(first.size(0)):
        to = at + counts[3 * g + 1]
        to_key = from_key + counts[3 * g + 2]
        outputs.append(self.softmax_heads(queries[at:to], keys[from_key:to_key]))
        x[at:to].add_(first[g])
        at = to
        from_key = to_key
    attention = outputs[0] if len(outputs) == 1 else torch.cat(outputs)
    return x.addmm_(torch.cat([attention, base], 1), self.serve_attention)


# Softmax attention of one request: queries [C, T*w], scaled; keys [n, 2*T*w] -> [C, T*w], and with summaries the mean
# and the logarithm of the mean exponential of the scores, [C, T] each. No mask: a request has one length.
def softmax_heads(self, queries: Tensor, keys: Tensor) -> Tensor:
    w = self.head_width
    width = queries.size(1)
    heads = width // w
    n = keys.size(0)
    if n == 0:
        return queries.new_zeros([queries.size(0), heads * (w + self.summaries)])
    q = queries.view(queries.size(0), heads, w).transpose(0, 1)
    k = keys[:, :width].view(n, heads, w).permute(1, 2, 0)
    v = torch.cat([keys[:, width:].view(n, heads, w), keys.new_ones([n, heads, 1])], 2).transpose(0, 1)
    # No score exceeds |q| |k|. Where that is small, exponentials need not be made smaller by the largest score first.
    longest = torch.linalg_vector_norm(q, 2, [2]).amax(1) * torch.linalg_vector_norm(k, 2, [1]).amax(1)
    small = bool(longest.max() < 60.0)
    # As many heads at once as stay in the processor's cache.
    step = max(1, self.softmax_scores // (n * queries.size(0)))
    sums: List[Tensor] = []
    largest: List[Tensor] = []
    for head in range(0, heads, step):
        scores = torch.bmm(q[head:head + step], k[head:head + step])
        if not small:
            top = scores.amax(2, True)
            scores.sub_(top)
            largest.append(top)
        sums.append(torch.bmm(scores.exp_(), v[head:head + step]))
    total = torch.cat(sums)
    out = (total[:, :, :w] / total[:, :, w:]).transpose(0, 1).flatten(1)
    if self.summaries == 0:
        return out
    mean = (queries.view(-1, heads, w) * keys[:, :width].view(n, heads, w).mean(0)).sum(2)
    log_mean = torch.log(total[:, :, w].to(self.float32) / n)
    if not small:
        log_mean = log_mean + torch.cat(largest).squeeze(2)
    return torch.cat([out, mean, log_mean.t().to(out.dtype)], 1)
