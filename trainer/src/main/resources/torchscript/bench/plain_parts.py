# What plain.py calls, compiled before it.


# history i64[R, n] -> keys and values f32[R, T, n, w].
def history(self, history: Tensor) -> Tuple[Tensor, Tensor]:
    r = history.size(0)
    n = history.size(1)
    w = self.head_width
    items = history.flatten()
    h = self.h.index_select(0, items)
    z = self.z.index_select(0, items)
    split_h = self.behaviour_heads * w
    split_z = self.cross_heads * w
    values_h = torch.linear(h, self.value_h)
    values_z = torch.linear(z, self.value_z)
    k = torch.cat([torch.linear(h, self.key_h), torch.linear(z, self.key_z)], 1)
    v = torch.cat([values_h[:, :split_h], values_z[:, :split_z], values_z[:, split_z:], values_h[:, split_h:]], 1)
    return k.view(r, n, -1, w).transpose(1, 2), v.view(r, n, -1, w).transpose(1, 2)


# pctr_base f32[B], all of them there -> f32[B, 10]: the bucket's embedding, the logit, and that it is there.
def base(self, pctr_base: Tensor) -> Tensor:
    p = pctr_base.clamp(1e-6, 1 - 1e-6)
    logit = torch.log(p) - torch.log1p(-p)
    bucket = torch.embedding(self.base_table, torch.bucketize(logit, self.base_boundaries))
    standard = (logit - self.base_mean) / self.base_deviation
    return torch.cat([bucket, standard.unsqueeze(1), torch.ones_like(standard).unsqueeze(1)], 1)
