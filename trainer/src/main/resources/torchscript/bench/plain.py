# A plain export of the click model, as it is written without a thought for serving: items are looked up, the history is
# projected, every candidate attends to it, and one matrix is the DNN's first layer.
#
# B candidates, R histories of n items: R = 1 projects the history once for the request, R = B is the usual export, whose
# caller repeats the history for every candidate. T heads of width w; heads as in ranker.py.
#
# h, z        f32[N, *]   what the heads see of each item, nothing of it computed here
# user        f32[1, U]   the user's and the page's embeddings
# norm        0 softmax, 1 mean of the plain scores
# summaries   1 to tell the DNN the scores' mean, and for softmax the log of their mean exponential


# candidates i64[B], history i64[R, n], pctr_base f32[B] -> click probabilities f32[B].
def forward(self, candidates: Tensor, history: Tensor, pctr_base: Tensor) -> Tensor:
    b = candidates.size(0)
    r = history.size(0)
    n = history.size(1)
    w = self.head_width
    h = self.h.index_select(0, candidates)
    z = self.z.index_select(0, candidates)
    q = torch.cat([torch.linear(h, self.query_h), torch.linear(z, self.query_z)], 1)
    q = q.view(r, b // r, -1, w).transpose(1, 2)
    k, v = self.history(history)
    scores = torch.matmul(q, k.transpose(2, 3)) * self.score_scale
    if self.norm == 0:
        weights = torch.softmax(scores, 3)
    else:
        weights = scores / n
    out = torch.matmul(weights, v)
    if self.summaries == 1:
        mean = scores.mean([3], True)
        if self.norm == 0:
            out = torch.cat([out, mean, torch.logsumexp(scores, [3], True) - torch.log(n)], 3)
        else:
            out = torch.cat([out, mean], 3)
    attention = out.transpose(1, 2).reshape(b, -1)
    length = torch.log1p(torch.full([1, 1], n, dtype=h.dtype))
    user = torch.cat([self.user, length], 1).expand(b, -1)
    x = torch.cat([attention, h, z, user, self.base(pctr_base)], 1)
    x = torch.leaky_relu(torch.linear(x, self.first, self.first_bias), 0.01)
    x = torch.leaky_relu(torch.linear(x, self.second, self.second_bias), 0.01)
    return torch.sigmoid(torch.linear(x, self.third, self.third_bias).squeeze(1))
