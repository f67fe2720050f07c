# Shortcuts of SaviorEnc, for catalogues of some thousand items, from which transformers alone learn
# too little: two convolutions before the patches; their statistics, in which colour and texture
# stand wherever they are in the picture; the patches; and the bag of words. All but the first go
# straight to z by one linear map.


def spread(self, x: Tensor) -> Tensor:
    # Mean and standard deviation over the positions: [B, C, H, W] -> [B, 2 C].
    return torch.cat([x.mean([2, 3]), torch.sqrt(torch.var(x, [2, 3], False) + 1e-4)], 1)


def image_stem(self, x: Tensor) -> Tuple[Tensor, Tensor]:
    # f32 [B, 3, H, W] -> patches [B, P, W], and what goes straight to z [B, D].
    x = torch.relu(torch.conv2d(x, self.image_conv_1_weight, self.image_conv_1_bias, [2, 2], [1, 1]))
    fine = self.spread(x)
    x = torch.relu(torch.conv2d(x, self.image_conv_2_weight, self.image_conv_2_bias, [2, 2], [1, 1]))
    coarse = self.spread(x)
    side = self.patch // 4
    patches = torch.conv2d(x, self.image_patch_weight, None, [side, side]).flatten(2)
    straight = torch.linear(patches.flatten(1), self.straight_patch_weight)
    straight = straight + torch.linear(torch.cat([fine, coarse], 1), self.straight_statistic_weight)
    return patches.transpose(1, 2), straight


def text_straight(self, token_ids: Tensor, token_mask: Tensor) -> Tensor:
    # The sum of the words' vectors, over the root of their number [B, D]; special tokens do not
    # count.
    counted = torch.logical_and(token_mask, token_ids >= self.first_word).to(self.straight_word.dtype)
    total = (torch.embedding(self.straight_word, token_ids) * counted.unsqueeze(2)).sum(1)
    return total * torch.rsqrt(torch.clamp_min(counted.sum(1, True), 1.0))
