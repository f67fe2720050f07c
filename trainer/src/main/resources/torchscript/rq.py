# RQ-VAE (eqs. 4 and 5): an MLP encoder, L codebooks that quantise what the level before left over,
# and an MLP decoder.
#
# Shapes: B items, D the width of z, L levels, K codes a level, d the width of a code.


def encode(self, z: Tensor) -> Tensor:
    h = torch.relu(torch.linear(z, self.enc_1_weight, self.enc_1_bias))
    h = torch.relu(torch.linear(h, self.enc_2_weight, self.enc_2_bias))
    return torch.linear(h, self.enc_3_weight, self.enc_3_bias)


def decode(self, e: Tensor) -> Tensor:
    h = torch.relu(torch.linear(e, self.dec_1_weight, self.dec_1_bias))
    h = torch.relu(torch.linear(h, self.dec_2_weight, self.dec_2_bias))
    return torch.linear(h, self.dec_3_weight, self.dec_3_bias)


def distances(self, r: Tensor, codes: Tensor) -> Tensor:
    # Squared distances [B, K] of residuals [B, d] to codes [K, d].
    return (r * r).sum(1, True) - 2.0 * torch.matmul(r, codes.t()) + (codes * codes).sum(1)


def sinkhorn(self, distance: Tensor) -> Tensor:
    # Balanced assignment, only for training: 5 Sinkhorn iterations on exp(-10 cost) in the log
    # domain, where an outlier cannot underflow to a row of zeros. The last step scales whole rows
    # and so cannot change the argmax.
    cost = (distance - distance.mean()) / (distance.std() + 1e-6)
    log_q = -10.0 * (cost - cost.min())
    for i in range(5):
        log_q = log_q - torch.logsumexp(log_q, [0], True) - torch.log(distance.size(1))
        log_q = log_q - torch.logsumexp(log_q, [1], True) - torch.log(distance.size(0))
    return torch.argmax(log_q, 1)


def quantize(self, z: Tensor) -> Tensor:
    # z f32 [B, D] -> codes i64 [B, L]: the nearest code of each level, the lowest index on a tie.
    # In double precision, because a float product's last bits depend on the other rows of the
    # batch, and an item's codes must not.
    h = z.double()
    h = torch.relu(torch.linear(h, self.enc_1_weight.double(), self.enc_1_bias.double()))
    h = torch.relu(torch.linear(h, self.enc_2_weight.double(), self.enc_2_bias.double()))
    r = torch.linear(h, self.enc_3_weight.double(), self.enc_3_bias.double())
    codebook = self.codebook.double()
    codes: List[Tensor] = []
    for level in range(codebook.size(0)):
        code = torch.argmin(self.distances(r, codebook[level]), 1)
        r = r - codebook[level].index_select(0, code)
        codes.append(code)
    return torch.stack(codes, 1)


def reconstruct(self, codes: Tensor) -> Tensor:
    # codes i64 [B, L] -> z-hat f32 [B, D] = Dec(the sum of the codes).
    e = self.codebook[0].index_select(0, codes[:, 0])
    for level in range(1, codes.size(1)):
        e = e + self.codebook[level].index_select(0, codes[:, level])
    return self.decode(e)


def quantize_training(self, z: Tensor) -> Tuple[Tensor, Tensor, Tensor, Tensor]:
    # z-hat [B, D], the commitment loss, the codes that argmin would give [B, L], and the residuals
    # that each level saw [L, B, d].
    e = self.encode(z)
    fixed = e.detach()
    r = fixed
    q = torch.zeros_like(r)
    commit = torch.zeros_like(r.sum())
    nearest: List[Tensor] = []
    residuals: List[Tensor] = []
    levels = torch.unbind(self.codebook)
    for level in range(len(levels)):
        distance = self.distances(r, levels[level].detach())
        nearest.append(torch.argmin(distance, 1))
        residuals.append(r)
        v = levels[level].index_select(0, self.sinkhorn(distance))
        r = r - v.detach()
        q = q + v
        to_codes = e - q.detach()
        to_items = fixed - q
        commit = commit + (to_codes * to_codes).mean() + (to_items * to_items).mean()
    # One straight-through estimate on the sum: one for each level would multiply the gradient by L.
    z_hat = self.decode(e + (q - e).detach())
    return z_hat, commit / len(levels), torch.stack(nearest, 1), torch.stack(residuals)
