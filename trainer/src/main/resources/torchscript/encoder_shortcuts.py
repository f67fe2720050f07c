# Shortcuts of SaviorEnc, for catalogues of some thousand items, from which transformers alone learn
# too little: two convolutions before the patches; statistics of the picture, in which colours and
# textures stand wherever they are in it; the patches; and the bag of words. Statistics, patches and
# words go straight to z by one linear map each; the statistics also into the class token.


def spread(self, x: Tensor) -> Tensor:
    # Mean and standard deviation over the positions: [B, C, H, W] -> [B, 2 C].
    return torch.cat([x.mean([2, 3]), torch.sqrt(torch.var(x, [2, 3], False) + 1e-4)], 1)


def palette(self, x: Tensor) -> Tensor:
    # How much of each learned colour is in each of 4 bands from top to bottom, [B, 4 C]: a pixel
    # belongs to the colours near it by softmax. Times 5, which makes the entries about one.
    near = torch.softmax(torch.conv2d(torch.avg_pool2d(x, [2, 2]), self.palette_weight, self.palette_bias), 1)
    return 5.0 * torch.adaptive_avg_pool2d(near, [4, 1]).flatten(1)


def image_stem(self, x: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
    # f32 [B, 3, H, W] -> patches [B, P, W], what is added to the class token [B, W], and what goes
    # straight to z [B, D].
    colours = self.palette(x)
    x = torch.relu(torch.conv2d(x, self.image_conv_1_weight, self.image_conv_1_bias, [2, 2], [1, 1]))
    fine = self.spread(x)
    x = torch.relu(torch.conv2d(x, self.image_conv_2_weight, self.image_conv_2_bias, [2, 2], [1, 1]))
    statistics = torch.cat([colours, fine, self.spread(x)], 1)
    side = self.patch // 4
    patches = torch.conv2d(x, self.image_patch_weight, None, [side, side]).flatten(2)
    straight = torch.linear(patches.flatten(1), self.straight_patch_weight)
    straight = straight + torch.linear(statistics, self.straight_statistic_weight)
    return patches.transpose(1, 2), torch.linear(statistics, self.image_statistic_weight), straight


def bag(self, token_ids: Tensor, token_mask: Tensor) -> Tensor:
    # The sum of the words' vectors, over the root of their number [B, D]; special tokens do not
    # count.
    counted = torch.logical_and(token_mask, token_ids >= self.first_word).to(self.straight_word.dtype)
    total = (torch.embedding(self.straight_word, token_ids) * counted.unsqueeze(2)).sum(1)
    return total * torch.rsqrt(torch.clamp_min(counted.sum(1, True), 1.0))
