# The ranker: behaviour features, MBA, bi-directional target attention (eqs. 10-15) and the DNN (eq. 16).
#
# G page views (in training also runs of them that share a history), C candidates of each, R in all, n history items,
# F item columns, S statistics, D = z_dim,
# B = d_b width of h (ID, statistics and item columns), Y products with the taste profile (0: it is no input),
# T attention heads in all, of width w. Heads stand in the order b, b2m, m, m2b (eqs. 11, 14, 12, 13): the first two
# ask with h, the last two with z. A variant without a block has no heads for it; nothing else changes but `content` and
# `features`, which a text of the variant's own gives: what it keeps of an item, f32[N, X], and what it makes of candidate and
# history for the first layer, A values for each candidate. `reads_history` says that it is more than the attentions.
#
# Training and serving compute the same function in two ways. Training (`logits`) takes every item by its features.
# Serving keeps in tables what depends on an item alone and on a user alone, and leaves to `score` only what depends on
# both; its part of the text begins at "Serving".


# ids i64[...] -> 1 + position in the sorted vocabulary, 0 for an id that is not in it.
def position(self, ids: Tensor, vocabulary: Tensor) -> Tensor:
    at = torch.searchsorted(vocabulary, ids.contiguous()).clamp(max=vocabulary.size(0) - 1)
    known = torch.embedding(vocabulary.unsqueeze(1), at).squeeze(-1) == ids
    return (at + 1) * known.to(ids.dtype)


# stats f32[N, S], raw -> f32[N]: the click rate smoothed towards the prior.
def click_rate(self, stats: Tensor) -> Tensor:
    return ((stats[:, self.clicks_column] + self.rate_prior * self.rate_strength)
            / (stats[:, self.pv_column] + self.rate_strength))


# stats f32[N, S], raw -> f32[N]: where a score starts that no base model gives: the logit of the click rate.
def start_logit(self, stats: Tensor) -> Tensor:
    return self.rate_residual * torch.logit(self.click_rate(stats), 1e-6)


# stats f32[N, S], raw -> f32[N, (S+1)*(width+1)]: the bucket of each statistic, and last of the click rate; then the same
# as standardised numbers, which tell apart what is in one bucket and need few clicks to be of use. Nothing where
# statistics are no input.
def statistics(self, stats: Tensor) -> Tensor:
    if self.statistics_width == 0:
        return stats[:, :0]
    rate = self.click_rate(stats)
    values = torch.cat([stats, rate.unsqueeze(1)], 1)
    buckets = self.stat_boundaries.size(1) + 1
    index = torch.searchsorted(self.stat_boundaries, values.t().contiguous()).t()
    rows = torch.embedding(self.stat_table, index + torch.arange(values.size(1), device=index.device) * buckets)
    numbers = torch.cat([torch.log1p(stats.clamp(min=0.0)), torch.logit(rate, 1e-6).unsqueeze(1)], 1)
    standard = ((numbers - self.stat_mean) / self.stat_deviation).clamp(-self.stat_limit, self.stat_limit)
    return torch.cat([rows.flatten(1), standard], 1)


# h f32[N, B]: the behaviour side of an item. An item with pv = 0 of an unknown id still has its statistics' buckets.
# Tables with a row for each id have sparse gradients (the last True): a step costs what it touches of them.
def behaviour(self, item_id: Tensor, stats: Tensor, features: Tensor) -> Tensor:
    identity = torch.embedding(self.item_table, self.position(item_id, self.item_vocabulary), -1, False, True)
    columns = torch.embedding(self.feature_table, features, -1, False, True).flatten(1)
    return torch.cat([identity, self.statistics(stats), columns], 1)


# z_align f32[N, D], scaled by sqrt(D) so that its coordinates are of order one.
def modal(self, z: Tensor, codes: Tensor) -> Tensor:
    return self.mba.align(z, codes) * self.z_scale


# What a candidate asks with: f32[N, T*w].
def query(self, h: Tensor, za: Tensor) -> Tensor:
    return torch.cat([torch.linear(h, self.query_h), torch.linear(za, self.query_z)], 1)


# The item's part of the first DNN layer: f32[N, W1].
def item_first_layer(self, h: Tensor, za: Tensor) -> Tensor:
    return torch.linear(h, self.first_h) + torch.linear(za[:, :self.first_z.size(1)], self.first_z)


# The history is projected by no head: a score q (W^k y) is (q W^k) y, and the sum over y of a (W^v y) is W^v (sum of a y).
# Rows of padding are zero, so that with the linear norms they need no mask. Scores and weights have the history first and
# the heads last, so that neither they nor the history is transposed in memory, forward or backward.

# q f32[G, C, T*w] against what the heads look at, past f32[G, n, B], by key f32[T*w, B] -> f32[G, n, T*C].
def scores(self, q: Tensor, key: Tensor, past: Tensor) -> Tensor:
    pages = q.size(0)
    candidates = q.size(1)
    w = self.head_width
    heads = key.size(0) // w
    by_head = q.view(pages * candidates, heads, w).transpose(0, 1)
    asks = torch.bmm(by_head, key.view(heads, w, key.size(1)))
    asks = asks.view(heads, pages, candidates, key.size(1)).transpose(0, 1).flatten(1, 2)
    return torch.bmm(past, asks.transpose(1, 2))


# Weights f32[G, n, T*C] of what the heads take, past f32[G, n, B], by value f32[T*w, B] -> f32[G, C, T, w].
def outputs(self, weights: Tensor, past: Tensor, value: Tensor) -> Tensor:
    pages = past.size(0)
    w = self.head_width
    heads = value.size(0) // w
    candidates = weights.size(2) // heads
    taken = torch.bmm(weights.transpose(1, 2), past)
    taken = taken.view(pages, heads, candidates, past.size(2)).transpose(0, 1).flatten(1, 2)
    out = torch.bmm(taken, value.view(heads, w, value.size(1)).transpose(1, 2))
    return out.transpose(0, 1).view(pages, candidates, heads, w)


# One number of each head, f32[G, T*C] -> f32[G, C, T, 1].
def summary(self, x: Tensor, candidates: int) -> Tensor:
    return x.view(x.size(0), x.size(1) // candidates, candidates).transpose(1, 2).unsqueeze(3)


# All heads: candidates' h f32[R, B] and za f32[R, D] at their places of grid i64[G, C], past_h f32[G, n, B] and
# past_z f32[G, n, D] of the histories, zero where valid bool[G, n] is not; clicks f32[G, 1, 1]
# -> f32[G*C, T*(w + summaries)]. Eqs. 10-15.
def attention(self, h: Tensor, za: Tensor, grid: Tensor, past_h: Tensor, past_z: Tensor, valid: Tensor,
              clicks: Tensor) -> Tensor:
    rows = h.size(0)
    candidates = grid.size(1)
    count = clicks.clamp(min=1.0)
    scale = torch.ones_like(clicks) * self.score_scale
    if self.attention_norm == 2:
        scale = scale / count
    asked: List[Tensor] = []
    if self.query_h.size(0) > 0:
        q = self.on_grid(torch.linear(h, self.query_h), grid, rows) * scale
        asked.append(self.scores(q, self.key_h, past_h))
    if self.query_z.size(0) > 0:
        q = self.on_grid(torch.linear(za, self.query_z), grid, rows) * scale
        asked.append(self.scores(q, self.key_z, past_z))
    scores = torch.cat(asked, 2)
    weights = scores
    masked = scores
    some = (clicks > 0).to(scores.dtype)
    if self.attention_norm == 0:
        masked = scores.masked_fill(~valid.unsqueeze(2), -1e9)
        weights = torch.softmax(masked, 1) * some
    # The heads of b2m and m, in the middle, take z, and those of b and m2b, on either side, h.
    first = self.behaviour_heads * candidates
    last = self.cross_heads * candidates
    split = torch.split_with_sizes(weights, [first, weights.size(2) - first - last, last], 2)
    parts: List[Tensor] = []
    if self.value_h.size(0) > 0:
        parts.extend(torch.split_with_sizes(
            self.outputs(torch.cat([split[0], split[2]], 2), past_h, self.value_h),
            [self.behaviour_heads, self.cross_heads], 2))
    if self.value_z.size(0) > 0:
        parts.insert(min(1, len(parts)), self.outputs(split[1], past_z, self.value_z))
    parts = [torch.cat(parts, 2)]
    if self.summaries > 0:
        mean = scores.sum(1)
        if self.attention_norm == 0:
            mean = mean / count.squeeze(2)
        parts.append(self.summary(mean, candidates))
    if self.summaries > 1:
        log_mean_exp = (torch.logsumexp(masked, 1) - torch.log(count.squeeze(2))) * some.squeeze(2)
        parts.append(self.summary(log_mean_exp, candidates))
    return torch.cat(parts, 3).view(grid.numel(), -1)


# x f32[R, *] of the candidates at their places, zero where there is none -> f32[G, C, *].
def on_grid(self, x: Tensor, grid: Tensor, rows: int) -> Tensor:
    if grid.numel() == rows:
        return x.view(grid.size(0), grid.size(1), x.size(1))
    return self.taken(x, grid)


# x f32[G, *] of the page view of each candidate -> f32[R, *].
def of_page(self, x: Tensor, grid: Tensor, place: Tensor) -> Tensor:
    if grid.numel() == place.size(0):
        return x.unsqueeze(1).expand(-1, grid.size(1), -1).flatten(0, 1)
    return torch.index_select(x, 0, torch.div(place, grid.size(1), rounding_mode='floor'))


# Rows of x f32[R, *] by their numbers i64[G, n], zero for the number R -> f32[G, n, *].
def taken(self, x: Tensor, numbers: Tensor) -> Tensor:
    return self.gathered(x, numbers.flatten()).view(numbers.size(0), numbers.size(1), x.size(1))


# The same of numbers i64[N] -> f32[N, *].
def gathered(self, x: Tensor, numbers: Tensor) -> Tensor:
    return torch.index_select(torch.cat([x, x.new_zeros([1, x.size(1)])]), 0, numbers)


# Neighbouring page views with about the same numbers of candidates and clicks are attended together, so that products
# have little padding. The ends of these blocks, by the clicks and candidates of each page view: a new block begins where
# it spares more padding than `block_work`, in clicks times candidates and one.
def blocks(self, clicks: List[int], candidates: List[int]) -> List[int]:
    ends: List[int] = []
    begin = 0
    longest = 0
    most = 0
    filled = 0
    for page in range(len(clicks)):
        own = clicks[page] * (candidates[page] + 1)
        longest = max(longest, clicks[page])
        most = max(most, candidates[page])
        padding = (page + 1 - begin) * longest * (most + 1) - filled - own
        if padding > self.block_work:
            ends.append(page)
            begin = page
            longest = clicks[page]
            most = candidates[page]
            filled = 0
        filled += own
    ends.append(len(clicks))
    return ends


# What candidates and histories give to the first layer, block by block: h f32[R, B], za f32[R, D] and content own
# f32[R, X] of the candidates, past_h f32[U, B], past_z f32[V, D] and past f32[V, X] of the distinct items of the
# histories, and where they stand, as in `logits` -> f32[R, A].
def attended(self, h: Tensor, za: Tensor, own: Tensor, past_h: Tensor, past_z: Tensor, past: Tensor, history: Tensor,
             history_z: Tensor, grid: Tensor, place: Tensor) -> Tensor:
    valid = history < past_h.size(0)
    clicks: List[int] = valid.sum(1).tolist()
    candidates: List[int] = (grid < h.size(0)).sum(1).tolist()
    longest: List[int] = []
    most: List[int] = []
    rows: List[int] = []
    numbers: List[Tensor] = []
    numbers_z: List[Tensor] = []
    lengths: List[int] = []
    ends = self.blocks(clicks, candidates)
    begin = 0
    for end in ends:
        # An empty history is a row of padding.
        n = max(1, max(clicks[begin:end]))
        longest.append(n)
        most.append(max(candidates[begin:end]))
        rows.append(sum(candidates[begin:end]))
        numbers.append(history[begin:end, :n].flatten())
        numbers_z.append(history_z[begin:end, :n].flatten())
        lengths.append((end - begin) * n)
        begin = end
    # All rows at once, since the gradient of each gathering is a table as large as what was gathered from.
    at_z = torch.cat(numbers_z)
    of_h = torch.split_with_sizes(self.gathered(past_h, torch.cat(numbers)), lengths)
    of_z = torch.split_with_sizes(self.gathered(past_z, at_z), lengths)
    of_past = torch.split_with_sizes(self.gathered(past, at_z), lengths)
    own_h = torch.split_with_sizes(h, rows)
    own_z = torch.split_with_sizes(za, rows)
    own_content = torch.split_with_sizes(own, rows)
    parts: List[Tensor] = []
    begin = 0
    first = 0
    for block in range(len(ends)):
        end = ends[block]
        n = longest[block]
        # Candidates are numbered page view by page view.
        here = (grid[begin:end, :most[block]] - first).clamp(max=rows[block])
        there = valid[begin:end, :n]
        features = self.features(
            own_h[block], own_z[block], own_content[block], here, of_h[block].view(end - begin, n, past_h.size(1)),
            of_z[block].view(end - begin, n, past_z.size(1)), of_past[block].view(end - begin, n, past.size(1)), there,
            there.sum(1, True).to(h.dtype).unsqueeze(2))
        if here.numel() != rows[block]:
            at = place[first:first + rows[block]]
            page = torch.div(at, grid.size(1), rounding_mode='floor')
            features = torch.index_select(features, 0, (page - begin) * most[block] + at - page * grid.size(1))
        parts.append(features)
        begin = end
        first += rows[block]
    return torch.cat(parts)


# The user's side of the products with the taste profile, which is an extension that the paper lacks: taste f32[G, D] ->
# f32[G, Y].
def taste_keys(self, taste: Tensor) -> Tensor:
    return torch.linear(taste * self.taste_scale, self.taste_key)


# The user's part of the first DNN layer, with the bias: clicks f32[G, 1], the length of the history -> f32[G, W1].
def user_first(self, user_id: Tensor, profile: Tensor, context: Tensor, clicks: Tensor) -> Tensor:
    identity = torch.embedding(self.user_table, self.position(user_id, self.user_vocabulary), -1, False, True)
    features = torch.cat([
        identity[:, :self.user_width],
        torch.embedding(self.profile_table, profile, -1, False, True).flatten(1),
        torch.embedding(self.context_table, context, -1, False, True).flatten(1),
        torch.log1p(clicks),
    ], 1)
    return torch.linear(features, self.first_user, self.first_bias)


# logit(pctr_base), NaN where absent.
def base_logit(self, pctr_base: Tensor) -> Tensor:
    return torch.logit(pctr_base, 1e-6)


# Logits after the calibration, a line between knots: f32[R] -> f32[R].
def calibrated(self, logit: Tensor) -> Tensor:
    if self.calibration_at.size(0) == 0:
        return logit
    knot = torch.bucketize(logit, self.calibration_at[1:-1])
    slope = torch.index_select(self.calibration_slope, 0, knot)
    return torch.index_select(self.calibration_to, 0, knot) + (
        logit - torch.index_select(self.calibration_at, 0, knot)) * slope


# The DNN, eq. 16. attention f32[R, *]; first f32[R, W1], what item and user give to the first layer; start f32[R], where
# scores start that no base model gives -> logits f32[R].
def dnn(self, attention: Tensor, first: Tensor, start: Tensor, pctr_base: Tensor, train: bool) -> Tensor:
    logit = self.base_logit(pctr_base)
    absent = torch.isnan(logit)
    present = (~absent).to(logit.dtype)
    bucket = torch.bucketize(logit, self.base_boundaries).masked_fill(absent, self.base_boundaries.size(0) + 1)
    logit = torch.nan_to_num(logit, 0.0)
    standard = (logit - self.base_mean) / self.base_deviation * present
    base = torch.cat([torch.embedding(self.base_table, bucket), standard.unsqueeze(1), present.unsqueeze(1)], 1)
    x = torch.linear(attention, self.first_attention) + first
    x = torch.leaky_relu(x + torch.linear(base, self.first_base), 0.01)
    x = torch.dropout(x, self.dropout, train)
    x = torch.leaky_relu(torch.linear(x, self.second, self.second_bias), 0.01)
    x = torch.dropout(x, self.dropout, train)
    out = torch.linear(x, self.third, self.third_bias).squeeze(1)
    return out + torch.where(absent, start, self.residual * logit)


# Training and offline prediction: every item by its features, nothing cached, no work on padding but where it comes to
# products. item_id, stats and features have each distinct item of the histories on each day, U of them, then the R
# candidates, page view by page view; z and codes each distinct item, V of them, then the R candidates.
# history i64[G, n]: which of the U each click is, U for padding; history_z likewise of the V. grid i64[G, C]: which of
# the R stands there, R for padding; place i64[R]: where in the grid each of them stands; taste f32[G, D] or [G, 0]
# -> logits f32[R].
def logits(self, user_id: Tensor, profile: Tensor, context: Tensor,
           item_id: Tensor, stats: Tensor, features: Tensor, z: Tensor, codes: Tensor,
           history: Tensor, history_z: Tensor, grid: Tensor, place: Tensor, pctr_base: Tensor, taste: Tensor,
           train: bool) -> Tensor:
    rows = place.size(0)
    known = item_id.size(0) - rows
    clicks = (history < known).sum(1, True).to(stats.dtype)
    both_h = self.behaviour(item_id, stats, features)
    both_z = z[:, :0]
    if self.query_z.size(0) + self.first_z.size(1) + self.taste_width + self.reads_history > 0:
        both_z = self.mba.align_many(z, codes) * self.z_scale
    past_h, h = torch.split_with_sizes(both_h, [known, rows])
    past_z, za = torch.split_with_sizes(both_z, [z.size(0) - rows, rows])
    past, own = torch.split_with_sizes(self.content(both_z), [z.size(0) - rows, rows])
    attention = self.attended(h, za, own, past_h, past_z, past, history, history_z, grid, place)
    first = self.item_first_layer(h, za) + self.of_page(self.user_first(user_id, profile, context, clicks), grid, place)
    if self.taste_width > 0:
        products = torch.linear(za, self.taste_query) * self.of_page(self.taste_keys(taste), grid, place)
        first = first + torch.linear(products, self.first_taste)
    out = self.dnn(attention, first, self.start_logit(stats[known:]), pctr_base, train)
    return out if train else self.calibrated(out)


# --- Serving ----------------------------------------------------------------------------------------------------------
#
# An item's state has four parts, each with a table of its own, by slot:
#   keys     linear norms: x1 = [h (B) | z_align*sqrt(D) (D) | 1], which K, V and Q are linear in
#            softmax: [K (T*w) | (V, 1) (T*(w+1))]
#            a variant that reads the history: x1, whatever the norm
#   query    softmax: [Q (T*w) / sqrt(w) | the item's side of the products with the taste profile (Y)]; nothing with
#            linear norms, where a candidate asks with its x1; a variant that reads the history: its content (X)
#   first    the item's part of the first DNN layer (W1)
#   start    f32, where the item's score starts that no base model gives (1)
# A user's state is a row of `users`, f32: [sums (T*w*(w+s)) | clicks | the user's side of the products with the taste
# profile (Y) | the user's part of the first DNN layer (W1)], where the sums are what the norm makes of k (v, 1)^T over
# the history, s = `summaries`; nothing with softmax and for a variant that reads the history, which need the history itself.
# Row 0 of either table stands for one of which nothing is known.


# What scoring needs of the weights, and empty tables: precision i64[1], 0 for float32 and 1 for bfloat16, the type of
# the scores' arithmetic. What comes in and goes out, and the users' states, are float32 with both; a variant that reads
# the history computes in float32 always.
def prepare(self, precision: Tensor) -> Tensor:
    reads = self.reads_history == 1
    kind = self.bfloat16 if int(precision.item()) == 1 and not reads else self.float32
    w = self.head_width
    wide = w + self.summaries
    heads = (self.query_h.size(0) + self.query_z.size(0)) // w
    b = self.behaviour_width
    x = b + self.z_dim
    first = self.second.size(1)
    device = self.second.device
    attention = self.first_attention.detach().t()
    if self.attention_norm == 0 and not reads:
        # Serving has all outputs of the heads first, then all means, then all logarithms.
        by_head = attention.reshape(heads, wide, first)
        parts = [by_head[:, :w].flatten(0, 1)]
        for column in range(w, wide):
            parts.append(by_head[:, column])
        attention = torch.cat(parts)
    # The base model's prediction comes as [row of its bucket, whether it is there | logit], not standardised.
    base = self.first_base.detach().t()
    width = self.base_table.size(1)
    slope = base[width] / self.base_deviation
    there = base[width + 1] - slope * self.base_mean
    self.serve_attention = torch.cat([
        attention, self.first_taste.detach().t(), base[:width], there.unsqueeze(0), slope.unsqueeze(0)]).to(kind)
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
    softmax = self.attention_norm == 0 and not reads
    queries_width = self.content_width
    if softmax:
        queries_width = heads * w + self.taste_width
    self.item_keys = torch.zeros([1, heads * (2 * w + 1) if softmax else x + 1], dtype=kind, device=device)
    self.item_queries = torch.zeros([1, queries_width], dtype=kind, device=device)
    self.item_first = torch.zeros([1, first], dtype=kind, device=device)
    self.item_start = torch.zeros([1], device=device)
    self.users = torch.zeros(
        [1, (0 if softmax or reads else heads * w * wide) + 1 + self.taste_width + first], device=device)
    return precision


# Allocates the tables of item states: capacity i64[1].
def resize_items(self, capacity: Tensor) -> Tensor:
    rows = int(capacity.item())
    self.item_keys = self.item_keys.new_zeros([rows, self.item_keys.size(1)])
    self.item_queries = self.item_queries.new_zeros([rows, self.item_queries.size(1)])
    self.item_first = self.item_first.new_zeros([rows, self.item_first.size(1)])
    self.item_start = self.item_start.new_zeros([rows])
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
    start = self.start_logit(stats).unsqueeze(1)
    if self.reads_history == 1:
        return torch.cat([x1, self.content(za.to(self.float64)).to(self.float32), first, start], 1)
    if self.attention_norm != 0:
        return torch.cat([x1, first, start], 1)
    values = torch.matmul(x1, self.serve_values[:, :, :self.head_width]).transpose(0, 1)
    values = torch.cat([values, torch.ones_like(values[:, :, :1])], 2)
    return torch.cat([
        torch.linear(h, self.key_h), torch.linear(za, self.key_z), values.flatten(1),
        self.query(h, za) * self.score_scale, torch.linear(za, self.taste_query), first, start], 1)


# Writes rows of the tables of item states: slots i64[B], states f32[B,E].
def put_items(self, slots: Tensor, states: Tensor) -> Tensor:
    keys = self.item_keys.size(1)
    query = self.item_queries.size(1)
    kind = self.item_keys.dtype
    self.item_keys.index_copy_(0, slots, states[:, :keys].to(kind))
    self.item_queries.index_copy_(0, slots, states[:, keys:keys + query].to(kind))
    self.item_first.index_copy_(0, slots, states[:, keys + query:-1].to(kind))
    self.item_start.index_copy_(0, slots, states[:, -1])
    return slots


# Once per user, or per change of a history: writes rows of `users`. changes i64[G,6+P+X]: the row to write; the row to
# start from, row 0 for none; how many items are added and how many are taken away; the length of the history after that;
# the user's id; profile and context. items i64[M]: the slots of the added and removed items, user by user.
def put_users(self, changes: Tensor, items: Tensor) -> Tensor:
    return self.put_states(changes, items, self.users.new_zeros([changes.size(0), self.taste_width]))


# The same where the taste profile is an input: tastes f32[G, D].
def put_users_and_tastes(self, changes: Tensor, items: Tensor, tastes: Tensor) -> Tensor:
    return self.put_states(changes, items, self.taste_keys(tastes))


# The same with the users' sides of the products with the taste profile, f32[G, Y].
def put_states(self, changes: Tensor, items: Tensor, keys: Tensor) -> Tensor:
    slots = changes[:, 0]
    clicks = changes[:, 4:5].to(self.users.dtype)
    context = 6 + self.profile_columns
    first = self.user_first(changes[:, 5], changes[:, 6:context], changes[:, context:], clicks)
    if self.attention_norm == 0 or self.reads_history == 1:
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
# probabilities f32[R]. History items are needed with softmax, and by a variant that reads the history.
def score(self, users: Tensor, items: Tensor, pctr_base: Tensor) -> Tensor:
    counts: List[int] = users.flatten().tolist()
    rows = pctr_base.size(0)
    candidates = items[:rows]
    logit = self.base_logit(pctr_base)
    bucket = torch.bucketize(logit, self.serve_boundaries)
    start = torch.where(torch.isnan(logit), torch.index_select(self.item_start, 0, candidates), self.residual * logit)
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
    if self.reads_history == 1:
        x = self.first_read(counts, candidates, items[rows:], base, x, first, tastes)
    elif self.attention_norm == 0:
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
    out = torch.addmv(self.third_bias, x.to(start.dtype), self.serve_third)
    return torch.sigmoid(self.calibrated(out + start))


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


# The first layer of a variant that reads the history: what training computes, one request after the other.
def first_read(self, counts: List[int], candidates: Tensor, history: Tensor, base: Tensor, x: Tensor, first: Tensor,
               tastes: Tensor) -> Tensor:
    requests: List[Tensor] = []
    at = 0
    from_item = 0
    for g in range(first.size(0)):
        to = at + counts[3 * g + 1]
        to_item = from_item + counts[3 * g + 2]
        own = candidates[at:to]
        read = history[from_item:to_item]
        h, za = self.sides(own)
        past_h, past_z = self.sides(read)
        past = torch.index_select(self.item_queries, 0, read)
        # An empty history is a row of padding, as in training.
        if read.size(0) == 0:
            past_h = past_h.new_zeros([1, past_h.size(1)])
            past_z = past_z.new_zeros([1, past_z.size(1)])
            past = past.new_zeros([1, past.size(1)])
        valid = torch.arange(past.size(0), device=x.device).unsqueeze(0) < read.size(0)
        clicks = torch.full([1, 1, 1], float(read.size(0)), dtype=x.dtype, device=x.device)
        grid = torch.arange(own.size(0), device=x.device).unsqueeze(0)
        features = self.features(h, za, torch.index_select(self.item_queries, 0, own), grid, past_h.unsqueeze(0),
                                 past_z.unsqueeze(0), past.unsqueeze(0), valid, clicks)
        x[at:to].add_(first[g])
        if self.taste_width > 0:
            features = torch.cat([features, torch.linear(za, self.taste_query) * tastes[g]], 1)
        requests.append(features)
        at = to
        from_item = to_item
    return x.addmm_(torch.cat([torch.cat(requests), base], 1), self.serve_attention)


# h f32[N, B] and z_align*sqrt(D) f32[N, D] of the items in these slots.
def sides(self, slots: Tensor) -> Tuple[Tensor, Tensor]:
    b = self.behaviour_width
    x1 = torch.index_select(self.item_keys, 0, slots)
    return x1[:, :b], x1[:, b:-1]


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
