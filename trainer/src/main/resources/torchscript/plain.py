# What the attentions of the model and of its ablations give to the first layer: a part of the ranker's text, as mim.py,
# simtier.py, chime.py and bbqrec.py are for the baselines that look at the whole history.


# What is kept of an item for `features`: z f32[N, D], scaled -> nothing.
def content(self, z: Tensor) -> Tensor:
    return z[:, :0]


# h f32[R, B] and za f32[R, D] of the candidates -> f32[G*C, T*(w + summaries)].
def features(self, h: Tensor, za: Tensor, own: Tensor, grid: Tensor, past_h: Tensor, past_z: Tensor, past: Tensor,
             valid: Tensor, clicks: Tensor) -> Tensor:
    return self.attention(h, za, grid, past_h, past_z, valid, clicks)
