# The encoder of catalogues that transformers learn too little from: some thousand items, without
# published weights to start from. z is made of an item's profile, which words it would have as its
# picture tells and as its own words tell, and of how its picture looks.
#
# Words that go with the same pictures stand for one another and have one profile; so have pictures that
# go with the same words. A softmax brings such items together as no linear map of words and colours can.
#
# Shapes: B items, T tokens, D the width of z, V profile words, S statistics of a picture, H hidden units,
# C colours.


def unit(self, x: Tensor) -> Tensor:
    # A zero row stays zero, with a finite gradient.
    return x * torch.rsqrt(torch.clamp_min((x * x).sum(-1, True), 1e-12))


def pixels(self, images: Tensor) -> Tensor:
    # u8 [B, 3, H, W] -> f32, scaled as CLIP has it, which is a variance of about one.
    return (images.float() / 255.0 - self.pixel_mean) / self.pixel_std


def small(self, x: Tensor) -> Tensor:
    # Pictures of half the side, and of 32 pixels at most: colours need no more.
    if x.size(2) > 64:
        return torch.adaptive_avg_pool2d(x, [32, 32])
    return torch.avg_pool2d(x, [2, 2])


def colours(self, x: Tensor) -> Tensor:
    # The root of how much of each colour of the palette is in each of 4 bands from top to bottom, [B, 4 C]:
    # a pixel belongs to the colours near it by softmax.
    near = torch.softmax(torch.conv2d(self.small(x), self.palette_weight, self.palette_bias), 1)
    return torch.sqrt(torch.adaptive_avg_pool2d(near, [4, 1]).flatten(1))


def statistics(self, images: Tensor) -> Tensor:
    # [B, S]: the colours; and mean and deviation of each channel in each cell of a grid.
    x = self.pixels(images)
    mean = torch.adaptive_avg_pool2d(x, [self.grid, self.grid])
    square = torch.adaptive_avg_pool2d(x * x, [self.grid, self.grid])
    deviation = torch.sqrt(torch.clamp_min(square - mean * mean, 0.0))
    return torch.cat([self.colours(x), mean.flatten(1), deviation.flatten(1)], 1)


def look(self, images: Tensor, image_present: Tensor) -> Tensor:
    # The statistics with mean 0 and variance 1 over the training items' pictures; 0 without a picture.
    standard = (self.statistics(images) - self.look_mean) / self.look_deviation
    return standard * image_present.to(standard.dtype).unsqueeze(1)


def hidden(self, look: Tensor, dropout: float) -> Tensor:
    # What a picture tells of its words [B, H]. The cells are many and tell single items apart, so they
    # start small beside the colours.
    x = torch.relu(torch.linear(look * self.look_scale, self.hidden_weight, self.hidden_bias))
    return torch.dropout(x, dropout, dropout > 0.0)


def counted(self, token_ids: Tensor, token_mask: Tensor) -> Tensor:
    # 1 for each word, 0 for special tokens and padding, f32 [B, T].
    return torch.logical_and(token_mask, token_ids >= self.first_word).to(self.word.dtype)


def bag(self, token_ids: Tensor, counted: Tensor, dropout: float) -> Tensor:
    # The sum of the words' vectors over the root of their number [B, H]. Dropout takes whole words.
    kept = torch.dropout(counted, dropout, dropout > 0.0)
    total = (torch.embedding(self.word, token_ids) * kept.unsqueeze(2)).sum(1)
    return total * torch.rsqrt(torch.clamp_min(kept.sum(1, True), 1.0))


def profile(self, hidden: Tensor) -> Tensor:
    # Logarithms of how likely each word is [B, V].
    return torch.log_softmax(torch.linear(hidden, self.profile_weight, self.profile_bias), 1)


def mixed(self, seen: Tensor, read: Tensor, has_image: Tensor, has_text: Tensor) -> Tensor:
    # The profile of an item [B, V]: the mean of what its picture and its words tell, as far as it has
    # them, f32 [B, 1]. An item with neither has the profile of no words.
    text = torch.clamp_min(has_text, 1.0 - has_image)
    return (torch.exp(seen) * has_image + torch.exp(read) * text) / (has_image + text)


def features(self, profile: Tensor, look: Tensor) -> Tensor:
    # What z is a linear map of [B, V + S].
    return torch.cat([torch.sqrt(torch.clamp_min(profile, 1e-12)), look], 1)


def told(self, images: Tensor, image_present: Tensor, token_ids: Tensor, token_mask: Tensor, dropout: float) -> Tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    # Logarithms of the profiles that picture and words tell [B, V]; the look of the picture and what the
    # words tell of it [B, S]; and the features [B, V + S].
    look = self.look(images, image_present)
    counted = self.counted(token_ids, token_mask)
    hidden = self.bag(token_ids, counted, dropout)
    seen = self.profile(self.hidden(look, dropout))
    read = self.profile(hidden)
    guess = torch.linear(hidden, self.guess_weight)
    has_image = image_present.to(look.dtype).unsqueeze(1)
    item = self.mixed(seen, read, has_image, counted.amax(1, True))
    return seen, read, look, guess, self.features(item, look + guess * (1.0 - has_image))


def place(self, features: Tensor) -> Tensor:
    # z before centring, unit [B, D].
    return self.unit(torch.linear(features, self.place_weight, self.place_bias))


def views(self, images: Tensor, image_present: Tensor, token_ids: Tensor, token_mask: Tensor, dropout: float) -> Tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    # For training: z before centring [B, D] and the first four of `told`.
    seen, read, look, guess, features = self.told(images, image_present, token_ids, token_mask, dropout)
    return self.place(features), seen, read, look, guess


def embed(self, images: Tensor, image_present: Tensor, token_ids: Tensor, token_mask: Tensor) -> Tensor:
    # z before centring, unit [B, D].
    return self.place(self.told(images, image_present, token_ids, token_mask, 0.0)[4])


def forward(self, images: Tensor, image_present: Tensor, token_ids: Tensor, token_mask: Tensor) -> Tensor:
    # z as it is exported: minus the mean over the training corpus, then of unit length.
    return self.unit(self.embed(images, image_present, token_ids, token_mask) - self.centre)
