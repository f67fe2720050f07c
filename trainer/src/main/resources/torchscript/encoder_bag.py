# The words go straight to z as a bag.


def text_straight(self, token_ids: Tensor, token_mask: Tensor, text: Tensor) -> Tensor:
    # [B, D]
    return self.bag(token_ids, token_mask)
