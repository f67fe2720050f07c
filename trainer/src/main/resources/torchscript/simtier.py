# SimTier: beside the attention, a histogram of the cosines between the candidate's z and those of the history.
#
# tier_weight  f32[N]   a learned weight of each tier


# own f32[R, D] and past f32[G, n, D] are directions -> f32[G*C, T*(w + summaries) + N].
def features(self, h: Tensor, za: Tensor, own: Tensor, grid: Tensor, past_h: Tensor, past_z: Tensor, past: Tensor,
             valid: Tensor, clicks: Tensor) -> Tensor:
    tiers = self.tier_weight.size(0)
    tier = self.tiers_of(self.on_grid(own, grid, own.size(0)), past, tiers)
    # Padding has no direction, so it is counted in the place of those without z, which is left out.
    counts = torch.zeros([tier.size(0), tier.size(1), tiers + 1], dtype=h.dtype, device=h.device)
    counts.scatter_add_(2, tier, torch.ones_like(tier).to(h.dtype))
    histogram = torch.log1p(counts[:, :, :tiers]) * self.tier_weight
    return torch.cat([self.attention(h, za, grid, past_h, past_z, valid, clicks), histogram.flatten(0, 1)], 1)
