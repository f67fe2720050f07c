# How alike two items look, in steps: what SimTier counts and BBQRec weighs by.
#
# Whoever computes a cosine must find the same step, or a score jumps. So directions are rounded to multiples of 2^-20:
# products of such numbers are multiples of 2^-40, and sums of them are exact in float64, whatever their order.


# z f32[N, D] -> f32[N, D] of unit length, rounded; zeros for an item without z.
def content(self, z: Tensor) -> Tensor:
    exact = z.to(self.float64)
    length = torch.norm(exact, 2, [1], True)
    unit = exact / length.clamp(min=1e-12)
    return (torch.round(unit * 1048576.0) / 1048576.0).to(self.float32)


# Directions f32[G, C, D] of some items and f32[G, n, D] of others -> i64[G, C, n]: which of `tiers` equal parts of
# [-1, 1] their cosine is in; `tiers` itself where an item has no z.
def tiers_of(self, own: Tensor, past: Tensor, tiers: int) -> Tensor:
    cosine = torch.bmm(own.to(self.float64), past.to(self.float64).transpose(1, 2))
    tier = torch.floor((cosine + 1.0) * (0.5 * tiers)).to(self.int64).clamp(min=0, max=tiers - 1)
    known = own.abs().sum(2).unsqueeze(2) * past.abs().sum(2).unsqueeze(1) > 0
    return torch.where(known, tier, torch.full_like(tier, tiers))
