# InfoNCE (eq. 3) on cosines, the symmetric mean of both directions, with a learnable temperature.


def unit(self, x: Tensor) -> Tensor:
    # A zero row stays zero, with a finite gradient.
    return x * torch.rsqrt(torch.clamp_min((x * x).sum(-1, True), 1e-12))


def forward(self, a: Tensor, b: Tensor, excluded: Tensor, log_q_a: Tensor, log_q_b: Tensor) -> Tensor:
    # a, b [B, D]: row i of a belongs to row i of b, all other rows are negatives but for
    # `excluded`, flat positions r * B + c that are masked before the softmax. log_q_a, log_q_b [B]:
    # log-probabilities with which the rows are sampled, subtracted from the logits of the columns.
    logits = torch.matmul(self.unit(a), self.unit(b).t()) * self.log_scale.exp()
    ab = (logits - log_q_b.unsqueeze(0)).flatten().index_fill(0, excluded, -1e30).view(logits.size())
    ba = (logits - log_q_a.unsqueeze(1)).flatten().index_fill(0, excluded, -1e30).view(logits.size())
    rows = torch.diagonal(torch.log_softmax(ab, 1)).mean()
    columns = torch.diagonal(torch.log_softmax(ba, 0)).mean()
    return -0.5 * (rows + columns)
