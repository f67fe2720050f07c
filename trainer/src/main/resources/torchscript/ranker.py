# The ranker: behaviour features, MBA, bi-directional target attention (eqs. 10-15) and the DNN (eq. 16).
#
# G page views, C candidates of each, n history items, F item columns, S statistics, D = z_dim,
# B = d_b width of h (ID, statistics and item columns),
# T attention heads in all, of width w. Heads stand in the order b, b2m, m, m2b (eqs. 11, 14, 12, 13): the first two
# ask with h, the last two with z. A variant without a block has no heads for it; nothing else changes.
#
# An item's state, a row of `items`, is [h (B) | z_align*sqrt(D) (D) | query (T*w) | first layer's item part (W1)].


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
def item_first(self, h: Tensor, za: Tensor) -> Tensor:
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


# The user's part of the first DNN layer, with the bias: f32[G, W1].
def user_first(self, user_id: Tensor, profile: Tensor, context: Tensor, mask: Tensor) -> Tensor:
    identity = torch.embedding(self.user_table, self.position(user_id, self.user_vocabulary))
    length = torch.log1p(mask.to(identity.dtype).sum(1, True))
    features = torch.cat([
        identity[:, :self.user_width],
        torch.embedding(self.profile_table, profile).flatten(1),
        torch.embedding(self.context_table, context).flatten(1),
        length,
    ], 1)
    return torch.linear(features, self.first_user, self.first_bias)


# logit(pctr_base) f32[G, C], 0 where absent (NaN).
def base_logit(self, pctr_base: Tensor) -> Tensor:
    absent = torch.isnan(pctr_base)
    p = torch.where(absent, torch.full_like(pctr_base, 0.5), pctr_base).clamp(1e-6, 1 - 1e-6)
    return torch.log(p) - torch.log1p(-p)


# The DNN, eq. 16. attention f32[G, C, *], item_first f32[G, C, W1], user_first f32[G, W1] -> logits f32[G, C].
def dnn(self, attention: Tensor, item_first: Tensor, user_first: Tensor, pctr_base: Tensor, train: bool) -> Tensor:
    logit = self.base_logit(pctr_base)
    absent = torch.isnan(pctr_base)
    present = (~absent).to(logit.dtype)
    bucket = torch.bucketize(logit, self.base_boundaries)
    bucket = torch.where(absent, torch.full_like(bucket, self.base_boundaries.size(0) + 1), bucket)
    standard = (logit - self.base_mean) / self.base_deviation * present
    base = torch.cat([torch.embedding(self.base_table, bucket), standard.unsqueeze(2), present.unsqueeze(2)], 2)
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
        attention, self.item_first(h, za).view(pages, candidates, -1),
        self.user_first(user_id, profile, context, history_mask), pctr_base, train)


# Serving, once per item: item_id i64[B], stats f32[B,S], features i64[B,F], z f32[B,D], codes i64[B,L] -> f32[B,E].
def item_state(self, item_id: Tensor, stats: Tensor, features: Tensor, z: Tensor, codes: Tensor) -> Tensor:
    h = self.behaviour(item_id, stats, features)
    za = self.modal(z, codes)
    return torch.cat([h, za, self.query(h, za), self.item_first(h, za)], 1)


# Allocates the table of item states: capacity i64[1].
def resize_items(self, capacity: Tensor) -> Tensor:
    self.items = torch.zeros([int(capacity.item()), self.items.size(1)], device=self.items.device)
    return capacity


# Writes rows of the table: slots i64[B], states f32[B,E].
def put_items(self, slots: Tensor, states: Tensor) -> Tensor:
    self.items.index_copy_(0, slots, states)
    return slots


# Serving, once per request: user_id i64[G], profile i64[G,P], context i64[G,X], history_slots i64[G,n],
# history_mask bool[G,n] -> the attention's state of the history, and the user's part of the first layer.
def user_state(self, user_id: Tensor, profile: Tensor, context: Tensor,
               history_slots: Tensor, history_mask: Tensor) -> Tuple[Tensor, Tensor]:
    rows = self.items.index_select(0, history_slots.flatten())
    rows = rows.view(history_slots.size(0), history_slots.size(1), -1)
    b = self.behaviour_width
    h = rows[:, :, :b]
    za = rows[:, :, b:b + self.z_dim]
    return self.attend_history(h, za, history_mask), self.user_first(user_id, profile, context, history_mask)


# Serving: slots i64[G,C], pctr_base f32[G,C] (NaN = absent) -> click probabilities f32[G,C].
def score(self, attention_state: Tensor, user_state: Tensor, slots: Tensor, pctr_base: Tensor) -> Tensor:
    rows = self.items.index_select(0, slots.flatten()).view(slots.size(0), slots.size(1), -1)
    query_at = self.behaviour_width + self.z_dim
    first_at = query_at + self.query_h.size(0) + self.query_z.size(0)
    attention = self.attend(rows[:, :, query_at:first_at], attention_state)
    return torch.sigmoid(self.dnn(attention, rows[:, :, first_at:], user_state, pctr_base, False))
