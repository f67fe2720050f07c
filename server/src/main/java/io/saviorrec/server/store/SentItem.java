package io.saviorrec.server.store;

import org.jspecify.annotations.Nullable;

/// An item that was sent after training and what one pair of archives made of that very content.
///
/// @param representation null: not asked for, or the content was never encoded by these archives
public record SentItem(StoredItem item, @Nullable ItemRepresentation representation) {}
