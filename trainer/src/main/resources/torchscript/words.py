# Predicts an item's words from z by one linear map: the cross-entropy of its tokens, so that z keeps
# what every word says and not only enough to tell items apart.


def forward(self, z: Tensor, token_ids: Tensor, token_mask: Tensor, first_word: int) -> Tensor:
    # z f32 [B, D], token_ids i64 [B, T], token_mask bool [B, T] -> nats per token; ids below
    # first_word are special tokens and do not count.
    log_p = torch.log_softmax(torch.linear(z * self.scale, self.weight, self.bias), 1)
    counted = torch.logical_and(token_mask, token_ids >= first_word).to(z.dtype)
    total = (log_p.gather(1, token_ids) * counted).sum()
    return -total / torch.clamp_min(counted.sum(), 1.0)
