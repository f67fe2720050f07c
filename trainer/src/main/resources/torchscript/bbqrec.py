# BBQRec, its similarity-enhanced attention: content touches no value, it only weighs. A learned number for how alike two
# items look, by tiers of their cosine, is added to the attention scores of IDs: in one self-attention of the history,
# and in block b, which looks at what that made of it.
#
# similarity_score  f32[N, T]     what a tier adds to the scores of each head of block b; zeros at the start
# past_score        f32[N, T]     the same of the self-attention
# past_query, past_key, past_value  f32[T*w, B]  and  past_output f32[B, T*w], zeros at the start


# Tiers i64[G, C, n] -> f32[G, T, C, n].
def added(self, tier: Tensor, score: Tensor) -> Tensor:
    padded = torch.cat([score, torch.zeros_like(score[:1])])
    return torch.embedding(padded, tier).permute(0, 3, 1, 2)


# x f32[G, n, B] by the heads of weight f32[T*w, B] -> f32[G, T, n, w].
def by_head(self, x: Tensor, weight: Tensor) -> Tensor:
    return torch.linear(x, weight).unflatten(2, [weight.size(0) // self.head_width, self.head_width]).transpose(1, 2)


# The history after the self-attention: past_h f32[G, n, B] and directions past f32[G, n, D] -> f32[G, n, B]. Each item asks
# each other, so that it pays to project keys and values.
def related(self, past_h: Tensor, past: Tensor, valid: Tensor) -> Tensor:
    query = self.by_head(past_h, self.past_query) * self.score_scale
    scores = torch.matmul(query, self.by_head(past_h, self.past_key).transpose(2, 3))
    scores = scores + self.added(self.tiers_of(past, past, self.past_score.size(0)), self.past_score)
    weights = torch.softmax(scores.masked_fill(~valid.unsqueeze(1).unsqueeze(1), -1e9), 3)
    out = torch.matmul(weights, self.by_head(past_h, self.past_value)).transpose(1, 2).flatten(2)
    return past_h + torch.linear(out, self.past_output) * valid.unsqueeze(2).to(out.dtype)


# own f32[R, D] and past f32[G, n, D] are directions -> f32[G*C, T*(w + summaries)].
def features(self, h: Tensor, za: Tensor, own: Tensor, grid: Tensor, past_h: Tensor, past_z: Tensor, past: Tensor,
             valid: Tensor, clicks: Tensor) -> Tensor:
    rows = h.size(0)
    seen = self.related(past_h, past, valid)
    scores = self.scores(self.on_grid(torch.linear(h, self.query_h), grid, rows) * self.score_scale, self.key_h, seen)
    tier = self.tiers_of(self.on_grid(own, grid, rows), past, self.similarity_score.size(0))
    scores = scores + self.added(tier, self.similarity_score).flatten(1, 2).transpose(1, 2)
    return self.pooled(scores, seen, self.value_h, valid, clicks, self.attention_norm).reshape(grid.numel(), -1)
