# MIM: an interest by IDs (block b), one by content (block m), and a third that weighs the history by both.
#
# fusion_weight  f32[3, T]         of the ID score, the content score and their product, for each head; ones at the start
# fusion_value   f32[T*w, B + D]   what its heads take, of h and z together


# Nothing but h and z is needed of an item.
def content(self, z: Tensor) -> Tensor:
    return z[:, :0]


# The fused interest has softmax whatever the norm of the other two: its scores have no bound.
# -> f32[G*C, 2*T*(w + summaries) + T*(w + its summaries)].
def features(self, h: Tensor, za: Tensor, own: Tensor, grid: Tensor, past_h: Tensor, past_z: Tensor, past: Tensor,
             valid: Tensor, clicks: Tensor) -> Tensor:
    rows = h.size(0)
    of_id = self.scores(self.on_grid(torch.linear(h, self.query_h), grid, rows) * self.score_scale, self.key_h, past_h)
    of_content = self.scores(self.on_grid(torch.linear(za, self.query_z), grid, rows) * self.score_scale, self.key_z,
                             past_z)
    weight = self.fusion_weight.unsqueeze(2).expand(-1, -1, grid.size(1)).reshape(3, 1, -1)
    fused = weight[0] * of_id + weight[1] * of_content + weight[2] * of_id * of_content
    interest = self.pooled(fused, torch.cat([past_h, past_z], 2), self.fusion_value, valid, clicks, 0)
    attention = self.attention(h, za, grid, past_h, past_z, valid, clicks)
    return torch.cat([attention, interest.reshape(grid.numel(), -1)], 1)
