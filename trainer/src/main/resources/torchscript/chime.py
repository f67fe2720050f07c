# CHIME, its interest compression: the history as histograms over the codes of a residual quantizer that learns with the
# ranker.
#
# adapt         f32[X, D]      with adapt_gate f32[X, D] and adapt_bias f32[X]: a gated linear unit on z
# interest_code f32[L, K, X]   the quantizer's codes
# interest_row  f32[L, K, Y]   what a bin of a histogram says
# interest_heat                the temperature of soft assignments


# z [N, D], scaled -> [N, X], in the precision of z.
def adapted(self, z: Tensor) -> Tensor:
    gate = torch.sigmoid(torch.linear(z, self.adapt_gate.to(z.dtype), self.adapt_bias.to(z.dtype)))
    return torch.linear(z, self.adapt.to(z.dtype)) * gate


# x [N, X] and codes [K, X] -> [N, K]: the squared distances.
def distances(self, x: Tensor, codes: Tensor) -> Tensor:
    return x.pow(2).sum(1, True) - 2.0 * torch.mm(x, codes.t()) + codes.pow(2).sum(1)


# z [N, D], scaled -> [N, L*K]: how an item is shared among the codes of each level, softmax(-|r - C|^2 / t). A level sees
# what the nearest codes of those before left. Zeros for an item without z. Serving asks in float64, so that whoever computes
# them finds the same nearest codes.
def content(self, z: Tensor) -> Tensor:
    rest = self.adapted(z)
    known = (z.abs().sum(1, True) > 0).to(z.dtype)
    parts: List[Tensor] = []
    for level in range(self.interest_code.size(0)):
        codes = self.interest_code[level].to(z.dtype)
        distance = self.distances(rest, codes)
        parts.append(torch.softmax(distance / -self.interest_heat, 1) * known)
        rest = rest - torch.embedding(codes.detach(), distance.argmin(1))
    return torch.cat(parts, 1)


# own f32[R, L*K] and past f32[G, n, L*K] are shares -> f32[G*C, T*(w + summaries) + L*(Y + 1)]: of each level what the
# bins of the history's mean histogram say, and how full the bin of the candidate's own code is, which passes its gradient
# on to all of the candidate's shares. Bins are counted as multiples of an even one.
def features(self, h: Tensor, za: Tensor, own: Tensor, grid: Tensor, past_h: Tensor, past_z: Tensor, past: Tensor,
             valid: Tensor, clicks: Tensor) -> Tensor:
    levels = self.interest_code.size(0)
    size = self.interest_code.size(1)
    sums = past.sum(1).view(-1, levels, size)
    bins = sums * (size / sums.sum(2, True).clamp(min=1.0))
    said = torch.bmm(bins.transpose(0, 1), self.interest_row).transpose(0, 1).flatten(1)
    shares = own.view(-1, levels, size)
    known = (shares.sum(2, True) > 0).to(own.dtype)
    code = torch.zeros_like(shares).scatter_(2, shares.argmax(2, True), 1.0) * known
    code = code + shares - shares.detach()
    mine = self.on_grid(code.flatten(1), grid, own.size(0)).view(grid.size(0), grid.size(1), levels, size)
    full = (mine * bins.unsqueeze(1)).sum(3)
    histogram = torch.cat([said.unsqueeze(1).expand(-1, grid.size(1), -1), full], 2).flatten(0, 1)
    return torch.cat([self.attention(h, za, grid, past_h, past_z, valid, clicks), histogram], 1)


# The quantizer's own loss: codes move to what they stand for, and that, by a quarter as much, to its codes.
def own_loss(self, z: Tensor) -> Tensor:
    scaled = z * self.z_scale
    x = self.adapted(scaled)
    known = (z.abs().sum(1) > 0).to(z.dtype)
    rest = x.detach()
    quantized = torch.zeros_like(rest)
    for level in range(self.interest_code.size(0)):
        codes = self.interest_code[level]
        nearest = torch.embedding(codes, self.distances(rest, codes).argmin(1))
        rest = rest - nearest.detach()
        quantized = quantized + nearest
    of_codes = (x.detach() - quantized).pow(2).mean(1)
    of_items = (x - quantized.detach()).pow(2).mean(1)
    return ((of_codes + 0.25 * of_items) * known).sum() / known.sum().clamp(min=1.0)
