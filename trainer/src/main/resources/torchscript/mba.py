# Modal-Behavior Alignment, eqs. 6-9 of the paper.
#
# codebook  f32[L*(K+1), d]   zero at the start; row l*(K+1)+K is the padding code of level l
# fusion    f32[D, L*d]       one linear layer, so that each level owns d of its columns; no bias
# norm      0 none, 1 smooth, 2 hard (L2)
# skip      1 to add z (eq. 9), 0 for the ablation without the multimodal embedding


# Rows of the codebook, concatenated: codes i64[..., L] -> f32[..., L*d]. Padding codes give zeros. Eqs. 6 and 7.
def lookup(self, codes: Tensor) -> Tensor:
    levels = codes.size(-1)
    offset = torch.arange(levels, device=codes.device) * (self.codebook_size + 1)
    v = torch.embedding(self.codebook, codes + offset)
    v = v * (codes < self.codebook_size).unsqueeze(-1).to(v.dtype)
    return v.flatten(-2)


# smooth: v / sqrt(|v|^2 + eps^2). It grows from zero continuously, where plain L2 jumps to full size at the first
# step and has a gradient without bound at zero.
def normalise(self, v: Tensor) -> Tensor:
    if self.norm == 0:
        return v
    if self.norm == 1:
        return v / torch.sqrt(v.pow(2).sum(-1, True) + self.eps * self.eps)
    # The gradient of torch.norm at zero is zero, where that of a square root would make NaN.
    return v / torch.norm(v, 2, [-1], True).clamp(min=1e-12)


# z f32[..., D], codes i64[..., L] -> z_align f32[..., D]. Eqs. 8 and 9.
def align(self, z: Tensor, codes: Tensor) -> Tensor:
    return z * self.skip + torch.linear(self.normalise(self.lookup(codes)), self.fusion)


# The same for many items, more of them than codes. The fusion layer is linear and the norm a number, so that
# W n(v) = (sum of W_l C_l[c_l]) / norm(v): the layer is applied to the codes, and an item adds rows.
# z f32[N, D], codes i64[N, L] -> f32[N, D].
def align_many(self, z: Tensor, codes: Tensor) -> Tensor:
    levels = codes.size(1)
    rows = self.codebook.size(0) // levels
    if self.fusion.size(1) == 0 or codes.size(0) <= rows:
        return self.align(z, codes)
    # The padding codes are zero and stay so.
    real = torch.ones([rows, 1], device=z.device)
    real[self.codebook_size] = 0.0
    book = self.codebook.view(levels, rows, -1) * real
    fused = torch.bmm(book, self.fusion.view(z.size(1), levels, -1).permute(1, 2, 0)).flatten(0, 1)
    at = codes + torch.arange(levels, device=codes.device) * rows
    aligned = torch.embedding(fused, at).sum(1)
    if self.norm != 0:
        square = torch.embedding(book.pow(2).sum(2).view(-1, 1), at).sum(1)
        if self.norm == 1:
            aligned = aligned * torch.rsqrt(square + self.eps * self.eps)
        else:
            aligned = aligned * torch.rsqrt(square.clamp(min=1e-24))
    return z * self.skip + aligned
