# The ranker: behaviour features, MBA, bi-directional target attention (eqs. 10-15) and the DNN (eq. 16).
#
# G page views, C candidates of each, n history items, F item columns, S statistics, D = z_dim,
# B = d_b width of h (ID, statistics and item columns), R products with the taste profile (0: it is no input),
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


# The user's side of the products with the taste profile, which is an extension that the paper lacks: taste f32[G, D] ->
# f32[G, R].
def taste_keys(self, taste: Tensor) -> Tensor:
    return torch.linear(taste * self.taste_scale, self.taste_key)


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


# logit(pctr_base) f32[G, C], NaN where absent.
def base_logit(self, pctr_base: Tensor) -> Tensor:
    return torch.logit(pctr_base, 1e-6)


# The DNN, eq. 16. attention f32[G, C, *], item_first f32[G, C, W1], user_first f32[G, W1] -> logits f32[G, C].
def dnn(self, attention: Tensor, item_first: Tensor, user_first: Tensor, pctr_base: Tensor, train: bool) -> Tensor:
    logit = self.base_logit(pctr_base)
    absent = torch.isnan(logit)
    present = (~absent).to(logit.dtype)
    bucket = torch.bucketize(logit, self.base_boundaries).masked_fill(absent, self.base_boundaries.size(0) + 1)
    logit = torch.nan_to_num(logit, 0.0)
    standard = (logit - self.base_mean) / self.base_deviation * present
    base = torch.cat([torch.embedding(self.base_table, bucket), standard.unsqueeze(2), present.unsqueeze(2)], 2)
    x = torch.linear(attention, self.first_attention) + item_first + user_first.unsqueeze(1)
    x = torch.leaky_relu(x + torch.linear(base, self.first_base), 0.01)
    x = torch.dropout(x, self.dropout, train)
    x = torch.leaky_relu(torch.linear(x, self.second, self.second_bias), 0.01)
    x = torch.dropout(x, self.dropout, train)
    out = torch.linear(x, self.third, self.third_bias).squeeze(2)
    return out + self.residual * logit


# Training and offline prediction: every item by its features, nothing cached.
# history_* [G, n, ...], candidate_* [G, C, ...], taste f32[G, D] or [G, 0] -> logits f32[G, C].
def logits(self, user_id: Tensor, profile: Tensor, context: Tensor,
           history_id: Tensor, history_stats: Tensor, history_features: Tensor, history_z: Tensor,
           history_codes: Tensor, history_mask: Tensor,
           candidate_id: Tensor, candidate_stats: Tensor, candidate_features: Tensor, candidate_z: Tensor,
           candidate_codes: Tensor, pctr_base: Tensor, taste: Tensor, train: bool) -> Tensor:
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
    item_first = self.item_first_layer(h, za).view(pages, candidates, -1)
    if self.taste_width > 0:
        products = torch.linear(za, self.taste_query).view(pages, candidates, -1) * self.taste_keys(taste).unsqueeze(1)
        item_first = item_first + torch.linear(products, self.first_taste)
    return self.dnn(
        attention, item_first,
        self.user_first(user_id, profile, context, history_mask.to(h.dtype).sum(1, True)), pctr_base, train)


# --- Serving ----------------------------------------------------------------------------------------------------------
#
# An item's state has three parts, each with a table of its own, by slot:
#   keys     linear norms: x1 = [h (B) | z_align*sqrt(D) (D) | 1], which K, V and Q are linear in
#            softmax: [K (T*w) | (V, 1) (T*(w+1))]
#   query    softmax: [Q (T*w) / sqrt(w) | the item's side of the products with the taste profile (R)]; nothing with
#            linear norms, where a candidate asks with its x1
#   first    the item's part of the first DNN layer (W1)
# A user's state is a row of `users`, f32: [sums (T*w*(w+s)) | clicks | the user's side of the products with the taste
# profile (R) | the user's part of the first DNN layer (W1)], where the sums are what the norm makes of k (v, 1)^T over the history, s = `summaries`; nothing with softmax, which
# needs the history itself. Row 0 of either table stands for one of which nothing is known.


# What scoring needs of the weights, and empty tables: precision i64[1], 0 for float32 and 1 for bfloat16, the type of
# the scores' arithmetic. What comes in and goes out, and the users' states, are float32 with both.
def prepare(self, precision: Tensor) -> Tensor:
    kind = self.bfloat16 if int(precision.item()) == 1 else self.float32
    w = self.head_width
    wide = w + self.summaries
    heads = (self.query_h.size(0) + self.query_z.size(0)) // w
    b = self.behaviour_width
    x = b + self.z_dim
    first = self.second.size(1)
    device = self.second.device
    attention = self.first_attention.detach().t().reshape(heads, wide, first)
    if self.attention_norm == 0:
        # Serving has all outputs of the heads first, then all means, then all logarithms.
        parts = [attention[:, :w].flatten(0, 1)]
        for column in range(w, wide):
            parts.append(attention[:, column])
        attention = torch.cat(parts)
    # The base model's prediction comes as [row of its bucket, whether it is there | logit], not standardised.
    base = self.first_base.detach().t()
    width = self.base_table.size(1)
    slope = base[width] / self.base_deviation
    there = base[width + 1] - slope * self.base_mean
    self.serve_attention = torch.cat([
        attention.reshape(heads * wide, first), self.first_taste.detach().t(), base[:width], there.unsqueeze(0),
        slope.unsqueeze(0)]).to(kind)
    flags = torch.ones([self.base_table.size(0), 1], device=device)
    flags[-1] = 0.0
    self.serve_base = torch.cat([self.base_table.detach(), flags], 1).to(kind)
    # What is not a number comes after every number, infinity too.
    self.serve_boundaries = torch.cat([self.base_boundaries, torch.full([1], float('inf'), device=device)])
    # Heads that ask with h, then those that ask with z; those in between take their values from the other side.
    asks_h = self.query_h.size(0)
    split_h = self.behaviour_heads * w
    split_z = self.cross_heads * w
    self.serve_query_h = self.query_h.detach().view(asks_h // w, w, b).transpose(1, 2).contiguous()
    self.serve_query_z = self.query_z.detach().view(heads - asks_h // w, w, self.z_dim).transpose(1, 2).contiguous()
    queries = torch.zeros([x + 1, heads * w + self.taste_width], device=device)
    queries[:b, :asks_h] = self.query_h.detach().t()
    queries[b:x, asks_h:heads * w] = self.query_z.detach().t()
    if self.taste_width > 0:
        queries[b:x, heads * w:] = self.taste_query.detach().t()
    self.serve_queries = queries.to(kind)
    values = torch.zeros([heads * w, x + 1], device=device)
    values[:split_h, :b] = self.value_h.detach()[:split_h]
    values[split_h:asks_h, b:x] = self.value_z.detach()[:split_z]
    values[asks_h:heads * w - (asks_h - split_h), b:x] = self.value_z.detach()[split_z:]
    values[heads * w - (asks_h - split_h):, :b] = self.value_h.detach()[split_h:]
    ones = torch.zeros([heads, wide - w, x + 1], device=device)
    ones[:, :, x] = 1.0
    self.serve_values = torch.cat([values.view(heads, w, x + 1), ones], 1).transpose(1, 2).contiguous()
    self.serve_second = self.second.detach().t().to(kind).contiguous()
    self.serve_second_bias = self.second_bias.detach().to(kind)
    self.serve_third = self.third.detach()[0]
    softmax = self.attention_norm == 0
    self.item_keys = torch.zeros([1, heads * (2 * w + 1) if softmax else x + 1], dtype=kind, device=device)
    self.item_queries = torch.zeros(
        [1, heads * w + self.taste_width if softmax else 0], dtype=kind, device=device)
    self.item_first = torch.zeros([1, first], dtype=kind, device=device)
    self.users = torch.zeros(
        [1, (0 if softmax else heads * w * wide) + 1 + self.taste_width + first], device=device)
    return precision


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
    x1 = torch.cat([h, za, torch.ones_like(h[:, :1])], 1)
    first = self.item_first_layer(h, za)
    if self.attention_norm != 0:
        return torch.cat([x1, first], 1)
    values = torch.matmul(x1, self.serve_values[:, :, :self.head_width]).transpose(0, 1)
    values = torch.cat([values, torch.ones_like(values[:, :, :1])], 2)
    return torch.cat([
        torch.linear(h, self.key_h), torch.linear(za, self.key_z), values.flatten(1),
        self.query(h, za) * self.score_scale, torch.linear(za, self.taste_query), first], 1)


# Writes rows of the tables of item states: slots i64[B], states f32[B,E].
def put_items(self, slots: Tensor, states: Tensor) -> Tensor:
    keys = self.item_keys.size(1)
    query = self.item_queries.size(1)
    kind = self.item_keys.dtype
    self.item_keys.index_copy_(0, slots, states[:, :keys].to(kind))
    self.item_queries.index_copy_(0, slots, states[:, keys:keys + query].to(kind))
    self.item_first.index_copy_(0, slots, states[:, keys + query:].to(kind))
    return slots


# Once per user, or per change of a history: writes rows of `users`. changes i64[G,6+P+X]: the row to write; the row to
# start from, row 0 for none; how many items are added and how many are taken away; the length of the history after that;
# the user's id; profile and context. items i64[M]: the slots of the added and removed items, user by user.
def put_users(self, changes: Tensor, items: Tensor) -> Tensor:
    return self.put_states(changes, items, self.users.new_zeros([changes.size(0), self.taste_width]))


# The same where the taste profile is an input: tastes f32[G, D].
def put_users_and_tastes(self, changes: Tensor, items: Tensor, tastes: Tensor) -> Tensor:
    return self.put_states(changes, items, self.taste_keys(tastes))


# The same with the users' sides of the products with the taste profile, f32[G, R].
def put_states(self, changes: Tensor, items: Tensor, keys: Tensor) -> Tensor:
    slots = changes[:, 0]
    clicks = changes[:, 4:5].to(self.users.dtype)
    context = 6 + self.profile_columns
    first = self.user_first(changes[:, 5], changes[:, 6:context], changes[:, context:], clicks)
    if self.attention_norm == 0:
        self.users.index_copy_(0, slots, torch.cat([clicks, keys, first], 1))
        return items
    parts: List[int] = changes[:, 2:4].flatten().tolist()
    rows = torch.index_select(self.item_keys, 0, items).to(self.users.dtype)
    b = self.behaviour_width
    of_keys: List[Tensor] = []
    at = 0
    for g in range(slots.size(0)):
        to = at + parts[2 * g]
        x1 = rows[at:to]
        gram = torch.mm(x1[:, :-1].t(), x1)
        at = to
        if parts[2 * g + 1] > 0:
            to = at + parts[2 * g + 1]
            x1 = rows[at:to]
            gram = torch.addmm(gram, x1[:, :-1].t(), x1, beta=1, alpha=-1)
            at = to
        # K and V are linear in x: an item of a history costs one product with itself, and no projection.
        of_keys.append(torch.cat([torch.mm(self.key_h, gram[:b]), torch.mm(self.key_z, gram[b:])]))
    by_head = torch.stack(of_keys).view(slots.size(0), -1, self.head_width, rows.size(1))
    sums = torch.matmul(by_head, self.serve_values).flatten(1) * self.score_scale
    before = torch.index_select(self.users, 0, changes[:, 1])[:, :sums.size(1) + 1]
    kept = before[:, :-1]
    if self.attention_norm == 2:
        length = clicks.clamp(min=1.0)
        sums = sums / length
        kept = kept * (before[:, -1:] / length)
    self.users.index_copy_(0, slots, torch.cat([sums + kept, clicks, keys, first], 1))
    return items


# Once per request, G requests together: users i64[G,3]: slot, candidates, history items; items i64[R+N]: the slots of all
# candidates, request by request, then those of all history items; pctr_base f32[R], NaN = absent -> click
# probabilities f32[R]. History items are needed with softmax only.
def score(self, users: Tensor, items: Tensor, pctr_base: Tensor) -> Tensor:
    counts: List[int] = users.flatten().tolist()
    rows = pctr_base.size(0)
    candidates = items[:rows]
    logit = self.base_logit(pctr_base)
    bucket = torch.bucketize(logit, self.serve_boundaries)
    logit = torch.nan_to_num(logit, 0.0)
    base = torch.cat([torch.embedding(self.serve_base, bucket), logit.unsqueeze(1).to(self.serve_base.dtype)], 1)
    x = torch.index_select(self.item_first, 0, candidates)
    if len(counts) == 3:
        states = torch.narrow(self.users, 0, counts[0], 1)
    else:
        states = torch.index_select(self.users, 0, users[:, 0])
    at = states.size(1) - x.size(1)
    first = states[:, at:].to(x.dtype)
    tastes = first
    if self.taste_width > 0:
        tastes = states[:, at - self.taste_width:at].to(x.dtype)
    if self.attention_norm == 0:
        queries = torch.index_select(self.item_queries, 0, candidates)
        keys = torch.index_select(self.item_keys, 0, items[rows:])
        x = self.first_softmax(counts, queries, keys, base, x, first, tastes)
    else:
        x1 = torch.index_select(self.item_keys, 0, candidates)
        if len(counts) == 3 and rows >= self.fold_rows:
            x = self.first_folded(states, x1, base, x, first, tastes)
        else:
            x = self.first_linear(counts, states, x1, base, x, first, tastes)
    x = torch.leaky_relu_(x, 0.01)
    x = torch.leaky_relu_(torch.addmm(self.serve_second_bias, x, self.serve_second), 0.01)
    out = torch.addmv(self.third_bias, x.to(logit.dtype), self.serve_third)
    return torch.sigmoid(out + self.residual * logit)


# What turns an x into the outputs of its side's heads: weights f32[t, u, w] of their queries, sums f32[G, t*w*(w+s)] ->
# f32[G, u, t*(w+s)]. The outputs are q (K^T V) = x (W^q K^T V), eqs. 10-15.
def attention_weights(self, weights: Tensor, sums: Tensor) -> Tensor:
    wide = self.head_width + self.summaries
    each = torch.matmul(weights, sums.view(sums.size(0), weights.size(0), self.head_width, wide))
    return each.transpose(1, 2).flatten(2).to(self.item_keys.dtype)


# The first layer for requests with few candidates: the outputs of the heads, then one product for all rows.
def first_linear(self, counts: List[int], states: Tensor, x1: Tensor, base: Tensor, x: Tensor, first: Tensor,
                 tastes: Tensor) -> Tensor:
    w = self.head_width
    asked = torch.mm(x1, self.serve_queries)
    split = asked.size(1) - self.taste_width
    queries = asked[:, :split].unflatten(1, [split // w, w]).transpose(0, 1)
    products = asked[:, split:]
    end = states.size(1) - 1 - self.taste_width - x.size(1)
    sums = states[:, :end].to(x.dtype).view(states.size(0), queries.size(0), w, -1)
    if len(counts) == 3:
        x.add_(first)
        if self.taste_width > 0:
            products.mul_(tastes)
        outputs = torch.bmm(queries, sums[0])
    else:
        requests: List[Tensor] = []
        at = 0
        for g in range(states.size(0)):
            to = at + counts[3 * g + 1]
            x[at:to].add_(first[g])
            if self.taste_width > 0:
                products[at:to].mul_(tastes[g])
            requests.append(torch.bmm(queries[:, at:to], sums[g]))
            at = to
        outputs = torch.cat(requests, 1)
    return x.addmm_(torch.cat([outputs.transpose(0, 1).flatten(1), products, base], 1), self.serve_attention)


# The first layer for one request with many candidates: the heads, the products with the taste profile and the first
# layer become one matrix of the user.
def first_folded(self, states: Tensor, x1: Tensor, base: Tensor, x: Tensor, first: Tensor, tastes: Tensor) -> Tensor:
    split = self.query_h.size(0) * (self.head_width + self.summaries)
    sums = states.size(1) - 1 - self.taste_width - x.size(1)
    of_h = self.attention_weights(self.serve_query_h, states[:, :split])[0]
    of_z = self.attention_weights(self.serve_query_z, states[:, split:sums])[0]
    attention = sums // self.head_width + self.taste_width
    if self.taste_width > 0:
        of_z = torch.cat([of_z, self.taste_query.detach().t().to(x.dtype) * tastes], 1)
    weights = torch.cat([
        torch.mm(of_h, self.serve_attention[:of_h.size(1)]),
        torch.mm(of_z, self.serve_attention[of_h.size(1):attention]),
        first,
        self.serve_attention[attention:]])
    return x.addmm_(torch.cat([x1, base], 1), weights)


# The first layer with softmax attention.
def first_softmax(self, counts: List[int], queries: Tensor, keys: Tensor, base: Tensor, x: Tensor,
                  first: Tensor, tastes: Tensor) -> Tensor:
    split = queries.size(1) - self.taste_width
    products = queries[:, split:]
    requests: List[Tensor] = []
    at = 0
    from_key = 0
    for g in range(first.size(0)):
        to = at + counts[3 * g + 1]
        to_key = from_key + counts[3 * g + 2]
        x[at:to].add_(first[g])
        if self.taste_width > 0:
            products[at:to].mul_(tastes[g])
        requests.append(self.softmax_heads(queries[at:to, :split], keys[from_key:to_key]))
        at = to
        from_key = to_key
    return x.addmm_(torch.cat([torch.cat(requests), products, base], 1), self.serve_attention)


# Softmax attention of one request: queries [C, T*w], scaled; keys [n, T*(2*w+1)] -> [C, T*w], and with summaries the
# mean and the logarithm of the mean exponential of the scores, [C, T] each. No mask: a request has one length.
def softmax_heads(self, queries: Tensor, keys: Tensor) -> Tensor:
    w = self.head_width
    rows = queries.size(0)
    width = queries.size(1)
    heads = width // w
    n = keys.size(0)
    if n == 0:
        return queries.new_zeros([rows, heads * (w + self.summaries)])
    q = queries.view(rows, heads, w)
    k = keys[:, :width].unflatten(1, [heads, w])
    # No score exceeds |q| |k|. Where that is small, exponentials need not be made smaller by the largest score first.
    longest = torch.linalg_vector_norm(q, 2, [2]).amax(0) * torch.linalg_vector_norm(k, 2, [2]).amax(0)
    small = bool(longest.max() < 60.0)
    by_head = q.transpose(0, 1)
    keys_by_head = k.permute(1, 2, 0)
    values = keys[:, width:].unflatten(1, [heads, w + 1]).transpose(0, 1)
    # As many heads at once as stay in the processor's cache.
    step = max(1, self.softmax_scores // (n * rows))
    totals: List[Tensor] = []
    largest: List[Tensor] = []
    for head in range(0, heads, step):
        scores = torch.bmm(by_head[head:head + step], keys_by_head[head:head + step])
        if not small:
            top = scores.amax(2, True)
            scores.sub_(top)
            largest.append(top)
        totals.append(torch.bmm(scores.exp_(), values[head:head + step]))
    total = torch.cat(totals).transpose(0, 1)
    out = (total[:, :, :w] / total[:, :, w:]).flatten(1)
    if self.summaries == 0:
        return out
    mean = (q * k.mean(0)).sum(2)
    log_mean = torch.log(total[:, :, w].to(self.float32) / n)
    if not small:
        log_mean = log_mean + torch.cat(largest).squeeze(2).t()
    return torch.cat([out, mean, log_mean.to(out.dtype)], 1)
