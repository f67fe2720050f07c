# The words go straight to z as a bag, and as the mean of what a published text tower makes of them.


def text_straight(self, token_ids: Tensor, token_mask: Tensor, text: Tensor) -> Tensor:
    # text [B, T, E] -> [B, D]; special tokens count, as they do where such towers are trained. An item
    # without words has nothing.
    counted = token_mask.to(text.dtype).unsqueeze(2)
    mean = (text * counted).sum(1) / torch.clamp_min(counted.sum(1), 1.0)
    spoken = torch.logical_and(token_mask, token_ids >= self.first_word).any(1, True).to(text.dtype)
    pooled = torch.linear(mean, self.straight_text_weight, self.straight_text_bias)
    return self.bag(token_ids, token_mask) + spoken * pooled
