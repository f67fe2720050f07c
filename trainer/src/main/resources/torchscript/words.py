# Predicts words from z by one linear map: the cross-entropy of an item's tokens, so that z keeps what
# every word says and not only enough to tell items apart.


def forward(self, z: Tensor, token_ids: Tensor, token_mask: Tensor) -> Tensor:
    # z f32 [B, D], token_ids i64 [B, T], token_mask bool [B, T] -> nats per token, each token with
    # its weight.
    log_p = torch.log_softmax(torch.linear(z * self.scale, self.weight, self.bias), 1)
    counted = self.importance.index_select(0, token_ids.flatten()).view(token_ids.size()) * token_mask.to(z.dtype)
    total = (log_p.gather(1, token_ids) * counted).sum()
    return -total / torch.clamp_min(counted.sum(), 1.0)
