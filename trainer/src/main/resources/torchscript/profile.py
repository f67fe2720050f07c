# The losses of profiles: what an item's picture tells of its words; what its words tell, for a share of the
# profile that its picture tells and else of themselves, so that words of the same pictures have one profile;
# what its words tell of its picture's look; and what both tell of the words of another item.
#
# Shapes as in encoder_profile.py. Nats per word, each word with its importance.


def nats(self, log_p: Tensor, token_ids: Tensor, token_mask: Tensor) -> Tuple[Tensor, Tensor]:
    # log_p [B, V] -> for each item the sum over its words and the words' importance, [B].
    flat = token_ids.flatten()
    weight = self.importance.index_select(0, flat).view(token_ids.size()) * token_mask.to(log_p.dtype)
    at = self.place_of.index_select(0, flat).view(token_ids.size())
    return -(log_p.gather(1, at) * weight).sum(1), weight.sum(1)


def mean(self, total: Tensor, weight: Tensor) -> Tensor:
    return total.sum() / torch.clamp_min(weight.sum(), 1e-6)


def of_picture(self, seen: Tensor, token_ids: Tensor, token_mask: Tensor, image_present: Tensor) -> Tensor:
    total, weight = self.nats(seen, token_ids, token_mask)
    present = image_present.to(seen.dtype)
    return self.mean(total * present, weight * present)


def of_words(self, seen: Tensor, read: Tensor, token_ids: Tensor, token_mask: Tensor, image_present: Tensor, text_present: Tensor) -> Tensor:
    # Words of an item without a picture tell of themselves alone; words that no profile has, of the
    # picture alone.
    total, weight = self.nats(read, token_ids, token_mask)
    spoken = text_present.to(read.dtype)
    shared = image_present.to(read.dtype) * self.shared
    own = total / torch.clamp_min(weight, 1e-6)
    other = -(torch.exp(seen.detach()) * read).sum(1)
    return self.mean((own * (1.0 - shared) + other * shared) * spoken, spoken)


def of_look(self, look: Tensor, guess: Tensor, counted: Tensor) -> Tensor:
    # Mean squared error over the items that count, bool [B]; 1 for a guess that knows nothing.
    weight = counted.to(look.dtype)
    return self.mean(((guess - look) * (guess - look)).mean(1) * weight, weight)


def of_partner(self, seen: Tensor, read: Tensor, image_present: Tensor, text_present: Tensor, token_ids: Tensor, token_mask: Tensor) -> Tensor:
    # Words of another item from the profile of this one, as encoder_profile.py mixes it.
    image = image_present.to(seen.dtype).unsqueeze(1)
    text = torch.clamp_min(text_present.to(seen.dtype).unsqueeze(1), 1.0 - image)
    both = (torch.exp(seen) * image + torch.exp(read) * text) / (image + text)
    total, weight = self.nats(torch.log(torch.clamp_min(both, 1e-12)), token_ids, token_mask)
    return self.mean(total, weight)
