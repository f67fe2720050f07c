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
