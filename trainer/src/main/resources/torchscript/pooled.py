# Attention whose scores are at hand.


# scores f32[G, n, T*C], what the heads take, past f32[G, n, B], by value f32[T*w, B] -> f32[G, C, T, w + summaries].
# norm: 0 softmax, with the mean and the log-mean-exp of the scores as summaries; 1 their sum, 2 their mean, each with
# itself as summary.
def pooled(self, scores: Tensor, past: Tensor, value: Tensor, valid: Tensor, clicks: Tensor, norm: int) -> Tensor:
    heads = value.size(0) // self.head_width
    candidates = scores.size(2) // heads
    some = (clicks > 0).to(scores.dtype)
    count = clicks.clamp(min=1.0)
    here = scores * valid.unsqueeze(2).to(scores.dtype)
    total = here.sum(1, True)
    masked = scores.masked_fill(~valid.unsqueeze(2), -1e9)
    weights = here
    if norm == 0:
        weights = torch.softmax(masked, 1) * some
    elif norm == 2:
        weights = here / count
    out = self.outputs(weights, past, value)
    if self.summaries == 0:
        return out
    summary = [total if norm == 1 else total / count]
    if norm == 0:
        summary.append((torch.logsumexp(masked, 1, True) - torch.log(count)) * some)
    both = torch.cat(summary, 1).view(scores.size(0), len(summary), heads, candidates).permute(0, 3, 2, 1)
    return torch.cat([out, both], 3)
